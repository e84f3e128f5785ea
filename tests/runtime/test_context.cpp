#include <chrono>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondo/runtime.h>
#include <rondo/runtime/context.h>

#include "virtual_run.h"

namespace rondo {

namespace {

using namespace std::chrono_literals;
using testing::run_virtual;

ContextVar<std::string> device("device", "none");

Coroutine<std::string> seen_after_a_sleep() {
  co_await sleep(1s);
  co_return device.get();
}

Coroutine<std::string> set_and_see(std::string name) {
  device.set(name);
  co_await sleep(1s);
  co_return device.get();
}

}  // namespace

TEST_CASE("a variable has its default, the value that was set, and the value before again") {
  ContextVar<int> number("number", 1);
  CHECK(number.get() == 1);
  auto token = number.set(2);
  CHECK(number.get() == 2);
  CHECK(token.old_value() == nullptr);
  auto second = number.set(3);
  CHECK(*second.old_value() == 2);
  number.reset(second);
  CHECK(number.get() == 2);
  number.reset(token);
  CHECK(number.get() == 1);
  CHECK_THROWS_AS(number.reset(token), RuntimeError);
}

TEST_CASE("a variable with neither value nor default is a LookupError that names it") {
  ContextVar<int> number("number");
  CHECK_THROWS_WITH_AS(number.get(), doctest::Contains("\"number\""), LookupError);
  CHECK(number.get(5) == 5);
  ContextVar<int> other("other");
  auto token = number.set(1);
  CHECK_THROWS_AS(other.reset(token), ValueError);
  number.reset(token);
}

TEST_CASE("a task sees its maker's values, and what it sets stays its own") {
  run_virtual([]() -> Coroutine<void> {
    device.set("r1");
    auto child = create_task(seen_after_a_sleep());
    device.set("r2");  // too late for the child
    auto [first, second] = co_await gather(set_and_see("a"), set_and_see("b"));
    CHECK(first == "a");
    CHECK(second == "b");
    CHECK(device.get() == "r2");
    std::string of_child = co_await child;
    CHECK(of_child == "r1");
  }());
  CHECK(device.get() == "none");
}

TEST_CASE("an awaited coroutine shares the values of whoever awaits it") {
  run_virtual([]() -> Coroutine<void> {
    co_await set_and_see("inner");
    CHECK(device.get() == "inner");
  }());
}

TEST_CASE("a callback sees the values of when it was scheduled") {
  std::string seen;
  run_virtual([](std::string& in_callback) -> Coroutine<void> {
    device.set("scheduled");
    get_running_loop().call_later(1s, [&] { in_callback = device.get(); });
    device.set("later");
    co_await sleep(2s);
  }(seen));
  CHECK(seen == "scheduled");
}

TEST_CASE("a copied context can be run in, and keeps what was set in it") {
  Context copy = copy_context();
  copy.run([] { device.set("inside"); });
  CHECK(device.get() == "none");
  CHECK(copy.run([] { return device.get(); }) == "inside");
  CHECK(copy.size() == copy_context().size() + 1);
}

TEST_CASE("a context can be carried to another thread") {
  Context copy;
  copy.run([] { device.set("carried"); });
  std::string seen;
  std::thread([&] { seen = copy.run([] { return device.get(); }); }).join();
  CHECK(seen == "carried");
}

}  // namespace rondo
