#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include <rondo/runtime/ensure_future.h>

// wait: until one, or the first failing, or all of several futures are done; nobody is cancelled
// and no result is touched.

namespace rondo {

/// When `wait` returns.
enum class ReturnWhen : std::uint8_t { first_completed, first_exception, all_completed };
/// asyncio's names for the same.
inline constexpr ReturnWhen FIRST_COMPLETED = ReturnWhen::first_completed;
inline constexpr ReturnWhen FIRST_EXCEPTION = ReturnWhen::first_exception;
inline constexpr ReturnWhen ALL_COMPLETED = ReturnWhen::all_completed;

/// What `wait` yields: the same handles that it was given, each once, in the same order.
template <class F>
class WaitResult {
 public:
  WaitResult() = default;

  std::vector<F> done;
  std::vector<F> pending;
};

namespace detail {

/// Suspends until `when` holds for the futures or the time is over. Throws ValueError when there is
/// none.
Coroutine<void> wait_until(std::vector<AnyFuture> futures, ReturnWhen when,
                           std::optional<Duration> timeout);

template <class F>
Coroutine<WaitResult<F>> wait_for_some(std::vector<F> futures, ReturnWhen when,
                                       std::optional<Duration> timeout) {
  std::vector<AnyFuture> watched;
  std::vector<F> distinct;
  std::unordered_set<const FutureBase*> seen;
  for (F& future : futures) {
    if (!seen.insert(&future.state()).second) continue;
    watched.push_back(future);
    distinct.push_back(std::move(future));
  }
  co_await wait_until(std::move(watched), when, timeout);
  WaitResult<F> result;
  for (F& future : distinct) {
    (future.done() ? result.done : result.pending).push_back(std::move(future));
  }
  co_return result;
}

template <class R>
concept FutureRange = std::ranges::input_range<R> && FutureLike<std::ranges::range_value_t<R>>;

template <FutureRange R>
auto list_of(R&& range) {
  std::vector<std::ranges::range_value_t<R>> list;
  std::ranges::copy(range, std::back_inserter(list));
  return list;
}

}  // namespace detail

/// `auto [done, pending] = co_await wait(tasks, FIRST_COMPLETED);` waits until all tasks (or
/// futures) of a range are done, or one is, or one has failed. The same one named twice counts
/// once. When the wait is cancelled they go on. Throws ValueError for an empty range; coroutines
/// are not taken, make tasks of them first. See asyncio.wait.
template <detail::FutureRange R>
auto wait(R&& futures, ReturnWhen when = ALL_COMPLETED) {
  return detail::wait_for_some(detail::list_of(futures), when, std::nullopt);
}

/// The same for at most `timeout`; what is not done by then is pending, and that is no error.
template <detail::FutureRange R, class Rep, class Period>
auto wait(R&& futures, std::chrono::duration<Rep, Period> timeout,
          ReturnWhen when = ALL_COMPLETED) {
  return detail::wait_for_some(detail::list_of(futures), when, to_duration(timeout));
}

}  // namespace rondo
