#pragma once

#include <deque>

#include <liburing.h>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/detail/provided_buffers.h>
#include <rondo/runtime/file_descriptor.h>

// The door to the kernel, by io_uring.
//
// Two queues shared with the kernel: requests go into one, answers come out of the other, and one
// system call, io_uring_enter, serves both. Set-up asks for the newest flags first and falls back:
// work deferred to the loop's own entry (Linux 6.1), cooperative task running (5.19), none.

namespace rondo {

/// How a ring is set up.
struct RingOptions {
  unsigned entries = 256;     ///< room for requests between two entries; halved on ENOMEM, to 64
  bool defer_taskrun = true;  ///< try SINGLE_ISSUER and DEFER_TASKRUN
  bool coop_taskrun = true;   ///< try COOP_TASKRUN
  bool send_messages = true;  ///< try SEND_MSG_RING (Linux 6.13) for wake-ups by other threads
  bool multishot = true;      ///< answer accept_many and receive_many, if the kernel can (6.1)
};

/// io_uring as the loop's driver. It belongs to the thread that made it.
class Ring final : public Driver {
 public:
  /// Sets the ring up. Throws OSError; where io_uring is missing the text says whether a filter
  /// denies it, a sysctl forbids it or the kernel lacks it, and what to do.
  explicit Ring(RingOptions options = {});
  ~Ring() override;

  /// Also throws RuntimeError in a forked child, on another thread than the one that made the
  /// ring, and when the kernel had to drop answers; OSError when it has taken nothing for a second.
  void submit_and_wait(std::optional<Duration> timeout) override;
  std::size_t reap() override;
  void wake() noexcept override;
  int wake_descriptor() const noexcept override { return wake_.get(); }
  std::string features() const override;

  /// io_uring_enter calls so far; for benchmarks and for the tests that count them.
  std::size_t enters() const noexcept { return enters_; }

 private:
  static constexpr unsigned held_back = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;

  void do_prepare(Operation& operation, const Request& request) override;
  void do_cancel(Operation& operation) override;

  io_uring_sqe& next_entry();
  unsigned queued() const noexcept;
  io_uring_sqe& queue_entry() noexcept;
  io_uring_sqe& overflow_entry();
  void move_overflow();
  void hand_over_overflow();
  void enter(unsigned wait_for, std::optional<Duration> timeout);
  static void check_refusal(int error_number);
  void took_nothing(int result);
  [[noreturn]] void throw_dropped();
  void take_own_answer(const io_uring_cqe& completion);
  bool take_answer(const io_uring_cqe& completion, Operation& operation);
  bool kernel_holds_completions() const noexcept {
    return (IO_URING_READ_ONCE(*ring_.sq.kflags) & held_back) != 0;
  }

  void watch_wake_descriptor();
  void drain_wake_descriptor() noexcept;

  io_uring ring_{};
  detail::ProvidedBuffers buffers_;    // for receive_many
  FileDescriptor wake_;                // an eventfd that the ring polls for as long as it lives
  std::deque<io_uring_sqe> overflow_;  // requests that found the queue full, oldest first
  std::size_t enters_ = 0;
  unsigned enter_flags_ = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
  bool sends_messages_ = false;
  bool short_of_buffers_ = false;  // the kernel wanted one more
  std::uint16_t polls_first_ = 0;  // for a receive's ioprio, where the kernel knows it (5.19)
  unsigned fruitless_enters_ = 0;  // in a row, by which the kernel took none of what was queued
  unsigned dropped_ = 0;           // answers that the kernel could not keep, as last seen
};

}  // namespace rondo
