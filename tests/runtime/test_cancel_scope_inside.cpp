#include <doctest/doctest.h>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/cancel_scope.h>
#include <rondo/runtime/condition.h>
#include <rondo/runtime/exception_group.h>
#include <rondo/runtime/task_group.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

// What groups, conditions and limits do inside a scope that is cancelled.

namespace rondo::testing {

namespace {

TEST_CASE("a scope around a task group cancels its children once and waits for them") {
  run_virtual([]() -> Coroutine<> {
    int child_cancelled = 0;
    CancelScope scope = move_on_after(1s);
    const auto child = [](int& count) -> Coroutine<> {
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        ++count;
      }
      co_await sleep(3s);  // its clean-up takes a while
    };
    co_await async_with(scope, [&](CancelScope&) -> Coroutine<> {
      co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
        group.create_task(child(child_cancelled));
        group.create_task(child(child_cancelled));
        co_await sleep(1h);
      });
    });
    CHECK(child_cancelled == 2);
    CHECK(now() == 4s);
    CHECK(scope.cancelled_caught());
  });
}

TEST_CASE("the errors of a group inside a cancelled scope are not lost") {
  run_virtual([]() -> Coroutine<> {
    const auto child = []() -> Coroutine<> {
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        throw ValueError("clean-up failed");
      }
    };
    bool grouped = false;
    try {
      co_await async_with(move_on_after(1s), [&](CancelScope&) -> Coroutine<> {
        co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
          group.create_task(child());
          co_await sleep(1h);
        });
      });
    } catch (const ExceptionGroup& group) {
      grouped = group.exceptions().size() == 1;
    }
    CHECK(grouped);
  });
}

TEST_CASE("a condition's lock is taken back inside a cancelled scope, without a busy loop") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    bool held_at_the_end = false;
    const auto waiter = [](Condition& shared, bool& held) -> Coroutine<> {
      co_await async_with(move_on_after(1s), [&](CancelScope&) -> Coroutine<> {
        co_await shared.acquire();
        try {
          co_await shared.wait();
        } catch (const CancelledError&) {
          held = shared.locked();
          shared.release();
          throw;
        }
      });
    };
    auto task = create_task(waiter(condition, held_at_the_end));
    co_await sleep(500ms);
    co_await condition.acquire();
    co_await sleep(1s);
    const auto turns_before = get_running_loop().turns();
    co_await sleep(10s);
    CHECK(get_running_loop().turns() - turns_before < 5);
    condition.release();
    co_await task;
    CHECK(held_at_the_end);
    CHECK_FALSE(condition.locked());
  });
}

TEST_CASE("a wait_for inside a cancelled scope ends with the scope, not with TimeoutError") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope = move_on_after(1s);
    bool timed_out = false;
    co_await async_with(scope, [&timed_out](CancelScope&) -> Coroutine<> {
      try {
        co_await wait_for(sleep(1h), 10s);
      } catch (const TimeoutError&) {
        timed_out = true;
      }
    });
    CHECK_FALSE(timed_out);
    CHECK(scope.cancelled_caught());
  });
}

TEST_CASE(
    "a timeout that expires together with the scope around it leaves the error to the scope") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope = move_on_after(1s);
    co_await async_with(scope, [](CancelScope&) -> Coroutine<> {
      co_await async_with(timeout(1s), [](Timeout&) -> Coroutine<> { co_await sleep(1h); });
    });
    CHECK(scope.cancelled_caught());
    CHECK(current_task().cancelling() == 0);
    CHECK(now() == 1s);
  });
}

TEST_CASE("a timeout inside a shield is not concerned with the scope around it") {
  run_virtual([]() -> Coroutine<> {
    bool timed_out = false;
    co_await async_with(move_on_after(1s), [&timed_out](CancelScope&) -> Coroutine<> {
      const detail::ShieldFromScopes shield;
      try {
        co_await async_with(timeout(2s), [](Timeout&) -> Coroutine<> { co_await sleep(1h); });
      } catch (const TimeoutError&) {
        timed_out = true;
      }
    });
    CHECK(timed_out);
    CHECK(now() == 2s);
  });
}

}  // namespace

}  // namespace rondo::testing
