#pragma once

#include <optional>
#include <string>
#include <utility>

#include <rondo/net/http/errors.h>
#include <rondo/runtime/wait_for.h>

namespace rondo::http::detail {

/// The nearest of the limits that a step of a request has.
struct TimeLimit {
  Duration span = Duration::max();  // max: no limit
  const char* name = "";            // the field of ClientTimeout, for messages

  /// What is left up to `deadline`, or `step` (zero: no limit) if that is less.
  static TimeLimit of(std::optional<TimePoint> deadline, Duration step, const char* step_name) {
    TimeLimit limit;
    if (deadline) {
      limit.span = *deadline - get_running_loop().time();
      limit.name = "total";
    }
    if (step > Duration::zero() && step < limit.span) {
      limit.span = step;
      limit.name = step_name;
    }
    return limit;
  }
};

/// Awaits `work` within the limit. Throws ServerTimeoutError, which begins with `request`.
template <class T>
Coroutine<T> within(Coroutine<T> work, TimeLimit limit, std::string request) {
  if (limit.span == Duration::max()) co_return co_await work;
  try {
    co_return co_await wait_for(std::move(work), limit.span);
  } catch (const TimeoutError&) {
    request += ": no success within the limit '" + std::string(limit.name) + "' of ClientTimeout";
  }
  throw ServerTimeoutError(request);
}

}  // namespace rondo::http::detail
