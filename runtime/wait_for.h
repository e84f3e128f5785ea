#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/runtime/ensure_future.h>
#include <rondo/runtime/timeout.h>

// wait_for: one thing, and no longer than this.

namespace rondo {

namespace detail {

/// Cancels a future and waits until it has ended, whichever way.
Coroutine<void> cancel_and_wait(AnyFuture future);

template <class A>
Coroutine<AwaitResult<A>> wait_for_within(A awaitable, Duration limit) {
  if (limit <= Duration::zero()) {
    // A coroutine is never started; a task that is running is ended first.
    Future<AwaitResult<A>> future = ensure_future(std::move(awaitable));
    if (!future.done()) co_await cancel_and_wait(future);
    if (future.cancelled()) throw TimeoutError();
    co_return co_await future;
  }
  Timeout timeout(saturating_add(get_running_loop().time(), limit));
  timeout.enter();
  std::exception_ptr error;
  bool cancelled = false;
  try {
    if constexpr (std::is_void_v<AwaitResult<A>>) {
      co_await awaitable;
      timeout.exit(false);
      co_return;
    } else {
      AwaitResult<A> result = co_await awaitable;
      timeout.exit(false);
      co_return result;
    }
  } catch (const CancelledError&) {
    cancelled = true;
    error = std::current_exception();
  } catch (...) {
    error = std::current_exception();
  }
  timeout.exit(cancelled);
  std::rethrow_exception(error);
}

}  // namespace detail

/// `co_await wait_for(awaitable, limit)` awaits it inside the present task. When `limit` is over it
/// is cancelled, and once it has ended TimeoutError is thrown; what it returned or threw instead of
/// ending wins. A limit that is zero or negative throws TimeoutError unless it is a future that is
/// done; a coroutine is then never started. Use `shield` to let a task go on. See asyncio.wait_for.
template <Awaitable A, class Rep, class Period>
Coroutine<AwaitResult<A>> wait_for(A awaitable, std::chrono::duration<Rep, Period> limit) {
  return detail::wait_for_within(std::move(awaitable), to_duration(limit));
}

/// Without a limit: a plain await.
template <Awaitable A>
Coroutine<AwaitResult<A>> wait_for(A awaitable, std::nullopt_t) {
  return as_coroutine(std::move(awaitable));
}

}  // namespace rondo
