#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include <rondo/runtime/task.h>

// Timeout: a stretch of a task that has only so much time.
//
// At the deadline the task is cancelled, and at the end of the stretch that cancellation, if it was
// this timeout's own, is taken back and becomes TimeoutError. It is asyncio.Timeout without the
// `async with` around it: enter, run the body, exit.

namespace rondo {

class Timeout {
 public:
  /// `deadline`: a moment of the running loop's clock; nothing: no limit.
  explicit Timeout(std::optional<TimePoint> deadline) noexcept : when_(deadline) {}
  /// To be handed to async_with; one that was entered does not move.
  Timeout(Timeout&& other);
  Timeout& operator=(Timeout&&) = delete;
  ~Timeout() { timer_.cancel(); }

  /// The deadline, if there is one.
  std::optional<TimePoint> when() const noexcept { return when_; }
  /// True when the deadline came before the end of the stretch.
  bool expired() const noexcept { return state_ == State::expiring || state_ == State::expired; }

  /// Moves the deadline, or lifts it. Throws RuntimeError outside the stretch and when the deadline
  /// has come.
  void reschedule(std::optional<TimePoint> deadline);

  /// Begins the stretch in the running task. Throws RuntimeError outside of a task or the second
  /// time.
  void enter();

  /// Ends the stretch. `cancelled`: it ended with CancelledError. Throws TimeoutError in its stead
  /// if the deadline caused that and nobody else asked for it.
  void exit(bool cancelled);

  // The same for async_with.
  Coroutine<void> aenter();
  Coroutine<void> aexit(std::exception_ptr error);

  /// "created", "active", "expiring", "expired" or "finished".
  const char* state_name() const noexcept;

 private:
  // | state    | enter   | deadline | exit     |
  // |----------|---------|----------|----------|
  // | created  | entered |          |          |
  // | entered  | error   | expiring | exited   |
  // | expiring | error   |          | expired  |
  enum class State : std::uint8_t { created, entered, expiring, expired, exited };

  void on_deadline();

  State state_ = State::created;
  std::optional<TimePoint> when_;
  AnyTask task_;               // empty before `enter`
  int cancelling_before_ = 0;  // the task's requests to cancel at `enter`
  Handle timer_;
};

/// `co_await async_with(timeout(1s), [&](Timeout& limit) -> Coroutine<> { … });` gives the body so
/// much time; see Timeout. A limit that is zero or negative ends it at its first suspension. Throws
/// RuntimeError when no loop is running. See asyncio.timeout.
template <class Rep, class Period>
Timeout timeout(std::chrono::duration<Rep, Period> limit) {
  return Timeout(saturating_add(get_running_loop().time(), to_duration(limit)));
}
/// No limit, until `reschedule` sets one.
inline Timeout timeout(std::nullopt_t) {
  return Timeout(std::nullopt);
}

/// The same up to a moment of the loop's clock. See asyncio.timeout_at.
inline Timeout timeout_at(std::optional<TimePoint> deadline) {
  return Timeout(deadline);
}

}  // namespace rondo
