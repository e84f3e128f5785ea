#pragma once

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include <rondo/runtime/async_generator.h>

// collect: the elements of an asynchronous generator as a vector. It is what a list comprehension
// with `async for` is in Python.

namespace rondo {

namespace detail {

inline constexpr std::size_t all_items = std::numeric_limits<std::size_t>::max();

template <class T, class Send>
Coroutine<std::vector<T>> collect_from(AsyncGenerator<T, Send>& generator, std::size_t limit) {
  std::vector<T> items;
  while (items.size() < limit) {
    auto item = co_await generator.next();
    if (!item) break;
    items.push_back(std::move(*item));
  }
  co_return items;
}

/// Owns the generator, and closes it.
template <class T, class Send>
Coroutine<std::vector<T>> collect_and_close(AsyncGenerator<T, Send> generator, std::size_t limit) {
  std::vector<T> items = co_await collect_from(generator, limit);
  co_await generator.aclose();
  co_return items;
}

}  // namespace detail

/// `co_await collect(generator, limit)` takes its elements up to its end, or the next `limit` of
/// them; then the generator can go on. It throws what ends the generator, and what was collected
/// is lost then. A cancellation is thrown inside the generator.
template <class T, class Send>
Coroutine<std::vector<T>> collect(AsyncGenerator<T, Send>& generator,
                                  std::size_t limit = detail::all_items) {
  return detail::collect_from(generator, limit);
}

/// The same for `co_await collect(numbers(), limit)`: the generator is closed at the end.
template <class T, class Send>
Coroutine<std::vector<T>> collect(AsyncGenerator<T, Send>&& generator,
                                  std::size_t limit = detail::all_items) {
  return detail::collect_and_close(std::move(generator), limit);
}

}  // namespace rondo
