#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/sleep.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("a sleep of zero gives way for exactly one turn and yields its value [case 27]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<int> order;
    Loop& loop = get_running_loop();
    loop.call_soon([&] {
      order.push_back(1);
      loop.call_soon([&order] { order.push_back(3); });
    });
    const std::string value = co_await sleep(0s, std::string("value"));
    order.push_back(2);
    CHECK(value == "value");
    CHECK(order == std::vector<int>{1, 2});
    const auto before = loop.turns();
    co_await sleep(-5s);
    CHECK(loop.turns() == before + 1);
    CHECK(now() == 0s);
  });
}

TEST_CASE("sleeps add up and pass their value through [case 28]") {
  run_virtual([]() -> Coroutine<> {
    const int first = co_await sleep(50ms, 1);
    CHECK(now() == 50ms);
    const int second = co_await sleep(50ms, 2);
    CHECK(now() == 100ms);
    CHECK(first + second == 3);
  });
}

TEST_CASE("a sleep of no number is a ValueError [case 28]") {
  const std::chrono::duration<double> nan(std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(static_cast<void>(sleep(nan)), ValueError);
}

TEST_CASE("a cancelled sleep leaves no timer behind [case 29]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(sleep(10s));
    co_await turns(1);
    task.cancel();
    co_await turns(1);
    CHECK(task.cancelled());
    // If a timer were left, the clock would stop at it; if none is, only at the deadlock.
  });
  Loop loop(virtual_time());
  auto task = create_task_on(loop, Coroutine<>(sleep(10s)));
  loop.call_later(1s, [&task] { task.cancel(); });
  CHECK_THROWS_AS(loop.run_until_complete(task), CancelledError);
  CHECK_THROWS_AS(loop.run_forever(), RuntimeError);
  CHECK(loop.time() == TimePoint(1s));
}

TEST_CASE("a sleep that is cancelled in the turn in which it is over stays cancelled [case 16]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> sleeper;
    // Before the sleep's own timer, which is on the ready queue already when this one runs.
    get_running_loop().call_at(TimePoint(1s), [&sleeper] { sleeper.cancel("too long"); });
    sleeper = create_task(sleep(1s, 42));
    const std::string error = co_await error_of(sleeper);
    CHECK(error == "cancelled: too long");
    CHECK(sleeper.cancelled());
    CHECK(now() == 1s);
  });
}

TEST_CASE("a sleep can be started as a task and awaited more than once") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(sleep(1s), "sleeper");
    CHECK(task.get_name() == "sleeper");
    const auto nap = sleep(2s);
    co_await nap;
    co_await nap;
    CHECK(now() == 4s);
    CHECK(task.done());
  });
}

TEST_CASE("sleepers wake by deadline, and those with equal deadlines as they fell asleep") {
  run_virtual([]() -> Coroutine<> {
    std::vector<int> order;
    const auto nap = [&order](Duration delay, int number) -> Coroutine<> {
      co_await sleep(delay);
      order.push_back(number);
    };
    for (int i = 0; i < 5; ++i)
      create_task(nap(2s, i));
    create_task(nap(1s, 100));
    create_task(nap(0s, 200));
    create_task(nap(3s, 300));
    co_await sleep(4s);
    CHECK(order == std::vector<int>{200, 100, 0, 1, 2, 3, 4, 300});
  });
}

TEST_CASE("very short sleeps do not make the loop turn over and over [case 162]") {
  run_virtual([]() -> Coroutine<> {
    const auto before = get_running_loop().turns();
    for (double delay = 1e-2; delay > 0.5e-10; delay /= 10)
      co_await sleep(std::chrono::duration<double>(delay));
    CHECK(get_running_loop().turns() - before <= 20);
    CHECK(now() > 11ms);
  });
}

TEST_CASE("the longest sleep there is can be cancelled") {
  run_virtual([]() -> Coroutine<> {
    co_await sleep(1s);
    auto task = create_task(sleep(Duration::max()));
    co_await sleep(1s);
    CHECK_FALSE(task.done());
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(now() == 2s);
  });
}

TEST_CASE("ten thousand sleepers are cancelled in one turn" * doctest::test_suite("heavy")) {
  run_virtual([]() -> Coroutine<> {
    std::vector<Task<>> tasks;
    for (int i = 0; i < 10'000; ++i)
      tasks.push_back(create_task(sleep(std::chrono::milliseconds(1 + i * 7919 % 10'000))));
    co_await turns(1);
    for (auto& task : tasks)
      task.cancel();
    co_await turns(1);
    int cancelled = 0;
    for (const auto& task : tasks)
      cancelled += task.cancelled() ? 1 : 0;
    CHECK(cancelled == 10'000);
    CHECK(now() == 0s);
    CHECK(all_tasks().size() == 1);
  });
}

}  // namespace
}  // namespace rondo::testing
