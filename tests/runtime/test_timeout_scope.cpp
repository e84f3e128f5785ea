#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/task_group.h>
#include <rondo/runtime/timeout.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

class KeyError : public std::runtime_error {
 public:
  KeyError() : std::runtime_error("key") {}
};

/// The body of a stretch that sleeps.
auto sleeping(Duration delay) {
  return [delay](Timeout&) -> Coroutine<> { co_await sleep(delay); };
}

TEST_CASE("the body of a timeout ends with TimeoutError at the deadline [case 95]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(10ms);
    const bool timed_out = co_await throws<TimeoutError>(async_with(limit, sleeping(10s)));
    CHECK(timed_out);
    CHECK(limit.expired());
    CHECK(limit.when() == TimePoint(10ms));
    CHECK(now() == 10ms);
  });
}

TEST_CASE("timeout_at names the moment itself [case 95]") {
  run_virtual([]() -> Coroutine<> {
    co_await sleep(1s);
    const TimePoint deadline = get_running_loop().time() + 10ms;
    Timeout limit = timeout_at(deadline);
    const bool timed_out = co_await throws<TimeoutError>(async_with(limit, sleeping(10s)));
    CHECK(timed_out);
    CHECK(limit.expired());
    CHECK(limit.when() == deadline);
    CHECK(now() == 1010ms);
  });
}

TEST_CASE("a body that ends in time gives its value, and the timeout did not expire [case 96]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(10s);
    const auto body = [](Timeout& inside) -> Coroutine<int> {
      co_await sleep(1s);
      CHECK_FALSE(inside.expired());
      co_return 5;
    };
    const int value = co_await async_with(limit, body);
    CHECK(value == 5);
    CHECK_FALSE(limit.expired());
    CHECK(now() == 1s);
    co_await sleep(1h);
    CHECK_FALSE(limit.expired());
  });
}

TEST_CASE("a timeout without a limit never fires [case 96]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(std::nullopt);
    co_await async_with(limit, sleeping(1h));
    CHECK_FALSE(limit.expired());
    CHECK(limit.when() == std::nullopt);
    co_await async_with(timeout_at(std::nullopt), sleeping(1h));
    CHECK(now() == 2h);
  });
}

TEST_CASE("a limit of zero or less ends the body at its first suspension [case 97]") {
  run_virtual([]() -> Coroutine<> {
    for (const Duration delay : {Duration(0s), Duration(-1s)}) {
      const TimePoint deadline = get_running_loop().time() + delay;
      Timeout limit = timeout(delay);
      bool began = false;
      bool passed = false;
      const auto body = [&](Timeout&) -> Coroutine<> {
        began = true;
        co_await turns(1);
        passed = true;
      };
      const bool timed_out = co_await throws<TimeoutError>(async_with(limit, body));
      CHECK(timed_out);
      CHECK(began);
      CHECK_FALSE(passed);
      CHECK(limit.when() == deadline);
      CHECK(now() == 0s);
    }
  });
}

TEST_CASE("of two timeouts with one deadline only the outer one throws TimeoutError [case 98]") {
  run_virtual([]() -> Coroutine<> {
    const TimePoint deadline = get_running_loop().time() + 100ms;
    Timeout outer = timeout_at(deadline);
    Timeout inner = timeout_at(deadline);
    std::string inner_error;
    const auto body = [&](Timeout&) -> Coroutine<> {
      std::exception_ptr error;
      try {
        co_await async_with(inner, sleeping(10s));
      } catch (...) {
        error = std::current_exception();
      }
      inner_error = describe_exception(error);
      if (error) std::rethrow_exception(error);
    };
    const bool timed_out = co_await throws<TimeoutError>(async_with(outer, body));
    CHECK(timed_out);
    CHECK(inner_error == "cancelled");
    CHECK(outer.expired());
    CHECK(inner.expired());
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("an error of the body passes through a timeout [case 99]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(10ms);
    const auto body = [](Timeout&) -> Coroutine<> {
      co_await turns(1);
      throw KeyError();
    };
    const bool passed = co_await throws<KeyError>(async_with(limit, body));
    CHECK(passed);
    CHECK_FALSE(limit.expired());
    CHECK(std::string(limit.state_name()) == "finished");
  });
}

TEST_CASE("an error of the body's clean-up goes before the timeout [case 100]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(10ms);
    const auto body = [](Timeout&) -> Coroutine<> {
      try {
        co_await sleep(10s);
      } catch (const CancelledError&) {
        throw KeyError();
      }
    };
    const bool passed = co_await throws<KeyError>(async_with(limit, body));
    CHECK(passed);
    CHECK(limit.expired());
    CHECK(current_task().cancelling() == 0);
    co_await sleep(1s);  // nothing of the timeout's cancellation is left
  });
}

TEST_CASE("a cancellation from outside is none of the timeout's business [case 101]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(10s);
    auto task =
        create_task([&limit]() -> Coroutine<> { co_await async_with(limit, sleeping(1h)); });
    co_await sleep(1s);
    task.cancel("enough");
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: enough");
    CHECK(task.cancelled());
    CHECK_FALSE(limit.expired());
    CHECK(now() == 1s);
  });
}

TEST_CASE(
    "a cancellation from outside in the turn of the deadline is not turned into another error "
    "[case 101]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(1s);
    auto task =
        create_task([&limit]() -> Coroutine<> { co_await async_with(limit, sleeping(1h)); });
    get_running_loop().call_later(1s, [task]() mutable { task.cancel(); });
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(limit.expired());
    CHECK(task.cancelling() == 1);
  });
}

TEST_CASE("a task whose timeout is over is not cancelled [case 102]") {
  run_virtual([]() -> Coroutine<> {
    const bool timed_out = co_await throws<TimeoutError>(async_with(timeout(10ms), sleeping(10s)));
    CHECK(timed_out);
    CHECK(current_task().cancelling() == 0);
    co_await sleep(1s);
    CHECK(now() == 1010ms);
  });
}

// The clock of these tests stands still while the processor is busy. What a busy loop makes of two
// deadlines, that it finds both over in one turn, is made by setting both in the past.
TEST_CASE("of two timeouts that are found over in one turn the outer one throws [case 103]") {
  run_virtual([]() -> Coroutine<> {
    co_await sleep(1s);
    std::string inner_error;
    bool went_on = false;
    Timeout inner = timeout_at(TimePoint(1ms));
    const auto body = [&](Timeout& outer) -> Coroutine<> {
      outer.reschedule(TimePoint(2ms));
      std::exception_ptr error;
      try {
        co_await async_with(inner, sleeping(10s));
      } catch (...) {
        error = std::current_exception();
      }
      inner_error = describe_exception(error);
      if (error) std::rethrow_exception(error);
      went_on = true;
    };
    Timeout limit = timeout(1h);
    const bool timed_out = co_await throws<TimeoutError>(async_with(limit, body));
    CHECK(timed_out);
    CHECK(inner_error == "cancelled");
    CHECK_FALSE(went_on);
    CHECK(inner.expired());
    CHECK(limit.expired());
    CHECK(now() == 1s);
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("an inner timeout that fires leaves the outer one its turn [case 104]") {
  run_virtual([]() -> Coroutine<> {
    bool inner_timed_out = false;
    bool went_on = false;
    const auto body = [&](Timeout& outer) -> Coroutine<> {
      inner_timed_out = co_await throws<TimeoutError>(async_with(timeout(1ms), sleeping(10s)));
      // The loop is busy past the outer deadline, which it notices at the next await.
      outer.reschedule(TimePoint(0s));
      co_await turns(1);
      went_on = true;
    };
    const bool timed_out = co_await throws<TimeoutError>(async_with(timeout(10ms), body));
    CHECK(timed_out);
    CHECK(inner_timed_out);
    CHECK_FALSE(went_on);
    CHECK(now() == 1ms);
  });
}

TEST_CASE("the deadline can be moved and lifted from within [case 105]") {
  run_virtual([]() -> Coroutine<> {
    const TimePoint later = get_running_loop().time() + 20s;
    const auto body = [later](Timeout& limit) -> Coroutine<> {
      limit.reschedule(later);
      CHECK(limit.when() == later);
      co_await sleep(10s);
      limit.reschedule(std::nullopt);
      CHECK(limit.when() == std::nullopt);
      co_await sleep(1h);
      limit.reschedule(get_running_loop().time() + 1s);
      co_await sleep(1h);
    };
    const bool timed_out = co_await throws<TimeoutError>(async_with(timeout(10ms), body));
    CHECK(timed_out);
    CHECK(now() == 1h + 11s);
  });
}

TEST_CASE("a timeout that was lifted lets a later cancellation through [case 105]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task([]() -> Coroutine<> {
      co_await async_with(timeout(1s), [](Timeout& limit) -> Coroutine<> {
        limit.reschedule(std::nullopt);
        co_await sleep(1h);
      });
    });
    co_await sleep(10s);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
  });
}

TEST_CASE("a timeout is entered once [case 107]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(1h);
    co_await async_with(limit, sleeping(1s));
    const std::string again = co_await error_of(async_with(limit, sleeping(1s)));
    CHECK(again == "Timeout has already been entered");
    Timeout other = timeout(1h);
    const auto body = [](Timeout& inside) -> Coroutine<> {
      const std::string error = co_await error_of(async_with(inside, sleeping(1s)));
      CHECK(error == "Timeout has already been entered");
    };
    co_await async_with(other, body);
  });
  CHECK_THROWS_WITH_AS(timeout(1s), "no running event loop", RuntimeError);
}

/// A task that was cancelled, has swallowed that, and goes on to `then()`.
template <class Then>
Coroutine<std::string> after_a_swallowed_cancel(Then then) {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
  }
  co_return co_await error_of(then());
}

TEST_CASE("a timeout after a cancellation that was swallowed is a timeout still [case 108]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(after_a_swallowed_cancel(
        []() -> Coroutine<> { co_await async_with(timeout(0s), sleeping(1s)); }));
    co_await turns(1);
    task.cancel();
    const std::string error = co_await task;
    CHECK(error == "timed out");
    CHECK(task.cancelling() == 1);
  });
}

TEST_CASE(
    "a cancellation within a timeout after one that was swallowed is a cancellation [case 108]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(after_a_swallowed_cancel(
        []() -> Coroutine<> { co_await async_with(timeout(1h), sleeping(2h)); }));
    co_await turns(1);
    task.cancel();
    co_await turns(2);
    task.cancel("again");
    const std::string error = co_await task;
    CHECK(error == "cancelled: again");
    CHECK(task.cancelling() == 2);
  });
}

TEST_CASE("a group whose child fails in its clean-up wins over the timeout around it [case 109]") {
  run_virtual([]() -> Coroutine<> {
    const auto crash_soon = []() -> Coroutine<> {
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        throw KeyError();
      }
    };
    const auto body = [&](Timeout&) -> Coroutine<> {
      co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
        group.create_task(crash_soon());
        co_return;
      });
    };
    std::size_t keys = 0;
    try {
      co_await async_with(timeout(10ms), body);
    } catch (const ExceptionGroup& group) {
      keys = group.for_each<KeyError>([](const KeyError&) {});
    }
    CHECK(keys == 1);
    CHECK(current_task().cancelling() == 0);
    co_await sleep(1s);
  });
}

TEST_CASE("a timeout says in a word what it is doing [case 110]") {
  run_virtual([]() -> Coroutine<> {
    Timeout limit = timeout(10ms);
    std::vector<std::string> states{limit.state_name()};
    const auto body = [&](Timeout& inside) -> Coroutine<> {
      states.emplace_back(inside.state_name());
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        states.emplace_back(inside.state_name());
        throw;
      }
    };
    co_await error_of(async_with(limit, body));
    states.emplace_back(limit.state_name());
    Timeout unused = timeout(10s);
    co_await async_with(unused, sleeping(1s));
    states.emplace_back(unused.state_name());
    CHECK(states ==
          std::vector<std::string>{"created", "active", "expiring", "expired", "finished"});
  });
}

}  // namespace
}  // namespace rondo::testing
