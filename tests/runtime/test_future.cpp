#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/future.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("a new future is neither done nor cancelled and has no result yet [case 1]") {
  Loop loop(virtual_time());
  const auto future = Future<int>::create_on(loop);
  CHECK_FALSE(future.done());
  CHECK_FALSE(future.cancelled());
  CHECK(&future.get_loop() == &loop);
  CHECK_THROWS_AS(future.result(), InvalidStateError);
  CHECK_THROWS_AS(future.exception(), InvalidStateError);
}

TEST_CASE("a future takes one result and then nothing else [case 2]") {
  Loop loop(virtual_time());
  auto future = Future<int>::create_on(loop);
  future.set_result(42);
  CHECK(future.done());
  CHECK_FALSE(future.cancelled());
  CHECK(future.result() == 42);
  CHECK(future.exception() == nullptr);
  CHECK_THROWS_AS(future.set_result(43), InvalidStateError);
  CHECK_THROWS_AS(future.set_exception(std::runtime_error("late")), InvalidStateError);
  CHECK_FALSE(future.cancel());
  CHECK(future.result() == 42);
  CHECK_FALSE(future.cancelled());
}

TEST_CASE("a future takes one exception and then nothing else [case 3]") {
  Loop loop(virtual_time());
  auto future = Future<int>::create_on(loop);
  const auto error = std::make_exception_ptr(std::runtime_error("boom"));
  future.set_exception(error);
  CHECK(future.done());
  CHECK_FALSE(future.cancelled());
  CHECK(future.exception() == error);
  CHECK_THROWS_WITH_AS(future.result(), "boom", std::runtime_error);
  CHECK_THROWS_AS(future.set_result(1), InvalidStateError);
  CHECK_THROWS_AS(future.set_exception(error), InvalidStateError);
  CHECK_FALSE(future.cancel());
}

TEST_CASE("no exception at all is not an exception") {
  Loop loop(virtual_time());
  const auto future = Future<int>::create_on(loop);
  CHECK_THROWS_AS(future.set_exception(std::exception_ptr()), ValueError);
  CHECK_FALSE(future.done());
}

TEST_CASE("a cancelled future is done and raises CancelledError [case 4]") {
  Loop loop(virtual_time());
  auto future = Future<int>::create_on(loop);
  CHECK(future.cancel());
  CHECK(future.done());
  CHECK(future.cancelled());
  CHECK_THROWS_AS(future.result(), CancelledError);
  CHECK_THROWS_AS(future.exception(), CancelledError);
  CHECK_THROWS_AS(future.set_result(1), InvalidStateError);
  CHECK_THROWS_AS(future.set_exception(std::runtime_error("late")), InvalidStateError);
  CHECK_FALSE(future.cancel());
}

TEST_CASE("the message of a cancellation travels to whoever awaits the future [case 5]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    auto waiter = create_task(error_of(future));
    co_await turns(1);
    future.cancel("no longer wanted");
    const std::string error = co_await waiter;
    CHECK(error == "cancelled: no longer wanted");
    const std::string again = co_await error_of(future);
    CHECK(again == "cancelled: no longer wanted");
  });
}

TEST_CASE("awaiting a finished future does not suspend, however often [case 20]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<std::string>::create();
    future.set_result("ready");
    bool others_ran = false;
    get_running_loop().call_soon([&others_ran] { others_ran = true; });
    const std::string first = co_await future;
    const std::string second = co_await future;
    CHECK(first == "ready");
    CHECK(second == "ready");
    CHECK_FALSE(others_ran);
    co_await turns(1);
    CHECK(others_ran);
  });
}

TEST_CASE("a failed future throws at each await") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    future.set_exception(std::runtime_error("boom"));
    const std::string first = co_await error_of(future);
    const std::string second = co_await error_of(future);
    CHECK(first == "boom");
    CHECK(second == "boom");
  });
}

Coroutine<> note(Future<int> future, std::vector<std::string>& log, std::string name) {
  const int value = co_await future;
  log.push_back(name + std::to_string(value));
}

TEST_CASE("all tasks that await a future are woken, in the order in which they came") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    std::vector<std::string> log;
    create_task(note(future, log, "a"));
    create_task(note(future, log, "b"));
    create_task(note(future, log, "c"));
    co_await turns(1);
    future.set_result(7);
    CHECK(log.empty());  // nobody runs inside set_result
    co_await turns(1);
    CHECK(log == std::vector<std::string>{"a7", "b7", "c7"});
  });
}

TEST_CASE("awaiting a future of another loop is a RuntimeError [case 24]") {
  Loop other(virtual_time());
  run_virtual([&other]() -> Coroutine<> {
    const auto foreign = Future<int>::create_on(other);
    auto waiter = create_task(error_of(foreign));
    const std::string error = co_await waiter;
    CHECK(error.find("attached to a different loop") != std::string::npos);
  });
}

TEST_CASE("a future of the running loop needs one") {
  CHECK_THROWS_WITH_AS(Future<int>::create(), "no running event loop", RuntimeError);
}

TEST_CASE("a value that cannot be copied moves to the one who awaits it") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<std::unique_ptr<int>>::create();
    future.set_result(std::make_unique<int>(5));
    CHECK(*future.result() == 5);
    const std::unique_ptr<int> value = co_await future;
    CHECK(*value == 5);
  });
}

TEST_CASE("an exception can be a result like any other value") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<std::exception_ptr>::create();
    future.set_result(std::make_exception_ptr(std::runtime_error("carried")));
    const std::exception_ptr value = co_await future;
    CHECK(describe_exception(value) == "carried");
    CHECK(future.exception() == nullptr);

    auto failing = Future<std::exception_ptr>::create();
    failing.set_exception(std::runtime_error("thrown"));
    const std::string error = co_await error_of(failing);
    CHECK(error == "thrown");
  });
}

TEST_CASE("a result is made in place from its arguments") {
  Loop loop(virtual_time());
  const auto text = Future<std::string>::create_on(loop);
  text.set_result(3, 'x');
  CHECK(text.result() == "xxx");
  const auto nothing = Future<>::create_on(loop);
  nothing.set_result();
  CHECK_NOTHROW(nothing.result());
}

TEST_CASE("copies of a handle mean the same future, and an empty one is none") {
  Loop loop(virtual_time());
  const auto future = Future<int>::create_on(loop);
  const auto copy = future;
  const auto other = Future<int>::create_on(loop);
  copy.set_result(1);
  CHECK(future.done());
  CHECK(future == copy);
  CHECK_FALSE(future == other);
  CHECK(future);
  CHECK_FALSE(Future<int>());
  CHECK_FALSE(AnyFuture());
}

TEST_CASE("ten thousand tasks await one future" * doctest::test_suite("heavy")) {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    std::vector<std::string> log;
    for (int i = 0; i < 10'000; ++i)
      create_task(note(future, log, std::to_string(i) + ":"));
    co_await turns(1);
    future.set_result(1);
    co_await turns(1);
    CHECK(log.size() == 10'000);
    CHECK(log.front() == "0:1");
    CHECK(log.back() == "9999:1");
  });
}

}  // namespace
}  // namespace rondo::testing
