#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/coroutine.h>

#include "virtual_run.h"

TEST_SUITE_BEGIN("heavy");

// Awaits in great numbers, one inside the other and one after the other: none of them may use the
// stack.

namespace rondo::testing {
namespace {

Coroutine<std::size_t> nest(std::size_t depth, Future<> innermost) {
  if (depth == 0) {
    co_await innermost;
    co_return 0;
  }
  auto inner = nest(depth - 1, innermost);
  const std::size_t below = co_await inner;
  co_return below + 1;
}

TEST_CASE("a hundred thousand awaits inside one another return their values [fault 49]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto task = create_task(nest(100'000, future));
    co_await turns(1);
    CHECK_FALSE(task.done());
    future.set_result();
    const std::size_t depth = co_await task;
    CHECK(depth == 100'000);
  });
}

TEST_CASE("an exception passes through a hundred thousand awaits") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto task = create_task(nest(100'000, future));
    co_await turns(1);
    future.set_exception(std::runtime_error("from the bottom"));
    const std::string error = co_await error_of(task);
    CHECK(error == "from the bottom");
  });
}

TEST_CASE("a cancellation passes through a hundred thousand awaits") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto task = create_task(nest(100'000, future));
    co_await turns(1);
    task.cancel("from the top");
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: from the top");
    CHECK(future.cancelled());
  });
}

TEST_CASE("a suspended chain of a million coroutines is dropped without recursion [fault 50]") {
  Loop loop(virtual_time());
  Reports reports(loop);
  auto never = Future<>::create_on(loop);
  create_task_on(loop, nest(1'000'000, never));
  loop.stop();
  loop.run_forever();
  CHECK(detail::live_frames == 1'000'001);
  loop.close();
  CHECK(detail::live_frames == 0);
  CHECK(reports.size() == 1);
}

Coroutine<> hold_and_nest(std::size_t depth, Future<> innermost, std::vector<std::size_t>& order) {
  struct Note {
    Note(std::vector<std::size_t>& to, std::size_t what) : order(to), depth(what) {}
    Note(const Note&) = delete;
    Note& operator=(const Note&) = delete;
    ~Note() { order.push_back(depth); }
    std::vector<std::size_t>& order;
    std::size_t depth;
  };
  const Note note(order, depth);
  if (depth == 0) {
    co_await innermost;
  } else {
    co_await hold_and_nest(depth - 1, innermost, order);
  }
}

TEST_CASE("a chain that is dropped is destroyed from the inside out, each frame once") {
  std::vector<std::size_t> order;
  {
    Loop loop(virtual_time());
    Reports reports(loop);
    auto never = Future<>::create_on(loop);
    create_task_on(loop, hold_and_nest(4, never, order));
    loop.stop();
    loop.run_forever();
    loop.close();
  }
  CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

Coroutine<std::size_t> at_once(std::size_t value) {
  co_return value;
}

TEST_CASE("a million awaits in a row that never suspend do not grow the stack [fault 49]") {
  run_virtual([]() -> Coroutine<> {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < 1'000'000; ++i)
      sum += co_await at_once(i);
    CHECK(sum == 499'999'500'000);
  });
}

Coroutine<> throw_at_once() {
  throw std::runtime_error("at once");
  co_return;
}

TEST_CASE("awaits in a row that throw at once do not grow the stack") {
  run_virtual([]() -> Coroutine<> {
    int caught = 0;
    for (int i = 0; i < 50'000; ++i) {
      try {
        co_await throw_at_once();
      } catch (const std::runtime_error&) {
        ++caught;
      }
    }
    CHECK(caught == 50'000);
  });
}

TEST_CASE("a hundred thousand tasks that await one another end in one sweep") {
  run_virtual([]() -> Coroutine<> {
    const auto link = [](Task<int> previous) -> Coroutine<int> {
      const int value = co_await previous;
      co_return value + 1;
    };
    auto last = create_task(sleep(1s, 0));
    for (int i = 0; i < 100'000; ++i)
      last = create_task(link(last));
    const int value = co_await last;
    CHECK(value == 100'000);
    CHECK(now() == 1s);
  });
}

TEST_CASE("a cancellation passes through a long chain of tasks") {
  run_virtual([]() -> Coroutine<> {
    const auto link = [](Task<int> previous) -> Coroutine<int> {
      const int value = co_await previous;
      co_return value + 1;
    };
    const auto first = create_task(sleep(1h, 0));
    auto last = first;
    for (int i = 0; i < 1'000; ++i)
      last = create_task(link(last));
    co_await turns(2);
    last.cancel();
    const std::string error = co_await error_of(last);
    CHECK(error == "cancelled");
    CHECK(first.cancelled());
    CHECK(now() == 0s);
  });
}

}  // namespace
}  // namespace rondo::testing

TEST_SUITE_END();
