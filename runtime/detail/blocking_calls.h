#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/detail/attempt.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/thread_pool_executor.h>

// Requests whose system calls may block, made on a few threads of a driver's own.
//
// A thread leaves the result in a tray and writes to an eventfd, for which the driver waits. The
// tray belongs to the driver and to the calls together, so a call that outlives the driver, because
// a disk or a server does not answer, finds it still there.

namespace rondo::detail {

class BlockingCalls {
 public:
  /// A call that was made: what `start` was given, and the result or a negative errno.
  struct Done {
    int number;
    int result;
  };
  using Call = ConcurrentFuture<void>;

  /// At most `threads` at a time; none is started before it is needed.
  explicit BlockingCalls(std::size_t threads);
  BlockingCalls(const BlockingCalls&) = delete;
  BlockingCalls& operator=(const BlockingCalls&) = delete;
  /// Waits for the threads, if no call is under way; if one is, they are left alone for good.
  ~BlockingCalls();

  /// Makes the request's system call on a thread. `cancel` of what is returned says whether it will
  /// not be made at all. Throws std::system_error when no thread can be had.
  Call start(int number, const Request& request, const AttemptState& state);
  /// The results that have come since the last time. Costs one load when there are none.
  const std::vector<Done>& take_done();
  /// A call that was cancelled: no result will come of it.
  void forget_one() noexcept { --under_way_; }
  std::size_t under_way() const noexcept { return under_way_; }
  /// In a forked child there are no threads to wait for.
  void forget_all() noexcept;

  /// The eventfd; -1, with the reason in errno, if there was none to be had.
  int wake_descriptor() const noexcept;
  /// From any thread and from signal handlers: makes the eventfd readable.
  void wake() const noexcept;
  /// Makes it unreadable again.
  void drain() const noexcept;

 private:
  struct Tray;

  const std::size_t most_threads_;
  const std::shared_ptr<Tray> tray_;
  std::unique_ptr<ThreadPoolExecutor> threads_;  // null until the first call
  std::size_t under_way_ = 0;                    // started, and neither taken nor cancelled
  std::vector<Done> taken_;
};

}  // namespace rondo::detail
