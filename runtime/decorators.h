#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/runtime/sleep.h>
#include <rondo/runtime/wait_for.h>

// Decorators: functions from a coroutine function to a coroutine function. What `@retry(3)` above
// an `async def` is in Python is a call here:
//
//     const auto fetch_safely = retry(3, with_timeout(1s, fetch));
//     co_await fetch_safely(host);
//
// What they return keeps the function, and each coroutine that it makes has a copy of its own, so a
// lambda with captures may be decorated. Arguments are handed over as to create_task: by value, an
// argument that is meant by reference as std::ref(argument). A decorator of one's own takes the
// same shape: a plain lambda that keeps the function, and calls a coroutine function that takes it.

namespace rondo {

namespace detail {

template <class F, class... Args>
using Returned = typename CoroutineOf<const F, Args...>::value_type;

template <class F, class Report, class... Args>
Coroutine<Returned<F, Args...>> timed_call(F fn, Report report, Args... args) {
  using Result = Returned<F, Args...>;
  const TimePoint begin = get_running_loop().time();
  std::exception_ptr error;
  std::optional<Stored<Result>> result;
  auto coroutine = std::invoke(std::as_const(fn), std::move(args)...);
  try {
    if constexpr (std::is_void_v<Result>) {
      co_await coroutine;
    } else {
      result.emplace(co_await coroutine);
    }
  } catch (...) {
    error = std::current_exception();
  }
  std::invoke(report, get_running_loop().time() - begin);
  if (error) std::rethrow_exception(error);
  if constexpr (!std::is_void_v<Result>) co_return std::move(*result);
}

template <class F, class... Args>
Coroutine<Returned<F, const Args&...>> retried_call(int times, Duration pause, F fn, Args... args) {
  for (int attempt = 1;; ++attempt) {
    auto coroutine = std::invoke(std::as_const(fn), std::as_const(args)...);
    try {
      co_return co_await coroutine;
    } catch (const std::exception&) {
      if (attempt >= times) throw;
    }
    if (pause > Duration::zero()) co_await sleep(pause);
  }
}

}  // namespace detail

/// A function that does what `fn` does, and calls `report(elapsed)` with the loop's time that it
/// took, however it ended. What `report` throws replaces what `fn` threw.
template <class F, class Report>
  requires std::invocable<Report&, Duration>
auto timed(F fn, Report report) {
  return [fn = std::move(fn), report = std::move(report)]<class... Args>(Args... args)
    requires std::invocable<const F&, Args...>
  { return detail::timed_call<F, Report, Args...>(fn, report, std::move(args)...); };
}

/// A function that does what `fn` does within `limit`, or is cancelled and throws TimeoutError; see
/// wait_for.
template <class Rep, class Period, class F>
auto with_timeout(std::chrono::duration<Rep, Period> limit, F fn) {
  return [limit, fn = std::move(fn)]<class... Args>(Args... args)
    requires std::invocable<const F&, Args...>
  { return wait_for(detail::call_and_keep<const F, Args...>(fn, std::move(args)...), limit); };
}

/// A function that does what `fn` does; when that throws a std::exception, it tries again after
/// `pause`, `times` times in all, and throws what the last attempt threw. A cancellation ends it.
/// Each attempt has its own copy of the arguments.
template <class Rep, class Period, class F>
auto retry(int times, std::chrono::duration<Rep, Period> pause, F fn) {
  return [times, pause = to_duration(pause), fn = std::move(fn)]<class... Args>(Args... args)
    requires std::invocable<const F&, const Args&...>
  { return detail::retried_call<F, Args...>(times, pause, fn, std::move(args)...); };
}
/// The same without a pause.
template <class F>
auto retry(int times, F fn) {
  return retry(times, Duration::zero(), std::move(fn));
}

}  // namespace rondo
