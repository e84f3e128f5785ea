#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/loop.h>

#include "environment.h"
#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("a loop closes once and then runs nothing [case 154]") {
  Loop loop(virtual_time());
  CHECK_FALSE(loop.is_closed());
  CHECK_FALSE(loop.is_running());
  loop.close();
  CHECK(loop.is_closed());
  CHECK_NOTHROW(loop.close());
  CHECK_THROWS_WITH_AS(loop.run_forever(), "the event loop is closed", RuntimeError);
  CHECK_THROWS_WITH_AS(loop.run_until_complete(sleep(1s)), "the event loop is closed",
                       RuntimeError);
}

TEST_CASE("a running loop cannot run, close or let another one run [case 154]") {
  Loop loop(virtual_time());
  Loop other(virtual_time());
  int checks = 0;
  loop.call_soon([&] {
    CHECK(loop.is_running());
    CHECK(&get_running_loop() == &loop);
    CHECK(running_loop_or_null() == &loop);
    CHECK_THROWS_WITH_AS(loop.run_forever(), "this event loop is already running", RuntimeError);
    CHECK_THROWS_AS(other.run_forever(), RuntimeError);
    CHECK_THROWS_WITH_AS(loop.close(), "cannot close a running event loop", RuntimeError);
    CHECK_FALSE(other.is_running());
    ++checks;
    loop.stop();
  });
  loop.run_forever();
  CHECK(checks == 1);
  CHECK_FALSE(loop.is_running());
  CHECK(running_loop_or_null() == nullptr);
  CHECK_THROWS_WITH_AS(get_running_loop(), "no running event loop", RuntimeError);
}

Coroutine<> set_flag(bool& flag) {
  flag = true;
  co_return;
}

TEST_CASE("a coroutine given to a loop that cannot run is never started [case 154]") {
  Loop loop(virtual_time());
  bool started = false;
  loop.call_soon([&] {
    CHECK_THROWS_AS(loop.run_until_complete(set_flag(started)), RuntimeError);
    CHECK(all_tasks(loop).empty());
  });
  loop.call_soon([&] { loop.call_soon([&] { loop.stop(); }); });
  loop.run_forever();
  CHECK_FALSE(started);
  CHECK(detail::live_frames == 0);
}

TEST_CASE("stop beforehand makes the next run one turn [case 157]") {
  Loop loop(virtual_time());
  std::vector<int> ran;
  loop.call_soon([&] {
    ran.push_back(1);
    loop.call_soon([&ran] { ran.push_back(2); });
  });
  loop.stop();
  loop.run_forever();
  CHECK(ran == std::vector<int>{1});
  CHECK(loop.turns() == 1);
  loop.stop();
  loop.run_forever();
  CHECK(ran == std::vector<int>{1, 2});
  CHECK(loop.turns() == 2);
}

TEST_CASE("stop ends the run after the present turn") {
  Loop loop(virtual_time());
  int ran = 0;
  loop.call_soon([&] { loop.stop(); });
  loop.call_soon([&] {
    ++ran;
    loop.call_soon([&ran] { ran += 100; });
  });
  loop.run_forever();
  CHECK(ran == 1);
}

TEST_CASE("run_until_complete returns the result or throws the exception") {
  Loop loop(virtual_time());
  const auto value = [](int number) -> Coroutine<int> {
    co_await sleep(1s);
    if (number < 0) throw std::runtime_error("negative");
    co_return number;
  };
  CHECK(loop.run_until_complete(value(5)) == 5);
  CHECK_THROWS_WITH_AS(loop.run_until_complete(value(-5)), "negative", std::runtime_error);
  auto future = Future<std::string>::create_on(loop);
  loop.call_later(1s, [&future] { future.set_result("from a future"); });
  CHECK(loop.run_until_complete(future) == "from a future");
  CHECK(loop.run_until_complete(future) == "from a future");
  const auto unique = []() -> Coroutine<std::unique_ptr<int>> {
    co_return std::make_unique<int>(6);
  };
  CHECK(*loop.run_until_complete(unique()) == 6);
  CHECK(loop.time() == TimePoint(3s));
}

TEST_CASE("a loop stopped before its future is done says so, and can go on [case 30]") {
  Loop loop(virtual_time());
  auto task = create_task_on(loop, sleep(10s, 42));
  auto stopper = loop.call_later(1s, [&loop] { loop.stop(); });
  CHECK_THROWS_WITH_AS(loop.run_until_complete(task), "Event loop stopped before Future completed.",
                       RuntimeError);
  CHECK_FALSE(task.done());
  CHECK(loop.run_until_complete(task) == 42);
  CHECK(loop.time() == TimePoint(10s));
}

TEST_CASE("a future of another loop cannot be run") {
  Loop loop(virtual_time());
  Loop other(virtual_time());
  const auto foreign = Future<int>::create_on(other);
  CHECK_THROWS_WITH_AS(loop.run_until_complete(foreign), "the future belongs to a different loop",
                       RuntimeError);
}

TEST_CASE("the environment chooses the clock and the driver, and other words are refused") {
  const rondo::test::Environment driver("RONDO_DRIVER", "");
  {
    const rondo::test::Environment clock("RONDO_CLOCK", "virtual");
    CHECK(LoopOptions().clock == ClockKind::virtual_time);
  }
  {
    const rondo::test::Environment clock("RONDO_CLOCK", "real");
    CHECK(LoopOptions().clock == ClockKind::real);
    const rondo::test::Environment unknown("RONDO_DRIVER", "carrier-pigeon");
    CHECK_THROWS_AS(LoopOptions(), ValueError);
    for (const char* known : {"uring", "epoll", "sim"}) {
      const rondo::test::Environment name("RONDO_DRIVER", known);
      CHECK(LoopOptions().make_driver);
    }
  }
  const rondo::test::Environment clock("RONDO_CLOCK", "sundial");
  CHECK_THROWS_AS(LoopOptions(), ValueError);
}

TEST_CASE("a loop on the real clock runs what is ready without waiting") {
  LoopOptions options;
  options.clock = ClockKind::real;
  Loop loop(options);
  const TimePoint before = loop.time();
  int ran = 0;
  loop.call_later(0s, [&ran] { ++ran; });
  loop.call_later(1us, [&] {
    ++ran;
    loop.stop();
  });
  auto never = loop.call_later(std::chrono::hours(1), [&ran] { ran += 100; });
  loop.run_forever();
  never.cancel();
  CHECK(ran == 2);
  CHECK(loop.time() >= before + 1us);
}

}  // namespace
}  // namespace rondo::testing
