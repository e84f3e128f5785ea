#pragma once

#include <chrono>
#include <coroutine>
#include <type_traits>
#include <utility>

#include <rondo/runtime/ensure_future.h>

// sleep: the plainest wait of all, and the way to let others run.

namespace rondo {

namespace detail {

/// A delay that is zero or negative gives way for exactly one turn, and waits for nothing; a
/// positive one arms a timer.
class SleepAwaiter final : public Waiter, private Timer {
 public:
  explicit SleepAwaiter(Duration delay) {
    if (delay > Duration::zero()) arm(delay);
  }
  ~SleepAwaiter() {
    if (armed()) loop().disarm(*this);
  }

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    if (armed()) {
      Waiter::await_suspend(coroutine);
    } else {
      TaskBase::running().give_way(coroutine.promise());
    }
  }
  void await_resume() {
    if (suspended()) {
      Waiter::await_resume();
    } else {
      running_task->check_cancelled();
    }
  }

  bool cancel_wait(const std::string& message) override;
  const char* describe() const noexcept override { return "sleep"; }

 private:
  /// It lies in the frame already, where it will stay.
  void arm(Duration delay);
  void run() override { set(); }
};

}  // namespace detail

/// What `sleep` returns: to be awaited, or given to create_task, gather and the like.
class [[nodiscard]] Sleep : public detail::ConvertsToCoroutine<Sleep, void> {
 public:
  explicit Sleep(Duration delay) noexcept : delay_(delay) {}
  detail::SleepAwaiter operator co_await() const { return detail::SleepAwaiter(delay_); }

 private:
  Duration delay_;
};

/// `co_await sleep(delay)` suspends the task for `delay`, never for less. Zero or a negative delay
/// lets everything that is ready run once. Throws ValueError for NaN; at the await CancelledError
/// when the task is cancelled, and then no timer is left behind. See asyncio.sleep.
template <class Rep, class Period>
Sleep sleep(std::chrono::duration<Rep, Period> delay) {
  return Sleep(to_duration(delay));
}

/// `co_await sleep(delay, value)` does the same and yields `value`.
template <class Rep, class Period, class T>
Coroutine<T> sleep(std::chrono::duration<Rep, Period> delay, T value) {
  co_await sleep(delay);
  co_return value;
}

}  // namespace rondo
