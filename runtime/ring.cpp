#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rondo/runtime/detail/ring_entry.h>
#include <rondo/runtime/ring.h>

namespace rondo {

namespace {

// The lowest bit of an entry's user_data tells the two kinds apart: an operation's own answer, and
// the answer to the request to cancel it. Operations are aligned, so the bit is free.
constexpr std::uint64_t cancel_tag = 1;
// The poll on the wake descriptor belongs to no operation.
constexpr std::uint64_t wake_tag = 2;
// Nor does a message from another thread, whose only purpose it is to arrive.
constexpr std::uint64_t message_tag = 4;
// Addresses of operations are bigger.
constexpr std::uint64_t last_own_tag = message_tag;
// Not in the headers of liburing 2.3.
constexpr unsigned register_send_msg_ring = 31;

constexpr unsigned fewest_entries = 64;

int uring_disabled_sysctl() {
  std::ifstream file("/proc/sys/kernel/io_uring_disabled");
  int value = 0;
  return file >> value ? value : 0;
}

[[noreturn]] void throw_ring_setup_error(int error_number) {
  std::string why = "io_uring could not be set up: ";
  switch (error_number) {
    case EPERM:
      if (uring_disabled_sysctl() > 0) {
        why +=
            "the sysctl kernel.io_uring_disabled forbids it; as root: "
            "sysctl kernel.io_uring_disabled=0";
      } else {
        why +=
            "a seccomp filter denies it, as the default profiles of Docker and Kubernetes do; "
            "run with a profile that allows io_uring_setup, io_uring_enter and io_uring_register";
      }
      break;
    case EACCES:
      why += "a security policy of this system denies it";
      break;
    case ENOSYS:
      why +=
          "the kernel lacks io_uring, or a sandbox hides it; that needs Linux 5.11 or newer, "
          "and 6.1 is recommended";
      break;
    case ENOMEM:
      why +=
          "not even a small ring fits under the limit of locked memory; raise it with "
          "ulimit -l, or end other programs of this user that hold rings";
      break;
    case EMFILE:
    case ENFILE:
      why += "no file descriptor is free; raise the limit with ulimit -n";
      break;
    default:
      why += "unexpected error";
  }
  throw OSError(error_number, why);
}

std::uint64_t tag(const Operation& operation, std::uint64_t bit = 0) {
  return reinterpret_cast<std::uint64_t>(&operation) | bit;
}

bool is_transient(int error_number) {
  return error_number == EINTR || error_number == EAGAIN || error_number == EBUSY ||
         error_number == ENOMEM;
}

/// Sets the ring up with the newest flags that the kernel has, and with fewer entries when there is
/// no memory for more. Returns 0, or why not.
int set_up(const RingOptions& options, io_uring& ring) {
  std::array<unsigned, 3> attempts{};
  std::size_t count = 0;
  if (options.defer_taskrun) {
    attempts[count++] = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                        IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL;
  }
  if (options.coop_taskrun) {
    attempts[count++] =
        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL;
  }
  attempts[count++] = 0;

  int error_number = EINVAL;
  for (std::size_t i = 0; i < count && error_number == EINVAL; ++i) {
    unsigned entries = options.entries;
    do {
      io_uring_params parameters{};
      parameters.flags = attempts[i] | IORING_SETUP_CQSIZE;
      parameters.cq_entries = 4 * entries;
      error_number = -io_uring_queue_init_params(entries, &ring, &parameters);
      entries /= 2;
    } while (error_number == ENOMEM && entries >= fewest_entries);
  }
  return error_number;
}

/// Puts an answer into another ring's queue. It needs no ring of the sender's, and is done before
/// the call returns. Returns 0 or a negative errno.
int send_message(int ring) noexcept {
  io_uring_sqe message{};
  message.opcode = IORING_OP_MSG_RING;
  message.fd = ring;
  message.off = message_tag;
  return io_uring_register(~0U, register_send_msg_ring, &message, 1);
}

/// A kernel that knows such messages finds fault with the ring, and not with the question.
bool knows_messages() noexcept {
  return send_message(-1) == -EBADF;
}

}  // namespace

Ring::Ring(RingOptions options) {
  detail::count_forks();
  int error_number = set_up(options, ring_);
  // The kernel gives the memory of closed rings back a little later: ask again, for half a second.
  constexpr timespec pause{0, 10'000'000};
  for (int again = 0; error_number == ENOMEM && again < 50; ++again) {
    ::nanosleep(&pause, nullptr);
    error_number = set_up(options, ring_);
  }
  if (error_number != 0) throw_ring_setup_error(error_number);
  if ((ring_.features & IORING_FEAT_EXT_ARG) == 0) {
    io_uring_queue_exit(&ring_);
    throw_ring_setup_error(ENOSYS);
  }
  io_uring_ring_dontfork(&ring_);
  wake_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) {
    const int eventfd_error = errno;
    io_uring_queue_exit(&ring_);
    throw_ring_setup_error(eventfd_error);
  }
  for (unsigned i = 0; i < ring_.sq.ring_entries; ++i)
    ring_.sq.array[i] = i;
  // One look-up of a descriptor less in each entry, where the kernel can (5.18).
  if (io_uring_register_ring_fd(&ring_) == 1) enter_flags_ |= IORING_ENTER_REGISTERED_RING;
  if ((ring_.flags & IORING_SETUP_DEFER_TASKRUN) != 0) polls_first_ = IORING_RECVSEND_POLL_FIRST;
  sends_messages_ = options.send_messages && knows_messages();
  // Deferred task running came with the first kernel that has all of it.
  const bool new_enough = (ring_.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
  set_answers_many(options.multishot && new_enough && buffers_.provide_to(ring_));
  set_gauges(ring_.cq.ktail, ring_.sq.kflags, held_back);
  watch_wake_descriptor();
}

Ring::~Ring() {
  io_uring_queue_exit(&ring_);
}

// In a child the queues are not even mapped; on another thread the kernel refuses to enter.
io_uring_sqe& Ring::next_entry() {
  check_caller();
  submission_due();
  if (!overflow_.empty() || queued() >= ring_.sq.ring_entries) return overflow_entry();
  return queue_entry();
}

[[gnu::noinline]] io_uring_sqe& Ring::overflow_entry() {
  return overflow_.emplace_back();
}

/// How many entries of the queue the kernel has not taken yet.
unsigned Ring::queued() const noexcept {
  return ring_.sq.sqe_tail - io_uring_smp_load_acquire(ring_.sq.khead);
}

io_uring_sqe& Ring::queue_entry() noexcept {
  io_uring_sq& queue = ring_.sq;
  return queue.sqes[queue.sqe_tail++ & queue.ring_mask];
}

void Ring::do_prepare(Operation& operation, const Request& request) {
  io_uring_sqe& entry = next_entry();
  detail::fill_entry(entry, request);
  entry.user_data = tag(operation);
  // A stream is read from when nothing is there as a rule: to look first is a waste. (Not so for
  // receive_many: when bytes and the end of the stream are there already, Linux 6.18 then tells of
  // the bytes only.)
  if (request.opcode == Opcode::receive) entry.ioprio = polls_first_;
}

void Ring::do_cancel(Operation& operation) {
  io_uring_sqe& entry = next_entry();
  io_uring_prep_cancel64(&entry, tag(operation), 0);
  entry.user_data = tag(operation, cancel_tag);
}

void Ring::move_overflow() {
  while (!overflow_.empty()) {
    if (queued() >= ring_.sq.ring_entries) return;
    queue_entry() = overflow_.front();
    overflow_.pop_front();
  }
}

// One io_uring_enter. What it submits or reaps is read off the queues afterwards; its return value
// says nothing that they do not.
void Ring::enter(unsigned wait_for, std::optional<Duration> timeout) {
  ++enters_;
  // Entry number n of the queue stands at place n of the array that the kernel reads, since set-up.
  io_uring_smp_store_release(ring_.sq.ktail, ring_.sq.sqe_tail);
  const unsigned offered = queued();

  __kernel_timespec limit{};
  io_uring_getevents_arg argument{};
  argument.sigmask_sz = _NSIG / 8;
  if (timeout && wait_for > 0) {
    limit.tv_sec = timeout->count() / 1'000'000'000;
    limit.tv_nsec = timeout->count() % 1'000'000'000;
    argument.ts = reinterpret_cast<std::uint64_t>(&limit);
  }
  const int result =
      io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), offered, wait_for, enter_flags_,
                      reinterpret_cast<sigset_t*>(&argument), sizeof argument);
  const unsigned left = queued();
  if (left == 0 && overflow_.empty()) all_submitted();
  if (IO_URING_READ_ONCE(*ring_.cq.koverflow) != dropped_) throw_dropped();
  if (result < 0) check_refusal(-result);
  if (left > 0 && left == offered) {
    took_nothing(result);
  } else {
    fruitless_enters_ = 0;
  }
}

[[gnu::noinline]] void Ring::check_refusal(int error_number) {
  if (error_number == ETIME || is_transient(error_number)) return;
  throw_os_error(error_number, "io_uring_enter");
}

// A kernel short of memory may take nothing for a while. Then the loop must not spin, and if that
// does not end, it must not go on as if nothing were.
[[gnu::noinline]] void Ring::took_nothing(int result) {
  constexpr unsigned patience = 16;  // enters at full speed: completions may have to be reaped
  constexpr unsigned most = 1000;    // enters; from `patience` on there is a pause after each
  constexpr timespec pause{0, 1'000'000};  // a millisecond
  if (++fruitless_enters_ <= patience) return;
  if (fruitless_enters_ > most) {
    fruitless_enters_ = 0;
    throw OSError(result < 0 ? -result : EBUSY, "the kernel takes no requests: io_uring_enter");
  }
  ::nanosleep(&pause, nullptr);
}

// The queue for answers was full and the kernel had no memory to keep them elsewhere.
void Ring::throw_dropped() {
  const unsigned dropped = IO_URING_READ_ONCE(*ring_.cq.koverflow);
  const unsigned fresh = dropped - std::exchange(dropped_, dropped);
  throw RuntimeError("the kernel had no memory for " + std::to_string(fresh) +
                     " completion(s) and dropped them: what waits for them would wait for ever");
}

// A kernel that takes nothing has no memory, or wants its completions reaped first. Then the rest
// waits for the next turn.
[[gnu::noinline]] void Ring::hand_over_overflow() {
  for (;;) {
    const std::size_t waiting = overflow_.size();
    move_overflow();
    if (overflow_.empty()) return;
    enter(0, std::nullopt);
    if (overflow_.size() == waiting && queued() >= ring_.sq.ring_entries) return;
  }
}

void Ring::submit_and_wait(std::optional<Duration> timeout) {
  check_caller();
  buffers_.publish_returned();
  if (!overflow_.empty()) {
    hand_over_overflow();
    if (!overflow_.empty()) return;
  }
  const bool anything_ready = io_uring_cq_ready(&ring_) > 0;
  if (anything_ready || (timeout && *timeout <= Duration::zero())) {
    if (queued() > 0 || kernel_holds_completions()) enter(0, std::nullopt);
    return;
  }
  enter(1, timeout);
}

void Ring::watch_wake_descriptor() {
  io_uring_sqe& entry = next_entry();
  io_uring_prep_poll_multishot(&entry, wake_.get(), POLLIN);
  entry.user_data = wake_tag;
}

void Ring::drain_wake_descriptor() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
}

void Ring::wake() noexcept {
  if (sends_messages_ && send_message(ring_.ring_fd) == 0) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

// Answers that arrive while these are delivered wait for the next turn, as callbacks do.
std::size_t Ring::reap() {
  std::size_t delivered = 0;
  unsigned head = *ring_.cq.khead;
  const unsigned end = io_uring_smp_load_acquire(ring_.cq.ktail);
  for (; head != end; ++head) {
    const io_uring_cqe& completion = ring_.cq.cqes[head & ring_.cq.ring_mask];
    if (completion.user_data <= last_own_tag) {
      take_own_answer(completion);
      continue;
    }
    auto& operation = *reinterpret_cast<Operation*>(completion.user_data & ~cancel_tag);
    if (take_answer(completion, operation)) ++delivered;
  }
  if (std::exchange(short_of_buffers_, false)) buffers_.grow();
  io_uring_smp_store_release(ring_.cq.khead, end);
  answers_taken(end);
  return delivered;
}

[[gnu::noinline]] void Ring::take_own_answer(const io_uring_cqe& completion) {
  if (completion.user_data != wake_tag) return;
  drain_wake_descriptor();
  if ((completion.flags & IORING_CQE_F_MORE) == 0) watch_wake_descriptor();
}

/// Returns true if this made the operation complete.
[[gnu::always_inline]] inline bool Ring::take_answer(const io_uring_cqe& completion,
                                                     Operation& operation) {
  const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
  int result = completion.res;
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    // The bytes are the receiver's until the kernel is told, when it is entered next.
    const unsigned buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
    buffers_.give_back(buffer);
    if (result > 0) partial_arrived(operation, result, buffers_.memory_of(buffer));
    if (more) return false;
    // A request of many answers that ended with one more has nothing wrong with it.
    if (result > 0) result = -EAGAIN;
  } else if (more) {
    partial_arrived(operation, result, nullptr);
    return false;
  } else if (result == -ENOBUFS) {
    short_of_buffers_ = true;
  }
  return (completion.user_data & cancel_tag) != 0 ? cancel_arrived(operation)
                                                  : answer_arrived(operation, result);
}

std::string Ring::features() const {
  std::string text = "io_uring, " + std::to_string(ring_.sq.ring_entries) + " entries";
  text += sends_messages_ ? ", woken by messages" : ", woken by an eventfd";
  if (answers_many()) text += ", multishot";
  if ((ring_.flags & IORING_SETUP_DEFER_TASKRUN) != 0) return text + ", deferred task running";
  if ((ring_.flags & IORING_SETUP_COOP_TASKRUN) != 0) return text + ", cooperative task running";
  return text + ", plain";
}

}  // namespace rondo
