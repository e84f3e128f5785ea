#include <string>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include <rondo/runtime/ensure_future.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

Coroutine<int> answer_next_turn(int value) {
  co_await turns(1);
  co_return value;
}

TEST_CASE("a future or task is taken as it is") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    CHECK(ensure_future(future) == future);
    auto task = create_task(answer_next_turn(1));
    CHECK(ensure_future(task) == task);
    CHECK(all_tasks().size() == 2);
    co_await task;
  });
}

TEST_CASE("a coroutine or a sleep becomes a task of the loop") {
  run_virtual([]() -> Coroutine<> {
    auto future = ensure_future(answer_next_turn(2));
    auto nap = ensure_future(sleep(1s));
    static_assert(std::is_same_v<decltype(future), Future<int>>);
    static_assert(std::is_same_v<decltype(nap), Future<void>>);
    CHECK(all_tasks().size() == 3);
    const int value = co_await future;
    CHECK(value == 2);
    co_await nap;
    CHECK(now() == 1s);
  });
}

TEST_CASE("it can be made on a loop that does not run yet, and needs one") {
  Loop loop(virtual_time());
  auto future = ensure_future(answer_next_turn(3), loop);
  CHECK(loop.run_until_complete(future) == 3);
  CHECK_THROWS_WITH_AS(ensure_future(answer_next_turn(3)), "no running event loop", RuntimeError);
}

TEST_CASE("anything that can be awaited can be made a coroutine") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<std::string>::create();
    future.set_result("text");
    auto coroutine = as_coroutine(future);
    static_assert(std::is_same_v<decltype(coroutine), Coroutine<std::string>>);
    const std::string text = co_await coroutine;
    CHECK(text == "text");
    auto same = as_coroutine(answer_next_turn(4));
    const int value = co_await same;
    CHECK(value == 4);
    static_assert(std::is_same_v<AwaitResult<Task<int>>, int>);
    static_assert(std::is_same_v<AwaitResult<Sleep>, void>);
  });
}

}  // namespace
}  // namespace rondo::testing
