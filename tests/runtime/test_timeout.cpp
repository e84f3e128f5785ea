#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondo/runtime/timeout.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

/// `async with` by hand: sleeps for `work` within `timeout`.
Coroutine<> sleep_within(Timeout& timeout, Duration work) {
  timeout.enter();
  bool cancelled = false;
  try {
    co_await sleep(work);
  } catch (const CancelledError&) {
    cancelled = true;
  }
  timeout.exit(cancelled);
  if (cancelled) throw CancelledError();
}

TEST_CASE("a stretch that takes too long ends with TimeoutError [case 95]") {
  run_virtual([]() -> Coroutine<> {
    Timeout timeout(TimePoint(10ms));
    const bool timed_out = co_await throws<TimeoutError>(sleep_within(timeout, 10s));
    CHECK(timed_out);
    CHECK(timeout.expired());
    CHECK(timeout.when() == TimePoint(10ms));
    CHECK(now() == 10ms);
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("a stretch that ends in time, or has no limit, does not expire [case 96]") {
  run_virtual([]() -> Coroutine<> {
    Timeout timeout(TimePoint(10s));
    co_await sleep_within(timeout, 1s);
    CHECK_FALSE(timeout.expired());
    Timeout unlimited(std::nullopt);
    co_await sleep_within(unlimited, 1h);
    CHECK_FALSE(unlimited.expired());
    CHECK(unlimited.when() == std::nullopt);
  });
}

TEST_CASE("a deadline that has passed ends the stretch at its first suspension [case 97]") {
  run_virtual([]() -> Coroutine<> {
    co_await sleep(1s);
    Timeout timeout(TimePoint(0s));
    const bool timed_out = co_await throws<TimeoutError>(sleep_within(timeout, 0s));
    CHECK(timed_out);
    CHECK(timeout.when() == TimePoint(0s));
    CHECK(now() == 1s);
  });
}

TEST_CASE("a cancellation from outside before the deadline stays one [case 101]") {
  run_virtual([]() -> Coroutine<> {
    Timeout timeout(TimePoint(10s));
    auto task = create_task(sleep_within(timeout, 1h));
    co_await sleep(1s);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK_FALSE(timeout.expired());
  });
}

TEST_CASE("the deadline can be moved and lifted [case 105]") {
  run_virtual([]() -> Coroutine<> {
    Timeout timeout(TimePoint(1s));
    auto task = create_task(sleep_within(timeout, 5s));
    co_await turns(1);
    timeout.reschedule(TimePoint(10s));
    CHECK(timeout.when() == TimePoint(10s));
    co_await task;
    CHECK(now() == 5s);

    Timeout lifted(TimePoint(6s));
    auto other = create_task(sleep_within(lifted, 1h));
    co_await turns(1);
    lifted.reschedule(std::nullopt);
    CHECK(lifted.when() == std::nullopt);
    co_await sleep(10s);
    CHECK_FALSE(other.done());
    other.cancel();
    const std::string error = co_await error_of(other);
    CHECK(error == "cancelled");
  });
}

TEST_CASE("the deadline can be moved only within the stretch [case 106]") {
  run_virtual([]() -> Coroutine<> {
    Timeout timeout(std::nullopt);
    CHECK_THROWS_WITH_AS(timeout.reschedule(TimePoint(1s)), "Timeout has not been entered",
                         RuntimeError);
    timeout.enter();
    timeout.exit(false);
    CHECK_THROWS_WITH_AS(timeout.reschedule(TimePoint(1s)),
                         "Cannot change state of finished Timeout", RuntimeError);

    Timeout expiring(TimePoint(1s));
    expiring.enter();
    std::string in_the_middle;
    try {
      co_await sleep(10s);
    } catch (const CancelledError&) {
      try {
        expiring.reschedule(TimePoint(1h));
      } catch (const RuntimeError& error) {
        in_the_middle = error.what();
      }
    }
    CHECK(in_the_middle == "Cannot change state of expiring Timeout");
    CHECK_THROWS_AS(expiring.exit(true), TimeoutError);
    CHECK_THROWS_WITH_AS(expiring.reschedule(TimePoint(1h)),
                         "Cannot change state of expired Timeout", RuntimeError);
  });
}

TEST_CASE("a timeout is entered once, and inside a task [case 107]") {
  run_virtual([]() -> Coroutine<> {
    Timeout timeout(std::nullopt);
    timeout.enter();
    CHECK_THROWS_WITH_AS(timeout.enter(), "Timeout has already been entered", RuntimeError);
    timeout.exit(false);
    CHECK_THROWS_WITH_AS(timeout.enter(), "Timeout has already been entered", RuntimeError);
    std::string in_callback;
    get_running_loop().call_soon([&in_callback] {
      Timeout stray(std::nullopt);
      try {
        stray.enter();
      } catch (const RuntimeError& error) {
        in_callback = error.what();
      }
    });
    co_await turns(1);
    CHECK(in_callback == "Timeout should be used inside a task");
  });
  Timeout nowhere(std::nullopt);
  CHECK_THROWS_WITH_AS(nowhere.enter(), "no running event loop", RuntimeError);
}

TEST_CASE("a timeout that is dropped within its stretch cancels nobody") {
  run_virtual([]() -> Coroutine<> {
    {
      Timeout timeout(TimePoint(1s));
      timeout.enter();
    }
    co_await sleep(5s);
    CHECK(current_task().cancelling() == 0);
  });
}

}  // namespace
}  // namespace rondo::testing
