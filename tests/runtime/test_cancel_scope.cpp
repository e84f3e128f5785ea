#include <doctest/doctest.h>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/cancel_scope.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/lock.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

namespace rondo::testing {

namespace {

/// Sleeps until it is cancelled, and does not mind, so many times.
Coroutine<int> stubborn(int times) {
  int cancelled = 0;
  while (cancelled < times) {
    try {
      co_await sleep(1h);
    } catch (const CancelledError&) {
      ++cancelled;
    }
  }
  co_return cancelled;
}

}  // namespace

TEST_CASE("move_on_after ends its body at the deadline and the task goes on") {
  run_virtual([]() -> Coroutine<> {
    bool reached = false;
    CancelScope scope = move_on_after(1s);
    co_await async_with(scope, [&reached](CancelScope&) -> Coroutine<> {
      co_await sleep(1h);
      reached = true;
    });
    CHECK_FALSE(reached);
    CHECK(scope.cancel_called());
    CHECK(scope.cancelled_caught());
    CHECK(now() == 1s);
    CHECK(current_task().cancelling() == 0);
    co_await sleep(1s);
    CHECK(now() == 2s);
  });
}

TEST_CASE("a body that ends in time leaves no timer and nothing cancelled") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope = move_on_after(1h);
    co_await async_with(scope, [](CancelScope&) -> Coroutine<> { co_await sleep(1s); });
    CHECK_FALSE(scope.cancel_called());
    CHECK_FALSE(scope.cancelled_caught());
    co_await sleep(2h);
    CHECK_FALSE(scope.cancel_called());
  });
}

TEST_CASE("a deadline that is past ends the body at its first suspension") {
  run_virtual([]() -> Coroutine<> {
    int steps = 0;
    CancelScope scope = move_on_after(-1s);
    co_await async_with(scope, [&steps](CancelScope&) -> Coroutine<> {
      ++steps;
      co_await sleep(0s);
      ++steps;
    });
    CHECK(steps == 1);
    CHECK(scope.cancelled_caught());
    CHECK(now() == 0s);
  });
}

TEST_CASE("fail_after throws TimeoutError when its time ended the body, and only then") {
  run_virtual([]() -> Coroutine<> {
    const auto with_limit = [](Duration limit) -> Coroutine<> {
      co_await async_with(fail_after(limit),
                          [](CancelScope&) -> Coroutine<> { co_await sleep(2s); });
    };
    CHECK(co_await error_of(with_limit(1s)) == "timed out");
    CHECK(now() == 1s);
    CHECK((co_await error_of(with_limit(3s))).empty());

    CancelScope by_hand = fail_after(1h);
    co_await async_with(by_hand, [](CancelScope& scope) -> Coroutine<> {
      scope.cancel();
      co_await sleep(1s);
    });
    CHECK(by_hand.cancelled_caught());
  });
}

TEST_CASE("a cancelled scope throws at every await that would suspend, until it is left") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope = move_on_after(1s);
    int cancelled = 0;
    co_await async_with(
        scope, [&cancelled](CancelScope&) -> Coroutine<> { cancelled = co_await stubborn(5); });
    CHECK(cancelled == 5);
    CHECK(now() == 1s);
    CHECK_FALSE(scope.cancelled_caught());  // the body came to its end in spite of it
    CHECK(scope.cancel_called());
  });
}

TEST_CASE("a cancelled scope lets awaits pass that need not suspend") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope;
    int value = 0;
    co_await async_with(scope, [&value](CancelScope& inside) -> Coroutine<> {
      inside.cancel();
      auto done = Future<int>::create();
      done.set_result(7);
      value = co_await done;
      Lock lock;
      co_await lock.acquire();
    });
    CHECK(value == 7);
    CHECK_FALSE(scope.cancelled_caught());
  });
}

TEST_CASE("a scope that another task cancels wakes the task that waits in it") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope;
    const auto other = [](CancelScope& victim) -> Coroutine<> {
      co_await sleep(1s);
      victim.cancel();
    };
    auto canceller = create_task(other(scope));
    co_await async_with(scope, [](CancelScope&) -> Coroutine<> { co_await sleep(1h); });
    CHECK(now() == 1s);
    CHECK(scope.cancelled_caught());
    co_await canceller;
  });
}

TEST_CASE("a scope that was cancelled before it is entered ends its body at once") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope;
    scope.cancel();
    co_await async_with(scope, [](CancelScope&) -> Coroutine<> { co_await sleep(1h); });
    CHECK(scope.cancelled_caught());
    CHECK(now() == 0s);
  });
}

TEST_CASE("the outer of two cancelled scopes takes the error") {
  run_virtual([]() -> Coroutine<> {
    CancelScope outer;
    CancelScope inner;
    bool between = false;
    co_await async_with(outer, [&](CancelScope&) -> Coroutine<> {
      co_await async_with(inner, [&](CancelScope&) -> Coroutine<> {
        inner.cancel();
        outer.cancel();
        co_await sleep(1h);
      });
      between = true;
    });
    CHECK_FALSE(between);
    CHECK_FALSE(inner.cancelled_caught());
    CHECK(outer.cancelled_caught());
  });
}

TEST_CASE("the inner of two scopes ends alone when it alone is cancelled") {
  run_virtual([]() -> Coroutine<> {
    CancelScope outer = move_on_after(10s);
    bool between = false;
    co_await async_with(outer, [&](CancelScope&) -> Coroutine<> {
      co_await async_with(move_on_after(1s),
                          [](CancelScope&) -> Coroutine<> { co_await sleep(1h); });
      CHECK(now() == 1s);
      between = true;
      co_await sleep(1h);
    });
    CHECK(between);
    CHECK(now() == 10s);
    CHECK(outer.cancelled_caught());
  });
}

TEST_CASE("a shielded scope keeps the scope around it out, until it is left") {
  run_virtual([]() -> Coroutine<> {
    CancelScope outer = move_on_after(1s);
    bool cleaned_up = false;
    co_await async_with(outer, [&cleaned_up](CancelScope&) -> Coroutine<> {
      CancelScope shielded;
      shielded.set_shield(true);
      co_await async_with(shielded, [&cleaned_up](CancelScope&) -> Coroutine<> {
        co_await sleep(5s);
        cleaned_up = true;
      });
      co_await sleep(1h);
    });
    CHECK(cleaned_up);
    CHECK(now() == 5s);
    CHECK(outer.cancelled_caught());
  });
}

TEST_CASE("a shield has a deadline of its own, and can be taken away") {
  run_virtual([]() -> Coroutine<> {
    CancelScope outer = move_on_after(1s);
    co_await async_with(outer, [](CancelScope&) -> Coroutine<> {
      CancelScope shielded = move_on_after(3s);
      shielded.set_shield(true);
      co_await async_with(shielded, [](CancelScope&) -> Coroutine<> { co_await sleep(1h); });
      CHECK(now() == 3s);
      CHECK(shielded.cancelled_caught());

      CancelScope lowered;
      lowered.set_shield(true);
      get_running_loop().call_later(1s, [&lowered] { lowered.set_shield(false); });
      co_await async_with(lowered, [](CancelScope&) -> Coroutine<> { co_await sleep(1h); });
      FAIL_CHECK("the scope around it is cancelled");
    });
    CHECK(now() == 4s);
  });
}

TEST_CASE("a cancel of the task itself passes every scope, shields included") {
  run_virtual([]() -> Coroutine<> {
    const auto body = []() -> Coroutine<> {
      CancelScope scope = move_on_after(1h);
      scope.set_shield(true);
      co_await async_with(scope, [](CancelScope&) -> Coroutine<> { co_await sleep(1h); });
    };
    auto task = create_task(body());
    co_await sleep(1s);
    task.cancel("enough");
    CHECK(co_await error_of(task) == "cancelled: enough");
    CHECK(task.cancelled());
    CHECK(now() == 1s);
  });
}

TEST_CASE("a cancel of the task is not swallowed by a scope that is cancelled too") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope;
    const auto body = [](CancelScope& around) -> Coroutine<> {
      co_await async_with(around, [](CancelScope&) -> Coroutine<> { co_await sleep(1h); });
    };
    auto task = create_task(body(scope));
    co_await sleep(1s);
    SUBCASE("the scope first") {
      scope.cancel();
      task.cancel();
    }
    SUBCASE("the task first") {
      task.cancel();
      scope.cancel();
    }
    co_await wait_for(gather(return_exceptions, task), 1s);
    CHECK(task.cancelled());
    CHECK_FALSE(scope.cancelled_caught());
  });
}

TEST_CASE("another error passes a cancelled scope") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope;
    const auto run = [](CancelScope& around) -> Coroutine<> {
      co_await async_with(around, [](CancelScope& inside) -> Coroutine<> {
        inside.cancel();
        try {
          co_await sleep(1h);
        } catch (const CancelledError&) {
          throw ValueError("in the clean-up");
        }
      });
    };
    CHECK(co_await error_of(run(scope)) == "in the clean-up");
    CHECK_FALSE(scope.cancelled_caught());
  });
}

TEST_CASE("the deadline of a scope can be moved and lifted") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope = move_on_after(1s);
    co_await async_with(scope, [](CancelScope& inside) -> Coroutine<> {
      inside.set_deadline(TimePoint(5s));
      co_await sleep(2s);
      inside.set_deadline(std::nullopt);
      co_await sleep(10s);
      inside.set_deadline(TimePoint(13s));
      co_await sleep(1h);
    });
    CHECK(now() == 13s);
    CHECK(scope.cancelled_caught());
  });
}

TEST_CASE("misuse of a scope is a RuntimeError") {
  run_virtual([]() -> Coroutine<> {
    CancelScope scope;
    CHECK_THROWS_AS(scope.exit(false), RuntimeError);
    scope.enter();
    CHECK_THROWS_AS(scope.enter(), RuntimeError);
    CHECK_THROWS_AS(CancelScope(std::move(scope)), RuntimeError);
    CancelScope inner;
    inner.enter();
    CHECK_THROWS_AS(scope.exit(false), RuntimeError);
    inner.exit(false);
    scope.exit(false);
    CHECK_THROWS_AS(scope.enter(), RuntimeError);

    std::string outside_of_a_task;
    auto asked = Future<void>::create();
    get_running_loop().call_soon([&outside_of_a_task, asked] {
      try {
        CancelScope().enter();
      } catch (const RuntimeError& error) {
        outside_of_a_task = error.what();
      }
      asked.set_result();
    });
    co_await asked;
    CHECK(outside_of_a_task == "CancelScope should be used inside a task");
  });
}

}  // namespace rondo::testing
