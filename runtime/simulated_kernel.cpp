#include <algorithm>
#include <cerrno>

#include <poll.h>

#include <rondo/runtime/detail/attempt.h>
#include <rondo/runtime/detail/provided_buffers.h>
#include <rondo/runtime/simulated_kernel.h>

namespace rondo {

namespace {

/// What an operation fails with when nothing is wrong with it but the world.
int failure_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::accept:
    case Opcode::accept_many:
      return -ECONNABORTED;
    case Opcode::connect:
      return -ETIMEDOUT;
    case Opcode::receive:
    case Opcode::send:
    case Opcode::receive_message:
    case Opcode::send_message:
    case Opcode::receive_many:
      return -ECONNRESET;
    case Opcode::read:
    case Opcode::write:
    case Opcode::close:
    case Opcode::open:
    case Opcode::stat:
    case Opcode::rename:
    case Opcode::unlink:
    case Opcode::mkdir:
    case Opcode::fsync:
      return -EIO;
    case Opcode::nop:
    case Opcode::poll:
      break;
  }
  return -ENOMEM;
}

}  // namespace

void SimulatedKernel::do_prepare(Operation& operation, const Request& request) {
  prepared_.push_back({&operation, request});
  idle_ = false;
}

void SimulatedKernel::do_cancel(Operation& operation) {
  idle_ = false;
  for (std::vector<Pending>* list : {&prepared_, &pending_}) {
    for (Pending& pending : *list) {
      if (pending.operation == &operation) pending.cancel_asked = true;
    }
  }
  // An operation that was answered, but not reaped, is cancelled too late.
  const bool answered = std::ranges::any_of(answers_, [&operation](const Answer& answer) {
    return answer.operation == &operation && answer.kind == AnswerKind::last;
  });
  if (answered) answers_.push_back({&operation, -ENOENT, AnswerKind::of_cancel});
}

// A full queue: what finds no room is handed over in a later turn, in the same order.
void SimulatedKernel::take_prepared() {
  const std::size_t room = chance(4) ? random_() % (prepared_.size() + 1) : prepared_.size();
  const auto end = prepared_.begin() + static_cast<std::ptrdiff_t>(room);
  pending_.insert(pending_.end(), prepared_.begin(), end);
  prepared_.erase(prepared_.begin(), end);
}

void SimulatedKernel::submit_and_wait(std::optional<Duration> timeout) {
  lent_.clear();
  take_prepared();
  std::ranges::shuffle(pending_, random_);
  bool delayed = !prepared_.empty();
  bool answered = false;
  for (std::size_t i = 0; i < pending_.size();) {
    if (chance(3)) {
      delayed = true;  // it could go on, but does not yet
      ++i;
    } else if (try_to_answer(pending_[i])) {
      answered = true;
      pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  std::ranges::shuffle(answers_, random_);
  idle_ = !delayed && !answered && answers_.empty();
  // With no deadline to jump to nothing but the descriptors can go on, if only TCP's windows.
  constexpr int long_wait = 1000;  // milliseconds
  if (idle_ && !timeout) idle_ = !anything_moves(long_wait);
}

// The other end of a descriptor may have been used from outside the loop.
bool SimulatedKernel::nothing_can_arrive() const noexcept {
  return idle_ && !anything_moves(0);
}

bool SimulatedKernel::anything_moves(int milliseconds) const {
  if (pending_.empty()) return false;
  std::vector<pollfd> descriptors;
  for (const Pending& pending : pending_) {
    const int fd = detail::waits_for_descriptor(pending.request.opcode) ? pending.request.fd : -1;
    descriptors.push_back({fd, detail::awaited_events(pending.request), 0});
  }
  return ::poll(descriptors.data(), descriptors.size(), milliseconds) > 0;
}

// Answers of one operation keep their order, so there is one of many at a time.
bool SimulatedKernel::try_to_answer_one_of_many(Pending& pending) {
  const auto waits = [&pending](const Answer& answer) {
    return answer.operation == pending.operation && answer.kind == AnswerKind::one_of_many;
  };
  if (std::ranges::any_of(answers_, waits)) return false;
  Answer answer{pending.operation, 0, AnswerKind::one_of_many};
  Pending one = pending;
  if (pending.request.opcode == Opcode::receive_many) {
    answer.bytes.resize(detail::ProvidedBuffers::size);
    one.request.opcode = Opcode::receive;
    one.request.buffer = answer.bytes.data();
    one.request.length = detail::ProvidedBuffers::size;
  } else {
    one.request.opcode = Opcode::accept;
  }
  if (pending.cancel_asked) {
    answer_cancelled(pending, -ECANCELED);
    return true;
  }
  const bool receives = pending.request.opcode == Opcode::receive_many;
  const bool ended = chance(20);
  if (ended) {
    // Only a receive can be short of buffers; accepting takes none.
    answer.result = receives && chance(2) ? -ENOBUFS : -EAGAIN;
  } else {
    answer.result = attempt(one);
    if (answer.result == -EAGAIN) return false;
  }
  const bool nothing = answer.result == 0 && receives;
  if (answer.result < 0 || nothing) answer.kind = AnswerKind::last;
  answers_.push_back(std::move(answer));
  return answers_.back().kind == AnswerKind::last;
}

bool SimulatedKernel::try_to_answer(Pending& pending) {
  const Opcode opcode = pending.request.opcode;
  if (opcode == Opcode::receive_many || opcode == Opcode::accept_many) {
    return try_to_answer_one_of_many(pending);
  }
  if (!pending.cancel_asked) {
    const int result = attempt(pending);
    if (result == -EAGAIN) return false;
    answers_.push_back({pending.operation, result, AnswerKind::last});
    return true;
  }
  // The cancel is in time, or the operation wins in spite of it.
  const int result = chance(2) ? attempt(pending) : -ECANCELED;
  answer_cancelled(pending, result == -EAGAIN ? -ECANCELED : result);
  return true;
}

void SimulatedKernel::answer_cancelled(Pending& pending, int result) {
  answers_.push_back({pending.operation, result, AnswerKind::last});
  answers_.push_back(
      {pending.operation, result == -ECANCELED ? 0 : -ENOENT, AnswerKind::of_cancel});
}

std::uint32_t SimulatedKernel::shorten(std::uint32_t length) {
  if (length < 2 || !chance(3)) return length;
  return 1 + static_cast<std::uint32_t>(random_() % std::min<std::uint32_t>(length, 32));
}

int SimulatedKernel::attempt(Pending& pending) {
  if (fail_one_in_ == 0 || !chance(fail_one_in_)) return attempt_as_asked(pending);
  // Even a close that fails closes.
  if (pending.request.opcode == Opcode::close) attempt_as_asked(pending);
  return failure_of(pending.request.opcode);
}

int SimulatedKernel::attempt_as_asked(Pending& pending) {
  Request request = pending.request;
  switch (request.opcode) {
    case Opcode::receive:
    case Opcode::send:
      if (chance(20)) return -EINTR;
      [[fallthrough]];
    case Opcode::read:
    case Opcode::write:
      request.length = shorten(request.length);
      break;
    default:
      break;
  }
  return detail::attempt(request, pending.state);
}

std::size_t SimulatedKernel::reap() {
  std::size_t delivered = 0;
  // Now and then some stay behind, as those do that found the completion queue full.
  std::size_t left = answers_.size();
  if (left > 0 && chance(4)) left = random_() % (left + 1);
  // One by one, so that a cancel from inside a completion finds the answers that are still to come.
  for (; left > 0; --left) {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    idle_ = false;
    if (deliver(answer)) ++delivered;
    lent_.push_back(std::move(answer.bytes));
  }
  return delivered;
}

bool SimulatedKernel::deliver(const Answer& answer) {
  switch (answer.kind) {
    case AnswerKind::last:
      return answer_arrived(*answer.operation, answer.result);
    case AnswerKind::of_cancel:
      return cancel_arrived(*answer.operation);
    case AnswerKind::one_of_many:
      partial_arrived(*answer.operation, answer.result, answer.bytes.data());
      break;
  }
  return false;
}

}  // namespace rondo
