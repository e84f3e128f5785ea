#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>

#include <rondo/runtime/task.h>

// CancelScope: a stretch of a task that can be called off as a whole, and stays called off.
//
// `Task::cancel` is edge-triggered: one request, one CancelledError, and whoever catches it goes
// on. A cancelled scope is level-triggered: until the stretch is left, every await in it that would
// suspend throws CancelledError, so code that swallows one cannot make the scope hang. The error
// ends at the scope: what comes after it goes on as if nothing had been. This is the step beyond
// asyncio; names and behaviour are Trio's and AnyIO's.
//
// Scopes lie inside each other like the brackets that they are; the task knows the innermost one.
// A scope concerns its own task: a task that is created inside is not part of the stretch, unless a
// TaskGroup in it waits for that task.

namespace rondo {

class CancelScope {
 public:
  /// `deadline`: a moment of the running loop's clock at which the scope is cancelled; nothing: no
  /// deadline.
  explicit CancelScope(std::optional<TimePoint> deadline = std::nullopt) noexcept
      : deadline_(deadline) {}
  /// To be handed to async_with; one that was entered does not move (RuntimeError).
  CancelScope(CancelScope&& other);
  CancelScope& operator=(CancelScope&&) = delete;
  ~CancelScope();

  /// Cancels the stretch, for good: the await at which the task is suspended in it throws, and so
  /// does every later one that would suspend. Before the scope is entered, it takes effect at the
  /// first such await; a second call does nothing.
  void cancel();
  /// True when `cancel` was called or the deadline has come.
  bool cancel_called() const noexcept { return cancel_called_; }
  /// True when the scope has ended with its own cancellation, and swallowed it.
  bool cancelled_caught() const noexcept { return cancelled_caught_; }

  std::optional<TimePoint> deadline() const noexcept { return deadline_; }
  /// Moves the deadline, or lifts it. Without effect on a scope that is cancelled.
  void set_deadline(std::optional<TimePoint> deadline);

  /// A shielded scope keeps the cancellation of the scopes around it out, for clean-up that has to
  /// await; it can be cancelled itself. Task::cancel reaches into it as ever.
  bool shield() const noexcept { return shield_; }
  void set_shield(bool on);

  /// Begins the stretch in the running task. Throws RuntimeError outside of a task and the second
  /// time.
  void enter();
  /// Ends the stretch. `cancelled`: it ended with CancelledError. True: that was this scope's, and
  /// is to be swallowed; not so when the task itself or a scope around this one is cancelled too.
  /// Throws TimeoutError instead of returning true for a `fail_after` whose deadline has come, and
  /// RuntimeError when a scope inside it was not left.
  bool exit(bool cancelled);

  // The same for async_with.
  Coroutine<void> aenter();
  Coroutine<bool> aexit(std::exception_ptr error);

 private:
  // | state   | enter   | exit  |
  // |---------|---------|-------|
  // | created | entered | error |
  // | entered | error   | left  |
  // | left    | error   | error |
  enum class State : std::uint8_t { created, entered, left };

  friend class detail::TaskBase;
  friend CancelScope fail_at(std::optional<TimePoint> deadline);

  /// Is the stretch cancelled, by this scope or by one around it that no shield keeps out?
  bool is_effective() const noexcept;
  void arm();
  void leave() noexcept;
  void on_deadline();

  AnyTask task_;                   // empty before `enter`
  CancelScope* parent_ = nullptr;  // the scope around this one, while entered; null: none
  std::optional<TimePoint> deadline_;
  Handle timer_;
  int cancelling_before_ = 0;  // the task's requests to cancel at `enter`
  State state_ = State::created;
  bool shield_ = false;
  bool cancel_called_ = false;
  bool cancelled_caught_ = false;
  bool expired_ = false;            // the deadline came before any other cancel
  bool fails_at_deadline_ = false;  // TimeoutError instead of moving on
};

/// `co_await async_with(move_on_after(1s), [&](CancelScope& scope) -> Coroutine<> { … });` gives
/// the body so much time, and goes on after it in any case; a scope that is a variable can be asked
/// `cancelled_caught()` then. Zero or a negative time ends the body at its first suspension. Throws
/// RuntimeError when no loop is running. See trio.move_on_after.
template <class Rep, class Period>
CancelScope move_on_after(std::chrono::duration<Rep, Period> limit) {
  return CancelScope(saturating_add(get_running_loop().time(), to_duration(limit)));
}
/// The same up to a moment of the loop's clock.
inline CancelScope move_on_at(std::optional<TimePoint> deadline) {
  return CancelScope(deadline);
}

/// As move_on_at, but when the deadline ended the body TimeoutError is thrown.
CancelScope fail_at(std::optional<TimePoint> deadline);
/// As move_on_after, but when the time ended the body TimeoutError is thrown. See trio.fail_after.
template <class Rep, class Period>
CancelScope fail_after(std::chrono::duration<Rep, Period> limit) {
  return fail_at(saturating_add(get_running_loop().time(), to_duration(limit)));
}

namespace detail {

/// Keeps the cancellation of scopes out to the end of a C++ scope; for the library's own awaits
/// that have to be gone through with.
class ShieldFromScopes {
 public:
  ShieldFromScopes() {
    scope_.set_shield(true);
    scope_.enter();
  }

 private:
  CancelScope scope_;  // its end leaves it
};

}  // namespace detail

}  // namespace rondo
