#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/collect.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

/// Yields 0, 1, 2, ... and counts those that are closed.
AsyncGenerator<int> numbers(int& closed) {
  std::exception_ptr error;
  try {
    for (int i = 0;; ++i) {
      co_await sleep(1s);
      co_yield i;
    }
  } catch (...) {
    error = std::current_exception();
  }
  co_await sleep(1s);
  ++closed;
  std::rethrow_exception(error);
}

TEST_CASE("collect takes all elements of a generator") {
  run_virtual([]() -> Coroutine<> {
    const auto three = []() -> AsyncGenerator<std::unique_ptr<int>> {
      for (int i = 0; i < 3; ++i) {
        co_await turns(1);
        co_yield std::make_unique<int>(i);
      }
    };
    const auto items = co_await collect(three());
    REQUIRE(items.size() == 3);
    CHECK(*items[2] == 2);
    auto generator = three();
    co_await generator.next();
    const auto rest = co_await collect(generator);
    CHECK(rest.size() == 2);
    const auto nothing = co_await collect(generator);
    CHECK(nothing.empty());
  });
}

TEST_CASE("collect takes no more than its limit, and the generator can go on") {
  run_virtual([]() -> Coroutine<> {
    int closed = 0;
    auto generator = numbers(closed);
    const auto first = co_await collect(generator, 2);
    const auto none = co_await collect(generator, 0);
    const auto second = co_await collect(generator, 3);
    CHECK(first == std::vector{0, 1});
    CHECK(none.empty());
    CHECK(second == std::vector{2, 3, 4});
    CHECK(now() == 5s);
    co_await generator.aclose();
    CHECK(closed == 1);
  });
}

TEST_CASE("collect closes a generator that was handed over to it") {
  run_virtual([]() -> Coroutine<> {
    int closed = 0;
    const auto items = co_await collect(numbers(closed), 2);
    CHECK(items == std::vector{0, 1});
    CHECK(closed == 1);
    CHECK(now() == 3s);
  });
}

TEST_CASE("collect throws what ends the generator") {
  run_virtual([]() -> Coroutine<> {
    const auto fails = []() -> AsyncGenerator<int> {
      co_yield 1;
      throw std::runtime_error("broken");
    };
    const std::string error = co_await error_of(collect(fails()));
    CHECK(error == "broken");
  });
}

TEST_CASE("cancelling collect cancels the await inside the generator") {
  run_virtual([]() -> Coroutine<> {
    int closed = 0;
    auto task = create_task(collect(numbers(closed)));
    co_await sleep(2500ms);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(closed == 1);
    CHECK(now() == 3500ms);
  });
}

}  // namespace
}  // namespace rondo::testing
