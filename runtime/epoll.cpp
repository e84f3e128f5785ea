#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <exception>

#include <poll.h>

#include <rondo/runtime/epoll.h>
#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

constexpr Duration rest_length = std::chrono::milliseconds(1);

TimePoint now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// Nothing tells when the queue of a Unix socket that listens has room again.
bool found_queue_full(const Request& request, const detail::AttemptState& attempts) noexcept {
  return request.opcode == Opcode::connect && !attempts.connecting;
}

/// Does a thread that makes this call use the descriptor all the while?
bool uses_descriptor(const Request& request) noexcept {
  return request.fd >= 0 && request.opcode != Opcode::close;
}

std::size_t threads_of(const EpollOptions& options) {
  return options.threads > 0 ? options.threads : ThreadPoolExecutor::default_max_workers();
}

[[noreturn]] void throw_epoll_setup_error(int error_number) {
  std::string why = "epoll could not be set up";
  if (error_number == EMFILE || error_number == ENFILE) {
    why += ": no file descriptor is free; raise the limit with ulimit -n";
  }
  throw OSError(error_number, why);
}

}  // namespace

Epoll::Epoll(EpollOptions options)
    : options_(options),
      calls_(threads_of(options)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      precise_waits_(options.precise_waits) {
  detail::count_forks();
  if (!epoll_ || calls_.wake_descriptor() < 0) throw_epoll_setup_error(errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = wake_tag;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, calls_.wake_descriptor(), &event) != 0) {
    throw_epoll_setup_error(errno);
  }
}

Epoll::~Epoll() {
  if (in_forked_child()) calls_.forget_all();
}

std::string Epoll::features() const {
  return std::string("epoll, deadlines to the ") + (precise_waits_ ? "nanosecond" : "millisecond") +
         ", at most " + std::to_string(threads_of(options_)) + " threads for files";
}

// --- What can become of a request.

void Epoll::do_prepare(Operation& operation, const Request& request) {
  check_caller();
  if (free_.empty()) free_.push_back(pending_.emplace_back(static_cast<int>(pending_.size())));
  Pending& pending = free_.pop_front();
  pending.operation = &operation;
  pending.request = request;
  pending.attempts = {};
  pending.attempts.no_wait = options_.no_wait;
  pending.stage = Stage::prepared;
  pending.in_vain = 0;
  pending.armed = pending.cancel_asked = false;
  keep_number(operation, pending.number);
  prepared_.push_back(pending);
}

void Epoll::do_cancel(Operation& operation) {
  check_caller();
  Pending& pending = pending_[static_cast<std::size_t>(kept_number(operation))];
  pending.cancel_asked = true;
  if (pending.stage == Stage::answered) return;
  if (pending.stage == Stage::at_work) {
    if (!pending.call->cancel()) return;
    calls_.forget_one();
    end_call(pending);
  }
  settle(pending, -ECANCELED);
}

void Epoll::begin(Pending& pending) {
  if (pending.request.opcode == Opcode::close) {
    begin_close(pending);
  } else if (detail::may_block(pending.request, pending.attempts)) {
    hand_to_thread(pending);
  } else if (stands_in_line(pending)) {
    wait_for_descriptor(pending);
  } else {
    try_now(pending);
  }
}

// An attempt would be in vain: an older request of the same kind waits already, or there was
// nothing left at the last look. If that has changed meanwhile, epoll says so as soon as it is
// told.
bool Epoll::stands_in_line(const Pending& pending) {
  const Opcode opcode = pending.request.opcode;
  if (!detail::speaks_for_others(opcode)) return false;
  const auto found = watches_.find(pending.request.fd);
  if (found == watches_.end()) return false;
  Watch& watch = found->second;
  if (opcode == Opcode::receive && watch.drained) return true;
  bool older_one_waits = false;
  watch.waiters.for_each_until([&](const Pending& other) {
    older_one_waits = other.request.opcode == opcode;
    return older_one_waits;
  });
  return older_one_waits;
}

void Epoll::try_now(Pending& pending) {
  const int result = detail::attempt(pending.request, pending.attempts);
  if (result != -EAGAIN) {
    const auto found = watches_.find(pending.request.fd);
    if (found != watches_.end()) note_receive(found->second, pending.request, result);
    settle(pending, result);
  } else if (found_queue_full(pending.request, pending.attempts)) {
    rest(pending);
  } else {
    wait_for_descriptor(pending);
  }
}

// Of a stream that gave less than there was room for there is nothing left, as a rule.
void Epoll::note_receive(Watch& watch, const Request& request, int result) noexcept {
  if (request.opcode != Opcode::receive) return;
  watch.drained = result > 0 && static_cast<std::uint32_t>(result) < request.length;
}

void Epoll::wait_for_descriptor(Pending& pending) {
  leave_list(pending);
  pending.stage = Stage::waiting;
  pending.armed = false;
  ++waiting_;
  Watch& watch = watches_[pending.request.fd];
  watch.waiters.push_back(pending);
  mark_changed(pending.request.fd, watch);
}

void Epoll::rest(Pending& pending) {
  leave_list(pending);
  pending.stage = Stage::resting;
  if (resting_.empty()) rest_ends_ = now() + rest_length;
  resting_.push_back(pending);
}

void Epoll::hand_to_thread(Pending& pending) {
  const Request& request = pending.request;
  const bool at_offset =
      request.opcode == Opcode::read && request.offset != Request::current_position;
  if (at_offset && options_.no_wait) {
    const int result = detail::read_from_memory(request);
    if (result != -EAGAIN) return settle(pending, result);
  }
  leave_list(pending);
  try {
    Watch* watch = uses_descriptor(request) ? &watches_[request.fd] : nullptr;
    pending.call = calls_.start(pending.number, request, pending.attempts);
    pending.stage = Stage::at_work;
    if (watch != nullptr) ++watch->calls;
  } catch (const std::exception&) {
    settle(pending, -ENOMEM);  // there is no thread to be had
  }
}

void Epoll::end_call(Pending& pending) {
  pending.call.reset();
  if (!uses_descriptor(pending.request)) return;
  Watch& watch = watches_[pending.request.fd];
  if (--watch.calls == 0 && !watch.closes.empty()) begin_close(watch.closes.pop_front());
}

// The number may be used anew from the moment of the close on. Until the threads that use it have
// ended, it must not be; and whoever waits for it has waited in vain.
void Epoll::begin_close(Pending& pending) {
  const auto found = watches_.find(pending.request.fd);
  if (found != watches_.end()) {
    Watch& watch = found->second;
    if (watch.calls > 0) {
      pending.stage = Stage::postponed;
      watch.closes.push_back(pending);
      return;
    }
    settle_all(watch.waiters, -EBADF);
    settle_all(watch.closes, -EBADF);
    if (watch.generation != 0) {
      // What else has it open must not wake this loop any more.
      tell(EPOLL_CTL_DEL, pending.request.fd, watch);
      pending.attempts.kind = detail::DescriptorKind::stream;
    }
    watches_.erase(found);
  }
  resting_.for_each_until([&](Pending& other) {
    if (other.request.fd == pending.request.fd) settle(other, -EBADF);
    return false;
  });
  if (detail::may_block(pending.request, pending.attempts)) {
    hand_to_thread(pending);
  } else {
    settle(pending, detail::attempt(pending.request, pending.attempts));
  }
}

void Epoll::settle(Pending& pending, int result) {
  leave_list(pending);
  pending.stage = Stage::answered;
  pending.result = result;
  answers_.push_back(pending);
  ++answer_count_;
}

void Epoll::settle_all(PendingList& list, int result) {
  while (!list.empty())
    settle(list.front(), result);
}

void Epoll::leave_list(Pending& pending) noexcept {
  if (pending.stage == Stage::waiting) --waiting_;
  pending.unlink();
}

// --- The steps of a turn.

void Epoll::submit_and_wait(std::optional<Duration> timeout) {
  check_caller();
  begin_prepared();
  take_from_threads();
  try_resting();
  tell_epoll();
  const bool must_not_wait = answer_count_ > 0 || (timeout && *timeout <= Duration::zero());
  if (!must_not_wait) {
    if (!resting_.empty()) timeout = std::min(timeout.value_or(rest_length), rest_length);
    wait(timeout);
  } else if (waiting_ > 0) {
    wait(Duration::zero());
  }
}

void Epoll::begin_prepared() {
  while (!prepared_.empty())
    begin(prepared_.pop_front());
}

void Epoll::take_from_threads() {
  if (calls_.under_way() == 0) return;
  for (const auto& [number, result] : calls_.take_done()) {
    Pending& pending = pending_[static_cast<std::size_t>(number)];
    end_call(pending);
    settle(pending, result);
  }
}

void Epoll::try_resting() {
  if (resting_.empty() || now() < rest_ends_) return;
  rest_ends_ = now() + rest_length;
  resting_.for_each_until([this](Pending& pending) {
    const int result = detail::attempt(pending.request, pending.attempts);
    if (result != -EAGAIN) {
      settle(pending, result);
    } else if (!found_queue_full(pending.request, pending.attempts)) {
      wait_for_descriptor(pending);
    }
    return false;
  });
}

void Epoll::wait(std::optional<Duration> timeout) {
  const int count = ask_for_events(timeout);
  if (count < 0 && errno != EINTR) throw OSError(errno, "epoll_wait");
  for (int i = 0; i < count; ++i)
    event_came(events_[static_cast<std::size_t>(i)]);
  take_from_threads();
}

int Epoll::ask_for_events(std::optional<Duration> timeout) noexcept {
  ++waits_;
  const int most = static_cast<int>(events_.size());
  if (precise_waits_) {
    timespec limit{};
    if (timeout) limit = {timeout->count() / 1'000'000'000, timeout->count() % 1'000'000'000};
    const int count =
        ::epoll_pwait2(epoll_.get(), events_.data(), most, timeout ? &limit : nullptr, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    precise_waits_ = false;  // an old kernel, or a filter that does not know the call
  }
  int milliseconds = -1;
  if (timeout) {
    const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(
        std::min(*timeout, Duration(std::chrono::milliseconds(INT_MAX))));
    milliseconds = static_cast<int>(rounded_up.count());
  }
  return ::epoll_wait(epoll_.get(), events_.data(), most, milliseconds);
}

std::size_t Epoll::reap() {
  std::size_t delivered = 0;
  // Answers that arrive while these are delivered wait for the next turn, as callbacks do.
  for (std::size_t left = answer_count_; left > 0; --left) {
    Pending& pending = answers_.pop_front();
    --answer_count_;
    Operation& operation = *pending.operation;
    const bool cancel_asked = pending.cancel_asked;
    free_.push_back(pending);  // whoever is told the answer may prepare the next request
    bool complete = answer_arrived(operation, pending.result);
    if (cancel_asked) complete = cancel_arrived(operation);
    if (complete) ++delivered;
  }
  return delivered;
}

}  // namespace rondo
