#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/gather.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("cancelling a gather cancels all its children [case 73]") {
  run_virtual([]() -> Coroutine<> {
    auto a = Future<int>::create();
    auto b = Future<int>::create();
    auto done = Future<int>::create();
    done.set_result(3);
    auto gathering = gather(a, b, done);
    co_await turns(2);
    CHECK(gathering.cancel("all of you"));
    CHECK(a.cancelled());
    CHECK(b.cancelled());
    CHECK_FALSE(gathering.done());
    CHECK_FALSE(gathering.cancel());
    const std::string error = co_await error_of(gathering);
    CHECK(error == "cancelled: all of you");
    CHECK_FALSE(gathering.cancel());
  });
}

TEST_CASE("cancelling the task that awaits a gather cancels its children [case 73]") {
  run_virtual([]() -> Coroutine<> {
    auto waiter = Future<>::create();
    const auto child = [](Future<> future) -> Coroutine<> { co_await future; };
    auto first = create_task(child(waiter));
    auto second = create_task(sleep(10s));
    auto outer = create_task([first, second]() -> Coroutine<> { co_await gather(first, second); });
    co_await turns(2);
    CHECK(outer.cancel());
    const std::string error = co_await error_of(outer);
    CHECK(error == "cancelled");
    CHECK(outer.cancelled());
    CHECK(first.cancelled());
    CHECK(second.cancelled());
    CHECK(waiter.cancelled());
    CHECK_FALSE(outer.cancel());
    CHECK(now() == 0s);
  });
}

TEST_CASE("a gather whose children are all done refuses to be cancelled [case 74]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    const auto child = [](Future<int> inner) -> Coroutine<int> {
      const int value = co_await inner;
      co_return value;
    };
    auto gathering = gather(child(future));
    co_await turns(1);
    std::optional<bool> cancel_result;
    future.add_done_callback([&](const AnyFuture&) { cancel_result = gathering.cancel(); });
    future.set_result(42);
    const auto result = co_await gathering;
    CHECK(cancel_result == false);
    CHECK_FALSE(gathering.cancelled());
    CHECK(result == std::tuple(42));
  });
}

TEST_CASE("return_exceptions does not swallow the cancellation of its task [case 75]") {
  run_virtual([]() -> Coroutine<> {
    int rounds = 0;
    auto task = create_task([&rounds]() -> Coroutine<> {
      for (;;) {
        ++rounds;
        co_await gather(return_exceptions, sleep(50ms));
      }
    });
    co_await sleep(120ms);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(rounds == 3);
    CHECK(now() == 120ms);
  });
}

TEST_CASE("a child that swallows the cancellation is awaited, and gather ends cancelled") {
  run_virtual([]() -> Coroutine<> {
    auto stubborn = create_task([]() -> Coroutine<int> {
      try {
        co_await sleep(10s);
      } catch (const CancelledError&) {
      }
      co_await sleep(1s);
      co_return 1;
    });
    auto gathering = gather(return_exceptions, stubborn);
    co_await turns(1);
    CHECK(gathering.cancel());
    co_await turns(3);
    CHECK_FALSE(gathering.done());
    const std::string error = co_await error_of(gathering);
    CHECK(error == "cancelled");
    CHECK(now() == 1s);
    CHECK(stubborn.result() == 1);
  });
}

TEST_CASE("children that have not started never run when their gather is cancelled") {
  run_virtual([]() -> Coroutine<> {
    bool ran = false;
    const auto child = [&ran]() -> Coroutine<> {
      ran = true;
      co_return;
    };
    auto gathering = gather(child(), child());
    gathering.cancel();
    const std::string error = co_await error_of(gathering);
    CHECK(error == "cancelled");
    CHECK_FALSE(ran);
  });
}

TEST_CASE("a nested gather is cancelled down to the leaves") {
  run_virtual([]() -> Coroutine<> {
    auto leaf = create_task(sleep(10s));
    auto other = create_task(sleep(10s));
    auto outer = create_task([leaf, other]() -> Coroutine<> {
      co_await gather(gather(leaf), gather(other, sleep(1h)));
    });
    co_await turns(2);
    outer.cancel();
    const std::string error = co_await error_of(outer);
    CHECK(error == "cancelled");
    CHECK(leaf.cancelled());
    CHECK(other.cancelled());
    CHECK(all_tasks().size() == 1);
  });
}

}  // namespace
}  // namespace rondo::testing
