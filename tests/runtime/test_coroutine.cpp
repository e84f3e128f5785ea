#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include <rondo/runtime/coroutine.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

Coroutine<int> answer(int value) {
  co_return value;
}

Coroutine<> keep(Counted) {
  co_await sleep(1s);
}

Coroutine<> sleep_a_second() {
  co_await sleep(1s);
}

TEST_CASE("calling a coroutine function runs nothing of it") {
  bool ran = false;
  const auto body = [](bool* flag) -> Coroutine<> {
    *flag = true;
    co_return;
  };
  {
    auto coroutine = body(&ran);
    CHECK(coroutine);
  }
  CHECK_FALSE(ran);
}

TEST_CASE("a coroutine that nobody awaits is destroyed with its arguments") {
  {
    auto first = keep(Counted(1));
    auto second = keep(Counted(2));
    CHECK(Counted::alive == 2);
    first = std::move(second);
    CHECK(Counted::alive == 1);
    CHECK(first);
    CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): it says so itself
  }
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

TEST_CASE("awaiting a coroutine yields what it returns, without another turn") {
  run_virtual([]() -> Coroutine<> {
    bool others_ran = false;
    get_running_loop().call_soon([&others_ran] { others_ran = true; });
    const int direct = co_await answer(1);
    auto named = answer(2);
    const int second = co_await named;
    auto moved = answer(3);
    const int third = co_await std::move(moved);
    CHECK(direct + second + third == 6);
    CHECK_FALSE(others_ran);
    co_await turns(1);
    CHECK(others_ran);
  });
}

Coroutine<> fail(std::string text) {
  throw std::runtime_error(text);
  co_return;
}

Coroutine<> outer(std::string& log) {
  try {
    co_await fail("inside");
  } catch (const std::runtime_error& error) {
    log = error.what();
    throw std::logic_error("outside");
  }
}

TEST_CASE("an exception passes through the awaits like through calls") {
  std::string log;
  CHECK_THROWS_WITH_AS(run_virtual(outer(log)), "outside", std::logic_error);
  CHECK(log == "inside");
}

TEST_CASE("awaiting a coroutine a second time is a RuntimeError") {
  run_virtual([]() -> Coroutine<> {
    auto once = answer(1);
    const int value = co_await once;
    CHECK(value == 1);
    std::string error;
    try {
      static_cast<void>(co_await once);
    } catch (const RuntimeError& thrown) {
      error = thrown.what();
    }
    CHECK(error == "cannot reuse already awaited coroutine");
  });
}

Coroutine<std::string> await_by_pointer(Coroutine<>* shared) {
  std::string error;
  try {
    co_await *shared;
  } catch (const RuntimeError& thrown) {
    error = thrown.what();
  }
  co_return error;
}

TEST_CASE("a coroutine that one task awaits cannot be awaited by another") {
  run_virtual([]() -> Coroutine<> {
    auto shared = sleep_a_second();
    auto first = create_task(await_by_pointer(&shared));
    auto second = create_task(await_by_pointer(&shared));
    const std::string first_error = co_await first;
    const std::string second_error = co_await second;
    CHECK(first_error.empty());
    CHECK(second_error == "cannot reuse already awaited coroutine");
  });
}

TEST_CASE("awaiting a coroutine that was moved from is a RuntimeError") {
  run_virtual([]() -> Coroutine<> {
    auto source = answer(1);
    auto taken = std::move(source);
    std::string error;
    try {
      static_cast<void>(co_await source);
    } catch (const RuntimeError& thrown) {
      error = thrown.what();
    }
    CHECK(error == "cannot await a coroutine that was moved from");
    const int value = co_await taken;
    CHECK(value == 1);
  });
}

Coroutine<std::unique_ptr<int>> make(int value) {
  co_return std::make_unique<int>(value);
}

Coroutine<std::unique_ptr<int>> make_named(int value) {
  auto result = std::make_unique<int>(value);
  co_await turns(1);
  co_return result;
}

TEST_CASE("a result that can only be moved is moved") {
  run_virtual([]() -> Coroutine<> {
    const auto first = co_await make(1);
    const auto second = co_await make_named(2);
    CHECK(*first + *second == 3);
  });
  CHECK(*run_virtual(make_named(4)) == 4);
}

Coroutine<std::exception_ptr> an_exception() {
  co_return std::make_exception_ptr(std::runtime_error("carried"));
}

Coroutine<std::string> from_literal() {
  co_return "converted";
}

TEST_CASE("a result may be an exception or convert from another type") {
  CHECK(describe_exception(run_virtual(an_exception())) == "carried");
  CHECK(run_virtual(from_literal()) == "converted");
}

TEST_CASE("results and arguments are destroyed exactly once") {
  run_virtual([]() -> Coroutine<> {
    const auto pass = [](Counted argument) -> Coroutine<Counted> {
      co_await turns(1);
      co_return argument;
    };
    const Counted result = co_await pass(Counted(5));
    CHECK(result.number() == 5);
    CHECK(Counted::alive == 1);
  });
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

template <class T>
concept CanBeStarted = requires(T value) { create_task(std::move(value)); };

TEST_CASE("what is no coroutine cannot be awaited or started [case 25]") {
  static_assert(Awaitable<Coroutine<int>> && Awaitable<Future<int>> && Awaitable<Task<int>>);
  static_assert(Awaitable<Sleep>);
  static_assert(!Awaitable<int> && !Awaitable<std::string>);
  static_assert(CanBeStarted<Coroutine<int>> && !CanBeStarted<int>);
  static_assert(!std::is_copy_constructible_v<Coroutine<int>>);
}

}  // namespace
}  // namespace rondo::testing
