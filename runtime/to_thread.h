#pragma once

#include <functional>
#include <utility>

#include <rondo/runtime/context.h>
#include <rondo/runtime/outcome.h>
#include <rondo/runtime/run_in_executor.h>
#include <rondo/runtime/task.h>

// to_thread: calls a function that blocks on another thread, while the loop goes on.

namespace rondo {

namespace detail {

/// A future that nobody else knows of: awaiting it moves its value, however big, instead of
/// copying.
template <class T>
class SoleFuture {
 public:
  explicit SoleFuture(const Future<T>& future) noexcept : future_(future.ref()) {}
  auto operator co_await() const { return FutureAwaiter<T, true>(future_); }

 private:
  Ref<FutureBase> future_;
};

}  // namespace detail

/// `co_await to_thread(fn, args...)` calls `fn(args...)` on a thread of the loop's default
/// executor, in a copy of the present context, and yields what it returns or throws what it throws.
/// Nothing starts before it is awaited or made a task.
///
/// `fn` and the arguments are moved in and belong to the call; what they only refer to must live
/// until the function returns, which may be after this await: when it is cancelled, it throws
/// CancelledError at once. A function that has not begun is never called then; one that runs cannot
/// be stopped, goes on, and what it returns or throws is dropped. The loop waits for it when it
/// closes. `fn` must not touch the loop, its tasks or futures, except through call_soon_threadsafe
/// and run_coroutine_threadsafe.
///
/// With g++ 12 a lambda with captures has to be named before the await; see CONTRIBUTING.md. See
/// asyncio.to_thread.
template <class F, class... Args>
Coroutine<detail::JobResult<F, Args...>> to_thread(F fn, Args... args) {
  using T = detail::JobResult<F, Args...>;
  auto in_context = [context = copy_context(),
                     fn = std::move(fn)](Args&&... arguments) mutable -> T {
    const detail::ContextScope scope(context);
    return std::invoke(fn, std::move(arguments)...);
  };
  const detail::SoleFuture<T> result(
      get_running_loop().run_in_executor(nullptr, std::move(in_context), std::move(args)...));
  co_return co_await result;
}

}  // namespace rondo
