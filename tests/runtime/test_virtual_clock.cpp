#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/loop.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("virtual time jumps from deadline to deadline") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Duration> moments;
    Loop& loop = get_running_loop();
    for (const Duration delay : {Duration(3h), Duration(1s), Duration(2min)})
      loop.call_later(delay, [&moments] { moments.push_back(now()); });
    co_await sleep(24h);
    CHECK(moments == std::vector<Duration>{1s, 2min, 3h});
    CHECK(now() == 24h);
  });
}

TEST_CASE("virtual time stands still while something is ready") {
  run_virtual([]() -> Coroutine<> {
    get_running_loop().call_later(1ns, [] {});
    co_await turns(1000);
    CHECK(now() == 0s);
    volatile unsigned work = 0;
    for (unsigned i = 0; i < 100'000; ++i)
      work = work + i;
    CHECK(now() == 0s);
  });
}

TEST_CASE("virtual time begins at zero, for each loop anew") {
  run_virtual([]() -> Coroutine<> { co_await sleep(5s); });
  run_virtual([]() -> Coroutine<> {
    CHECK(now() == 0s);
    co_return;
  });
}

TEST_CASE("under the virtual clock a deadlock is found") {
  Loop loop(virtual_time());
  auto never = Future<int>::create_on(loop);
  std::string error;
  try {
    loop.run_until_complete(never);
  } catch (const RuntimeError& thrown) {
    error = thrown.what();
  }
  CHECK(error.find("deadlock") == 0);
  CHECK_FALSE(loop.is_running());
  // The loop is not spoilt by it.
  loop.call_later(1s, [&never] { never.set_result(3); });
  CHECK(loop.run_until_complete(never) == 3);
}

TEST_CASE("two tasks that wait for each other are a deadlock, and both are cancelled then") {
  std::string log;
  const auto body = [&log](Future<> mine, Future<> other) -> Coroutine<> {
    try {
      co_await other;
      mine.set_result();
    } catch (const CancelledError&) {
      log += "x";
      throw;
    }
  };
  const auto main = [&]() -> Coroutine<> {
    auto first = Future<>::create();
    auto second = Future<>::create();
    auto task = create_task(body(first, second));
    co_await body(second, first);
  };
  CHECK_THROWS_AS(run_virtual(main()), RuntimeError);
  CHECK(log == "xx");
}

}  // namespace
}  // namespace rondo::testing
