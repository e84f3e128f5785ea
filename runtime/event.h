#pragma once

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/signal_queue.h>

// Event: tasks wait until something has happened; once it has, nobody waits any more.

namespace rondo {

/// See asyncio.Event.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_set() const noexcept { return set_; }

  /// Wakes all tasks that wait, in order; those that wait later do not wait at all.
  void set() noexcept {
    if (set_) return;
    set_ = true;
    waiters_.wake_all();
  }
  /// Makes those that wait from now on wait again. Whoever was woken stays woken.
  void clear() noexcept { set_ = false; }

  /// Waits until the event is set; yields true.
  Coroutine<bool> wait() {
    // `set` wakes all that wait then, so nobody has a wake-up to pass on when cancelled.
    if (!set_) co_await waiters_.wait([] { return false; });
    co_return true;
  }

 private:
  bool set_ = false;
  detail::SignalQueue waiters_;
};

}  // namespace rondo
