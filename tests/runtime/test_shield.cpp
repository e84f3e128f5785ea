#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/gather.h>
#include <rondo/runtime/shield.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("what is shielded gives its result through the shield [case 78]") {
  run_virtual([]() -> Coroutine<> {
    auto inner = Future<int>::create();
    auto outer = shield(inner);
    CHECK_FALSE(outer == inner);
    inner.set_result(42);
    CHECK_FALSE(outer.done());
    co_await turns(1);
    CHECK(outer.done());
    CHECK(outer.result() == 42);
    const int value = co_await outer;
    CHECK(value == 42);
  });
}

TEST_CASE("what is shielded gives its exception through the shield [case 78]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    {
      auto inner = Future<>::create();
      auto outer = shield(inner);
      inner.set_exception(std::runtime_error("expected"));
      const std::string error = co_await error_of(outer);
      CHECK(error == "expected");
    }
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("a cancellation inside the shield comes out of it [case 78]") {
  run_virtual([]() -> Coroutine<> {
    auto inner = Future<>::create();
    auto outer = shield(inner);
    co_await turns(1);
    inner.cancel();
    CHECK_FALSE(outer.done());
    co_await turns(1);
    CHECK(outer.cancelled());
  });
}

TEST_CASE("what is done already needs no shield [case 78]") {
  run_virtual([]() -> Coroutine<> {
    auto inner = Future<int>::create();
    inner.set_result(42);
    auto outer = shield(inner);
    CHECK(outer == inner);
    auto task = create_task(sleep(0s, 7));
    co_await task;
    CHECK(shield(task) == task);
  });
}

TEST_CASE("a result that is on its way to a cancelled shield changes nothing [case 16]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    auto inner = Future<int>::create();
    auto outer = shield(inner);
    inner.set_result(42);  // arrives in the next turn
    CHECK(outer.cancel("enough"));
    co_await turns(2);
    CHECK(outer.cancelled());
    const std::string error = co_await error_of(outer);
    CHECK(error == "cancelled: enough");
    CHECK(inner.result() == 42);
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("the outer future takes over a result, an exception or a cancellation [case 17]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Future<int>> inner;
    std::vector<Future<int>> outer;
    for (int i = 0; i < 3; ++i) {
      inner.push_back(Future<int>::create());
      outer.push_back(shield(inner.back()));
    }
    inner[0].set_result(10);
    inner[1].set_exception(ValueError("no number"));
    inner[2].cancel("not wanted");
    co_await turns(1);
    CHECK(outer[0].result() == 10);
    CHECK_FALSE(outer[0].exception());
    CHECK(outer[1].exception() == inner[1].exception());  // the same object
    CHECK_THROWS_AS(outer[1].result(), ValueError);
    CHECK(outer[2].cancelled());
    const std::string error = co_await error_of(outer[2]);
    CHECK(error == "cancelled: not wanted");
  });
}

TEST_CASE("a coroutine under a shield becomes a task [case 78]") {
  run_virtual([]() -> Coroutine<> {
    const int value = co_await shield(sleep(1s, 5));
    CHECK(value == 5);
    CHECK(now() == 1s);
  });
}

TEST_CASE("when the outer side is cancelled the inner one goes on [case 79]") {
  run_virtual([]() -> Coroutine<> {
    int proof = 0;
    auto waiter = Future<>::create();
    auto inner = create_task([&proof, waiter]() -> Coroutine<> {
      co_await waiter;
      ++proof;
    });
    auto outer = create_task([&proof, inner]() -> Coroutine<> {
      co_await shield(inner);
      proof += 100;
    });
    co_await turns(2);
    outer.cancel();
    co_await turns(1);
    CHECK(outer.cancelled());
    CHECK_FALSE(inner.done());
    waiter.set_result();
    co_await inner;
    CHECK(proof == 1);
  });
}

TEST_CASE("a task that was started by the shield goes on when the wait is cancelled [case 79]") {
  run_virtual([]() -> Coroutine<> {
    int proof = 0;
    const auto work = [&proof]() -> Coroutine<> {
      co_await sleep(1s);
      ++proof;
    };
    const bool timed_out = co_await throws<TimeoutError>(wait_for(shield(work()), 10ms));
    CHECK(timed_out);
    CHECK(proof == 0);
    co_await sleep(2s);
    CHECK(proof == 1);
  });
}

TEST_CASE("a gather under a shield delivers its results in spite of a cancellation [case 80]") {
  run_virtual([]() -> Coroutine<> {
    auto first = Future<int>::create();
    auto second = Future<int>::create();
    auto gathering = gather(first, second);
    auto outer = shield(gathering);
    co_await turns(1);
    CHECK(outer.cancel());
    co_await turns(1);
    CHECK(outer.cancelled());
    first.set_result(1);
    second.set_result(2);
    const auto results = co_await gathering;
    CHECK(results == std::tuple(1, 2));
  });
}

TEST_CASE("a gather of shields that is cancelled cancels the shields alone [case 80]") {
  run_virtual([]() -> Coroutine<> {
    auto first = Future<int>::create();
    auto second = Future<int>::create();
    auto first_shield = shield(first);
    auto second_shield = shield(second);
    auto gathering = gather(first_shield, second_shield);
    co_await turns(1);
    CHECK(gathering.cancel());
    const std::string error = co_await error_of(gathering);
    CHECK(error == "cancelled");
    CHECK(first_shield.cancelled());
    CHECK(second_shield.cancelled());
    CHECK_FALSE(first.done());
    CHECK_FALSE(second.done());
    first.set_result(1);
    second.set_result(2);
    co_await turns(2);
  });
}

TEST_CASE("a cancelled shield leaves nothing behind on what it shielded [case 81]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    auto inner = Future<int>::create();
    std::vector<std::string> log;
    for (int i = 0; i < 100; ++i) {
      auto outer = shield(inner);
      outer.cancel();
    }
    inner.add_done_callback([&log](const AnyFuture&) { log.emplace_back("mine"); });
    inner.set_result(1);
    co_await turns(2);
    CHECK(log == std::vector<std::string>{"mine"});
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("what fails after its shield was cancelled is reported [case 81]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    {
      auto inner = Future<int>::create();
      auto outer = shield(inner);
      outer.cancel();
      co_await turns(1);
      inner.set_exception(std::runtime_error("boom"));
      co_await turns(2);
    }
    CHECK(reports.size() == 1);
    CHECK(reports[0].message == "Future exception was never retrieved");
  });
}

TEST_CASE("a shield whose two sides were dropped is gone [case 81]") {
  run_virtual([]() -> Coroutine<> {
    Counted::alive = 0;
    {
      auto inner = Future<>::create();
      const Counted counted;
      inner.add_done_callback([counted](const AnyFuture&) {});
      auto outer = shield(inner);
      CHECK_FALSE(outer.done());
    }
    CHECK(Counted::alive == 0);
    co_return;
  });
}

TEST_CASE("an inner task and its shield that are cancelled at once are both cancelled") {
  run_virtual([]() -> Coroutine<> {
    auto inner = create_task(sleep(1h));
    auto outer = shield(inner);
    co_await turns(1);
    inner.cancel();
    outer.cancel();
    co_await turns(3);
    CHECK(inner.cancelled());
    CHECK(outer.cancelled());
  });
}

TEST_CASE("a value that cannot be copied comes through a shield") {
  run_virtual([]() -> Coroutine<> {
    const auto work = []() -> Coroutine<std::unique_ptr<int>> {
      co_await sleep(1s);
      co_return std::make_unique<int>(3);
    };
    auto value = co_await shield(work());
    CHECK(*value == 3);
  });
}

}  // namespace
}  // namespace rondo::testing
