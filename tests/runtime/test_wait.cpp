#include <concepts>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/wait.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Tasks = std::vector<Task<>>;

Coroutine<> boom_after(Duration delay) {
  co_await sleep(delay);
  throw std::runtime_error("boom");
}

template <class A>
concept Waitable = requires(A argument) { wait(argument); };

TEST_CASE("wait takes a range of tasks or futures, not one, and no coroutines [case 61]") {
  static_assert(Waitable<Tasks>);
  static_assert(Waitable<std::vector<Future<int>>>);
  static_assert(Waitable<std::vector<AnyFuture>>);
  static_assert(!Waitable<Task<>>);
  static_assert(!Waitable<Future<int>>);
  static_assert(!Waitable<std::vector<Coroutine<>>>);
  CHECK(true);
}

TEST_CASE("wait returns when the longest is done, at once when all are [case 54]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(sleep(100ms));
    auto b = create_task(sleep(150ms));
    const Tasks tasks{b, a};
    const auto result = co_await wait(tasks);
    CHECK(result.done == tasks);
    CHECK(result.pending.empty());
    CHECK(now() == 150ms);
    const auto again = co_await wait(tasks);
    CHECK(again.done == tasks);
    CHECK(now() == 150ms);
  });
}

TEST_CASE("wait for the first leaves the others running [case 55]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(sleep(10s));
    auto b = create_task(sleep(100ms));
    const Tasks tasks{b, a};
    const auto [done, pending] = co_await wait(tasks, FIRST_COMPLETED);
    CHECK(done == Tasks{b});
    CHECK(pending == Tasks{a});
    CHECK_FALSE(a.done());
    CHECK(now() == 100ms);
    const auto rest = co_await wait(tasks);
    CHECK(rest.pending.empty());
    CHECK(now() == 10s);
  });
}

TEST_CASE("all that are done when wait returns are reported done [case 56]") {
  run_virtual([]() -> Coroutine<> {
    // Neither of them has ended when `wait` begins, and both have before it can return.
    auto a = create_task(turns(0));
    auto b = create_task(turns(0));
    const Tasks tasks{b, a};
    const auto result = co_await wait(tasks, FIRST_COMPLETED);
    CHECK(result.done == tasks);
    CHECK(result.pending.empty());
  });
}

TEST_CASE("a task that ends while another one's end is on its way is really done [case 56]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(turns(1));
    auto b = create_task(turns(2));
    auto c = create_task(turns(4));
    const Tasks tasks{a, b, c};
    const auto result = co_await wait(tasks, FIRST_COMPLETED);
    // The end of `a` is noticed one turn later, and wakes the waiting task for the turn after.
    CHECK(result.done == Tasks{a, b});
    CHECK(result.pending == Tasks{c});
    co_await c;
  });
}

TEST_CASE("wait for the first exception returns at once when a task has failed [case 57]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(sleep(10s));
    auto b = create_task([]() -> Coroutine<> {
      co_await turns(0);
      throw std::runtime_error("err");
    });
    const Tasks tasks{b, a};
    const auto [done, pending] = co_await wait(tasks, FIRST_EXCEPTION);
    CHECK(done == Tasks{b});
    CHECK(pending == Tasks{a});
    CHECK(now() == 0s);
    const std::string error = co_await error_of(b);
    CHECK(error == "err");
  });
}

TEST_CASE("wait for the first exception returns when one happens, not before [case 57]") {
  run_virtual([]() -> Coroutine<> {
    auto fine = create_task(sleep(5ms));
    auto cancelled = create_task(sleep(10s));
    auto slow = create_task(sleep(10s));
    auto failing = create_task(boom_after(10ms));
    co_await turns(1);
    cancelled.cancel();
    const Tasks tasks{fine, cancelled, slow, failing};
    const auto [done, pending] = co_await wait(tasks, FIRST_EXCEPTION);
    CHECK(done == Tasks{fine, cancelled, failing});
    CHECK(pending == Tasks{slow});
    CHECK(now() == 10ms);
    const std::string error = co_await error_of(failing);
    CHECK(error == "boom");
  });
}

TEST_CASE("wait for the first exception returns at the end when there is none [case 57]") {
  run_virtual([]() -> Coroutine<> {
    const Tasks tasks{create_task(sleep(1s)), create_task(sleep(2s))};
    const auto result = co_await wait(tasks, FIRST_EXCEPTION);
    CHECK(result.done == tasks);
    CHECK(now() == 2s);
  });
}

TEST_CASE("wait does not throw what a task threw [case 58]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(sleep(100ms));
    auto b = create_task(boom_after(150ms));
    const Tasks tasks{b, a};
    const auto [done, pending] = co_await wait(tasks);
    CHECK(done == tasks);
    CHECK(pending.empty());
    CHECK(now() == 150ms);
    int failed = 0;
    for (const auto& task : done)
      failed += task.exception() == nullptr ? 0 : 1;
    CHECK(failed == 1);
  });
}

TEST_CASE("what is not done in time is pending, not cancelled [case 59]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(sleep(100ms));
    auto b = create_task(sleep(150ms));
    const Tasks tasks{b, a};
    const auto [done, pending] = co_await wait(tasks, 110ms);
    CHECK(done == Tasks{a});
    CHECK(pending == Tasks{b});
    CHECK(now() == 110ms);
    co_await b;
    CHECK(now() == 150ms);
  });
}

TEST_CASE("a task that ends at the very moment of the timeout is done [case 60]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(sleep(100ms));
    auto b = create_task(sleep(150ms));
    const Tasks tasks{b, a};
    auto waiting = create_task(wait(tasks, 100ms));
    const auto [done, pending] = co_await waiting;
    CHECK(done == Tasks{a});
    CHECK(pending == Tasks{b});
    CHECK(now() == 100ms);
  });
}

TEST_CASE("a timeout that is zero or negative looks once [case 59]") {
  run_virtual([]() -> Coroutine<> {
    auto done_before = create_task(turns(0));
    auto slow = create_task(sleep(1s));
    co_await turns(1);
    const Tasks tasks{done_before, slow};
    for (const auto timeout : {0s, -1s}) {
      const auto [done, pending] = co_await wait(tasks, timeout);
      CHECK(done == Tasks{done_before});
      CHECK(pending == Tasks{slow});
    }
    CHECK(now() == 0s);
  });
}

TEST_CASE("a task that is named twice counts once [case 61]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(sleep(1s));
    auto b = create_task(sleep(2s));
    const Tasks tasks{a, b, a, b, b};
    const auto result = co_await wait(tasks);
    CHECK(result.done == Tasks{a, b});
    CHECK(result.pending.empty());
  });
}

TEST_CASE("there must be something to wait for [case 61]") {
  run_virtual([]() -> Coroutine<> {
    const Tasks none;
    const std::string error = co_await error_of(wait(none));
    CHECK(error == "Set of Tasks/Futures is empty.");
    const bool is_value_error = co_await throws<ValueError>(wait(none, 1s));
    CHECK(is_value_error);
  });
}

TEST_CASE("wait takes a view that makes its tasks as it goes [case 61]") {
  run_virtual([]() -> Coroutine<> {
    auto delays = std::views::iota(1, 4) | std::views::transform([](int i) {
                    return create_task(sleep(std::chrono::seconds(i)));
                  });
    const auto result = co_await wait(delays);
    CHECK(result.done.size() == 3);
    CHECK(result.pending.empty());
    CHECK(now() == 3s);
  });
}

TEST_CASE("wait is for futures too, and takes no result from them") {
  run_virtual([]() -> Coroutine<> {
    auto first = Future<int>::create();
    auto second = Future<int>::create();
    const std::vector<Future<int>> futures{first, second};
    get_running_loop().call_later(1s, [second] { second.set_result(2); });
    const auto [done, pending] = co_await wait(futures, FIRST_COMPLETED);
    CHECK(done.size() == 1);
    CHECK(done.front().result() == 2);
    CHECK(pending.size() == 1);
    CHECK(pending.front() == first);
  });
}

TEST_CASE("a cancelled wait cancels none of its tasks [case 52]") {
  run_virtual([]() -> Coroutine<> {
    auto inner = create_task(sleep(10s));
    const Tasks tasks{inner};
    auto outer = create_task(wait(tasks, 1h));
    co_await turns(2);
    outer.cancel();
    const std::string error = co_await error_of(outer);
    CHECK(error == "cancelled");
    CHECK_FALSE(inner.done());
    co_await inner;
    CHECK(now() == 10s);
  });
}

TEST_CASE("a timeout that was not needed leaves no timer behind [case 64]") {
  Loop loop(virtual_time());
  const Tasks tasks{create_task_on(loop, Coroutine<>(sleep(1s)))};
  const auto result = loop.run_until_complete(wait(tasks, 1h));
  CHECK(result.pending.empty());
  CHECK_THROWS_AS(loop.run_forever(), RuntimeError);  // the deadlock, at once
  CHECK(loop.time() == TimePoint(1s));
}

}  // namespace
}  // namespace rondo::testing
