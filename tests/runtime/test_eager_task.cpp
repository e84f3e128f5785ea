#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "virtual_run.h"

namespace rondo {

namespace {

using namespace std::chrono_literals;
using testing::run_virtual;

Coroutine<int> at_once() {
  co_return 42;
}

Coroutine<int> throwing() {
  throw ValueError("at once");
  co_return 0;
}

Coroutine<int> tree(int depth, bool eager, int& scheduled) {
  if (depth == 0) co_return 1;
  int sum = 1;
  for (int i = 0; i < 5; ++i) {
    auto branch = tree(depth - 1, eager, scheduled);
    auto task =
        eager ? create_task(eager_start, std::move(branch)) : create_task(std::move(branch));
    if (!task.done()) ++scheduled;
    sum += co_await task;
  }
  co_return sum;
}

}  // namespace

TEST_CASE("an eager task that never suspends is done when it is created [case 205]") {
  run_virtual([]() -> Coroutine<void> {
    auto task = create_task(eager_start, at_once());
    CHECK(task.done());
    CHECK(!task.cancel());
    CHECK(task.result() == 42);
    const int awaited = co_await task;
    CHECK(awaited == 42);
    CHECK(all_tasks().size() == 1);
  }());
}

TEST_CASE("an eager task that throws has failed when it is created [case 205]") {
  run_virtual([]() -> Coroutine<void> {
    auto task = create_task(eager_start, throwing());
    CHECK(task.done());
    CHECK_THROWS_AS(task.result(), ValueError);
    co_return;
  }());
}

TEST_CASE("current_task is right before and after an eager task's first suspension [case 206]") {
  run_virtual([]() -> Coroutine<void> {
    std::vector<std::string> names;
    const auto body = [](std::vector<std::string>& seen) -> Coroutine<void> {
      seen.push_back(current_task().get_name());
      co_await sleep(1s);
      seen.push_back(current_task().get_name());
    };
    auto task = create_task(eager_start, body(names), "eager");
    CHECK(!task.done());
    CHECK(current_task().get_name() != "eager");
    CHECK(all_tasks().size() == 2);
    co_await task;
    CHECK(names == std::vector<std::string>{"eager", "eager"});
  }());
}

TEST_CASE("a tree of 781 tasks schedules all of them lazily and none eagerly [case 206]") {
  for (const bool eager : {false, true}) {
    int scheduled = 0;
    const int size = run_virtual(tree(4, eager, scheduled));
    CHECK(size == 781);
    CHECK(scheduled == (eager ? 0 : 780));
  }
}

}  // namespace rondo
