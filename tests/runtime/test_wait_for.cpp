#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/shield.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

/// Sleeps for an hour; takes `grace` to end when it is cancelled.
Coroutine<> slow_to_end(Log& log, Duration grace) {
  std::exception_ptr cancelled;
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
    cancelled = std::current_exception();
  }
  co_await sleep(grace);
  log.push_back("cleaned up");
  std::rethrow_exception(cancelled);
}

TEST_CASE("a future that is done yields its value though no time is left [case 82]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<std::string>::create();
    future.set_result("done");
    const std::string value = co_await wait_for(future, 0s);
    CHECK(value == "done");
    const std::string negative = co_await wait_for(future, -1s);
    CHECK(negative == "done");
  });
}

TEST_CASE("a coroutine that has no time is never started [case 83]") {
  run_virtual([]() -> Coroutine<> {
    bool started = false;
    const auto body = [&started](Counted) -> Coroutine<int> {
      started = true;
      co_return 1;
    };
    const std::string zero = co_await error_of(wait_for(body(Counted()), 0s));
    const std::string negative = co_await error_of(wait_for(body(Counted()), -1s));
    CHECK(zero == "timed out");
    CHECK(negative == "timed out");
    CHECK_FALSE(started);
    CHECK(Counted::alive == 0);
  });
}

TEST_CASE("a running task that has no time is ended before TimeoutError comes [case 84]") {
  run_virtual([]() -> Coroutine<> {
    for (const Duration limit : {Duration(0s), Duration(-1s)}) {
      Log log;
      auto task = create_task(slow_to_end(log, 0s));
      co_await turns(1);
      const bool timed_out = co_await throws<TimeoutError>(wait_for(task, limit));
      CHECK(timed_out);
      CHECK(task.cancelled());
      CHECK(log == Log{"cleaned up"});
    }
  });
}

TEST_CASE("a long task is cancelled at the limit, and its clean-up has run [case 85]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto task = create_task(slow_to_end(log, 0s));
    const bool timed_out = co_await throws<TimeoutError>(wait_for(task, 100ms));
    CHECK(timed_out);
    CHECK(now() == 100ms);
    CHECK(task.done());
    CHECK(task.cancelled());
    CHECK(log == Log{"cleaned up"});
    CHECK(current_task().cancelling() == 0);
    co_await sleep(1s);  // the task that waited is not cancelled
  });
}

TEST_CASE("without a limit wait_for is a plain await [case 86]") {
  run_virtual([]() -> Coroutine<> {
    const int value = co_await wait_for(after(24h, 5), std::nullopt);
    CHECK(value == 5);
    auto future = Future<int>::create();
    future.set_result(6);
    const int from_future = co_await wait_for(future, std::nullopt);
    CHECK(from_future == 6);
  });
}

TEST_CASE("what comes in time is passed on, and no timer is left") {
  Loop loop(virtual_time());
  CHECK(loop.run_until_complete(wait_for(after(1s, 7), 2s)) == 7);
  const auto failing = []() -> Coroutine<> {
    co_await sleep(1s);
    throw std::runtime_error("boom");
  };
  CHECK_THROWS_WITH_AS(loop.run_until_complete(wait_for(failing(), 2s)), "boom",
                       std::runtime_error);
  loop.run_until_complete(wait_for(sleep(1s), 2s));
  const auto unique = []() -> Coroutine<std::unique_ptr<int>> {
    co_await sleep(1s);
    co_return std::make_unique<int>(8);
  };
  CHECK(*loop.run_until_complete(wait_for(unique(), 2s)) == 8);
  CHECK(loop.time() == TimePoint(4s));
  CHECK_THROWS_AS(loop.run_forever(), RuntimeError);  // the deadlock, at once
  CHECK(loop.time() == TimePoint(4s));
}

TEST_CASE("a result that comes in the turn in which the wait begins wins [case 87]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<std::string>::create();
    get_running_loop().call_soon([&future] { future.set_result("in time"); });
    const std::string value = co_await wait_for(future, 1ns);
    CHECK(value == "in time");
  });
}

TEST_CASE("what is returned in spite of the cancellation wins over the timeout [case 88]") {
  run_virtual([]() -> Coroutine<> {
    const auto stubborn = []() -> Coroutine<int> {
      int result = 1;
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        result = 42;
      }
      co_return result;
    };
    const int value = co_await wait_for(stubborn(), 1s);
    CHECK(value == 42);
    auto task = create_task(stubborn());
    const int from_task = co_await wait_for(task, 1s);
    CHECK(from_task == 42);
    CHECK(current_task().cancelling() == 0);
    auto running = create_task(stubborn());
    co_await turns(1);
    const int without_time = co_await wait_for(running, 0s);
    CHECK(without_time == 42);
  });
}

TEST_CASE("wait_for waits while the cancellation is being dealt with [case 89]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const bool timed_out = co_await throws<TimeoutError>(wait_for(slow_to_end(log, 3s), 1s));
    CHECK(timed_out);
    CHECK(log == Log{"cleaned up"});
    CHECK(now() == 4s);
  });
}

TEST_CASE("an error during the cancellation wins over the timeout [case 90]") {
  run_virtual([]() -> Coroutine<> {
    const auto failing = []() -> Coroutine<> {
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        throw std::runtime_error("foo");
      }
    };
    const std::string inline_error = co_await error_of(wait_for(failing(), 1s));
    CHECK(inline_error == "foo");
    auto task = create_task(failing());
    const std::string error = co_await error_of(wait_for(task, 1s));
    CHECK(error == "foo");
    auto running = create_task(failing());
    co_await turns(1);
    const std::string without_time = co_await error_of(wait_for(running, 0s));
    CHECK(without_time == "foo");
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("cancelling the task that waits cancels what it waits for [case 91]") {
  run_virtual([]() -> Coroutine<> {
    auto inner = create_task(sleep(1h));
    auto limited = create_task(wait_for(inner, 60s));
    co_await turns(1);
    limited.cancel("outside");
    const std::string error = co_await error_of(limited);
    CHECK(error == "cancelled: outside");
    CHECK(inner.cancelled());

    auto other = create_task(sleep(1h));
    auto unlimited = create_task(wait_for(other, std::nullopt));
    co_await turns(1);
    unlimited.cancel();
    const std::string other_error = co_await error_of(unlimited);
    CHECK(other_error == "cancelled");
    CHECK(other.cancelled());
    CHECK(now() == 0s);
  });
}

TEST_CASE("a cancellation in the turn in which the result comes is not lost [case 92]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    auto inner = create_task([future]() -> Coroutine<int> {
      const int value = co_await future;
      co_return value;
    });
    auto outer = create_task(wait_for(inner, 60s));
    co_await turns(1);
    future.set_result(7);
    get_running_loop().call_soon([&outer, &inner] {
      CHECK(inner.done());
      CHECK_FALSE(outer.done());
      outer.cancel();
    });
    const std::string error = co_await error_of(outer);
    CHECK(error == "cancelled");
    CHECK(outer.cancelled());
    CHECK(inner.result() == 7);
  });
}

TEST_CASE("a cancelled wait_for returns only when what it waited for has ended [case 93]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto inner = create_task(slow_to_end(log, 200ms));
    auto outer = create_task(wait_for(inner, 60s));
    co_await turns(1);
    outer.cancel();
    co_await sleep(100ms);
    CHECK_FALSE(outer.done());
    const std::string error = co_await error_of(outer);
    CHECK(error == "cancelled");
    CHECK(now() == 200ms);
    CHECK(log == Log{"cleaned up"});
  });
}

TEST_CASE("a limit around a shield ends the wait, and the task goes on [case 94]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(after(200ms, 7));
    const std::string error = co_await error_of(wait_for(shield(task), 10ms));
    CHECK(error == "timed out");
    CHECK(now() == 10ms);
    CHECK_FALSE(task.done());
    const int value = co_await task;
    CHECK(value == 7);
    CHECK_FALSE(task.cancelled());
    CHECK(now() == 200ms);
  });
}

TEST_CASE("a cancellation from outside in the turn of the timeout is not lost") {
  run_virtual([]() -> Coroutine<> {
    Task<> outer;
    outer = create_task(wait_for(sleep(1h), 1s));
    co_await turns(1);
    get_running_loop().call_at(TimePoint(1s), [&outer] { outer.cancel(); });
    const std::string error = co_await error_of(outer);
    CHECK(error == "cancelled");
    CHECK(outer.cancelled());
  });
}

TEST_CASE("limits nest, and the shorter one decides") {
  run_virtual([]() -> Coroutine<> {
    const std::string inner = co_await error_of(wait_for(wait_for(sleep(1h), 1s), 5s));
    CHECK(inner == "timed out");
    CHECK(now() == 1s);
    const std::string outer = co_await error_of(wait_for(wait_for(sleep(1h), 5s), 1s));
    CHECK(outer == "timed out");
    CHECK(now() == 2s);
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("a limit that is not a number is a ValueError") {
  const std::chrono::duration<double> nan(std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(static_cast<void>(wait_for(after(1s, 1), nan)), ValueError);
}

}  // namespace
}  // namespace rondo::testing
