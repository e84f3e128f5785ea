#pragma once

#include <deque>

#include <liburing.h>

#include <rondo/runtime/completion.h>
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
};

/// io_uring as the loop's driver. It belongs to the thread that made it.
class Ring final : public Driver {
 public:
  /// Sets the ring up. Throws OSError; where io_uring is missing the text says whether a filter
  /// denies it, a sysctl forbids it or the kernel lacks it, and what to do.
  explicit Ring(RingOptions options = {});
  ~Ring() override;

  void submit_and_wait(std::optional<Duration> timeout) override;
  std::size_t reap() override;
  void wake() noexcept override;
  int wake_descriptor() const noexcept override { return wake_.get(); }
  std::string features() const override;

  /// io_uring_enter calls so far; for benchmarks and for the tests that count them.
  std::size_t enters() const noexcept { return enters_; }

 private:
  void do_prepare(Operation& operation, const Request& request) override;
  void do_cancel(Operation& operation) override;

  void check_process() const;
  io_uring_sqe& next_entry();
  void move_overflow();
  void enter(unsigned wait_for, std::optional<Duration> timeout);
  bool kernel_holds_completions() const noexcept;

  void watch_wake_descriptor();
  void drain_wake_descriptor() noexcept;

  io_uring ring_{};
  FileDescriptor wake_;                // an eventfd that the ring polls for as long as it lives
  std::deque<io_uring_sqe> overflow_;  // requests that found the queue full, oldest first
  std::size_t enters_ = 0;
  int owner_pid_ = 0;  // a fork must not touch the parent's queues
};

}  // namespace rondo
