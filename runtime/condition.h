#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/lock.h>

// Condition: tasks that share a state under a lock, and wait for it to change.
//
// `wait` gives the lock up, waits to be notified, and takes the lock again, whatever happens in
// between. A notification that reaches a task which is cancelled passes on to another one.

namespace rondo {

/// See asyncio.Condition.
class Condition {
 public:
  /// With a lock of its own.
  Condition() : own_lock_(std::make_unique<Lock>()), lock_(*own_lock_) {}
  /// With a lock that others use too; it must outlive the condition.
  explicit Condition(Lock& lock) noexcept : lock_(lock) {}
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  // The lock's own methods.
  bool locked() const noexcept { return lock_.locked(); }
  Lock::Acquire acquire() noexcept { return lock_.acquire(); }
  Lock::Hold hold() noexcept { return lock_.hold(); }
  void release() { lock_.release(); }

  /// Gives the lock up until notified, and takes it again; yields true. Throws RuntimeError when
  /// the lock is not held; CancelledError, with the lock held.
  Coroutine<bool> wait();

  /// Waits until `predicate()` is true, looking again after each notification; yields its value.
  template <class Predicate>
  Coroutine<bool> wait_for(Predicate predicate) {
    bool fulfilled = predicate();
    while (!fulfilled) {
      co_await wait();
      fulfilled = predicate();
    }
    co_return fulfilled;
  }

  /// Wakes the `count` tasks that have waited longest, or as many as there are. Throws RuntimeError
  /// when the lock is not held.
  void notify(std::size_t count = 1);
  void notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

 private:
  void wake(std::size_t count) noexcept;

  std::unique_ptr<Lock> own_lock_;  // null: the lock is somebody else's
  Lock& lock_;
  detail::IntrusiveList<detail::QueuedSignal, detail::QueuedSignal> waiters_;
};

}  // namespace rondo
