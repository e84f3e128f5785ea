#pragma once

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

#include <rondo/runtime/task.h>

// What gather, wait_for, as_completed and run take: anything that can be awaited. A future or task
// is taken as it is; anything else becomes a task.

namespace rondo {

namespace detail {

template <class T>
struct AwaitResultOf {
  using type = decltype(std::declval<std::remove_cvref_t<T>&>().operator co_await().await_resume());
};

template <class T>
concept FutureLike = std::derived_from<std::remove_cvref_t<T>, AnyFuture>;

template <class T>
struct IsCoroutine : std::false_type {};
template <class T>
struct IsCoroutine<Coroutine<T>> : std::true_type {};

template <class Awaitable>
Coroutine<typename AwaitResultOf<Awaitable>::type> await_it(Awaitable awaitable) {
  co_return co_await awaitable;
}

}  // namespace detail

/// Coroutines, futures, tasks and `sleep(...)`: what `co_await` takes and can be moved.
template <class T>
concept Awaitable = requires(std::remove_cvref_t<T>& awaitable) {
  { awaitable.operator co_await() } -> detail::Awaiter;
};

/// What awaiting a `T` yields.
template <Awaitable T>
using AwaitResult = typename detail::AwaitResultOf<T>::type;

/// The coroutine, or a coroutine that awaits what is not one.
template <Awaitable T>
Coroutine<AwaitResult<T>> as_coroutine(T awaitable) {
  if constexpr (detail::IsCoroutine<T>::value) {
    return awaitable;
  } else {
    return detail::await_it(std::move(awaitable));
  }
}

/// What is awaited without being a coroutine or a future: what `sleep` or a queue's `get` returns.
template <class T>
concept PlainAwaitable =
    Awaitable<T> && !detail::FutureLike<T> && !detail::IsCoroutine<std::remove_cvref_t<T>>::value;

/// Awaits it in a task of its own.
template <PlainAwaitable T>
Task<AwaitResult<T>> create_task(T awaitable, std::string_view name = {},
                                 std::source_location here = std::source_location::current()) {
  return create_task(as_coroutine(std::move(awaitable)), name, here);
}

/// The future or task itself; for anything else a new task on `loop`.
template <Awaitable T>
Future<AwaitResult<T>> ensure_future(T awaitable, Loop& loop,
                                     std::source_location here = std::source_location::current()) {
  if constexpr (detail::FutureLike<T>) {
    return awaitable;
  } else {
    return create_task_on(loop, as_coroutine(std::move(awaitable)), {}, here);
  }
}

template <Awaitable T>
Future<AwaitResult<T>> ensure_future(T awaitable,
                                     std::source_location here = std::source_location::current()) {
  return ensure_future(std::move(awaitable), get_running_loop(), here);
}

}  // namespace rondo
