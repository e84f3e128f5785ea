#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/runtime/ensure_future.h>

// async_with: what `async with` is in Python, a stretch of code whose clean-up may await.
//
// A destructor cannot await, and a catch block may not; so the clean-up of a resource that needs
// the loop is a coroutine, and this function calls it on every way out of the body: at its end, by
// an exception, by a cancellation.

namespace rondo {

/// Something to be entered and left: `aenter()` is awaited first, `aexit(error)` last, with the
/// exception that ended the body or null. `aexit` may yield a bool: true swallows the exception.
template <class R>
concept AsyncContext = requires(R& resource, std::exception_ptr error) {
  { resource.aenter() } -> Awaitable;
  { resource.aexit(error) } -> Awaitable;
};

namespace detail {

template <class Resource>
using Entered = AwaitResult<decltype(std::declval<Resource&>().aenter())>;

/// What the body is given: what `aenter` yields, or the resource itself when that is nothing.
template <class Resource>
using BodyArgument =
    std::conditional_t<std::is_void_v<Entered<Resource>>, Resource&, Entered<Resource>>;

template <class Resource, class Body>
using BodyCoroutine = std::invoke_result_t<Body&, BodyArgument<Resource>>;

/// What there is of the resource between its two ends: what `aenter` yielded, or where it is.
template <class Resource>
using Entry = std::conditional_t<std::is_void_v<Entered<Resource>>, Resource*, Entered<Resource>>;

template <class Resource>
Coroutine<Entry<Resource>> enter(Resource& resource) {
  if constexpr (std::is_void_v<Entered<Resource>>) {
    co_await resource.aenter();
    co_return &resource;
  } else {
    auto entered = co_await resource.aenter();
    co_return std::move(entered);
  }
}

template <class Resource, class Body>
BodyCoroutine<Resource, Body> call_body(Body& body, Entry<Resource>& entry) {
  if constexpr (std::is_void_v<Entered<Resource>>) {
    return std::invoke(body, *entry);
  } else {
    return std::invoke(body, std::move(entry));
  }
}

/// Leaves the resource; true when it swallows the exception.
template <class Resource>
Coroutine<bool> leave(Resource& resource, std::exception_ptr error) {
  if constexpr (std::is_void_v<AwaitResult<decltype(resource.aexit(error))>>) {
    co_await resource.aexit(error);
    co_return false;
  } else {
    const bool swallow = co_await resource.aexit(error);
    co_return swallow;
  }
}

/// `Resource` is a reference to one that lives elsewhere, or the resource itself.
template <class Resource, class Body>
Coroutine<AwaitResult<BodyCoroutine<std::remove_reference_t<Resource>, Body>>> run_with(
    Resource resource, Body body) {
  using Plain = std::remove_reference_t<Resource>;
  using Result = AwaitResult<BodyCoroutine<Plain, Body>>;
  auto entry = co_await enter<Plain>(resource);
  std::exception_ptr error;
  std::optional<Stored<Result>> result;
  try {
    auto coroutine = call_body<Plain>(body, entry);
    if constexpr (std::is_void_v<Result>) {
      co_await coroutine;
    } else {
      result.emplace(co_await coroutine);
    }
  } catch (...) {
    error = std::current_exception();
  }
  const bool swallow = co_await leave(resource, error);
  if constexpr (std::is_void_v<Result>) {
    if (error && !swallow) std::rethrow_exception(error);
  } else {
    static_cast<void>(swallow);
    if (error) std::rethrow_exception(error);
    co_return std::move(*result);
  }
}

}  // namespace detail

/// `co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> { … });` enters the
/// resource, awaits the body, and leaves the resource on every way out of it. The body is given
/// what `aenter` yields, or the resource itself when that is nothing; what it returns is what this
/// yields. Resource and body live until the end if they are handed over as temporaries. An
/// exception of `aexit` replaces the body's; one that `aexit` swallows is gone, if the body returns
/// nothing, and thrown all the same if a result would be missing. A cancellation reaches body and
/// clean-up alike, wherever the task is.
template <class Resource, class Body>
  requires AsyncContext<std::remove_reference_t<Resource>>
auto async_with(Resource&& resource, Body body) {
  return detail::run_with<Resource, Body>(std::forward<Resource>(resource), std::move(body));
}

}  // namespace rondo
