#pragma once

#include <chrono>
#include <cmath>
#include <compare>
#include <concepts>
#include <ratio>

#include <rondo/runtime/errors.h>

// Time as the loop counts it: nanoseconds on a clock that never goes backwards.

namespace rondo {

/// A span of time. Any std::chrono duration converts to it through `to_duration`.
using Duration = std::chrono::nanoseconds;

/// The loop's clock as a type: real (CLOCK_MONOTONIC) or virtual, which only the loop knows. Its
/// epoch has no meaning; ask `Loop::time()`.
struct LoopClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<LoopClock, duration>;
  static constexpr bool is_steady = true;
};

/// A moment on the loop's clock.
using TimePoint = LoopClock::time_point;

/// Converts any chrono duration to `Duration`, rounded up, so that no sleep ends early; what does
/// not fit (292 years) becomes the largest or smallest value. Throws ValueError for NaN.
template <class Rep, class Period>
constexpr Duration to_duration(std::chrono::duration<Rep, Period> span) {
  using Wide = std::chrono::duration<long double, std::nano>;
  if constexpr (std::floating_point<Rep>) {
    if (span.count() != span.count()) throw ValueError("a delay must be a number, not NaN");
  }
  if (Wide(span) >= Wide(Duration::max())) return Duration::max();
  if (Wide(span) <= Wide(Duration::min())) return Duration::min();
  return std::chrono::ceil<Duration>(span);
}

/// `start + delay`, or the end of time where that would overflow.
constexpr TimePoint saturating_add(TimePoint start, Duration delay) noexcept {
  const Duration elapsed = start.time_since_epoch();
  if (delay > Duration::zero() && elapsed > Duration::max() - delay) return TimePoint::max();
  if (delay < Duration::zero() && elapsed < Duration::min() - delay) return TimePoint::min();
  return start + delay;
}

}  // namespace rondo
