#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/task.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("cancelling counts the requests [case 47]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(sleep(10s));
    CHECK(task.cancelling() == 0);
    CHECK(task.cancel());
    CHECK(task.cancelling() == 1);
    CHECK(task.cancel());
    CHECK(task.cancelling() == 2);
    co_await turns(1);
    CHECK(task.cancelled());
    CHECK_FALSE(task.cancel());
    CHECK(task.cancelling() == 2);
  });
}

TEST_CASE("taking the last request back drops what was not delivered yet [case 48]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto task = create_task(wait_and_return(future, 42));
    co_await turns(1);
    future.set_result();
    task.cancel();
    task.cancel();
    CHECK(task.uncancel() == 1);
    CHECK(task.uncancel() == 0);
    CHECK(task.uncancel() == 0);
    const int value = co_await task;
    CHECK(value == 42);
    CHECK(task.cancelling() == 0);
  });
}

TEST_CASE("one request of two taken back leaves the task cancelled [case 48]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto task = create_task(wait_and_return(future, 42));
    co_await turns(1);
    future.set_result();
    task.cancel();
    task.cancel();
    CHECK(task.uncancel() == 1);
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
  });
}

TEST_CASE("a task can be cancelled again after uncancel [case 49]") {
  run_virtual([]() -> Coroutine<> {
    int caught = 0;
    auto task = create_task([&caught]() -> Coroutine<> {
      for (;;) {
        try {
          co_await sleep(10s);
        } catch (const CancelledError&) {
          if (++caught == 2) throw;
          current_task().uncancel();
        }
      }
    });
    co_await turns(1);
    task.cancel();
    co_await turns(1);
    CHECK(task.cancelling() == 0);
    CHECK_FALSE(task.done());
    task.cancel();
    co_await turns(1);
    CHECK(caught == 2);
    CHECK(task.cancelled());
    CHECK(task.uncancel() == 0);
    CHECK(task.cancelled());
  });
}

Coroutine<> with_own_timeout(Duration work, Duration limit, std::vector<std::string>& log) {
  AnyTask task = current_task();
  bool timed_out = false;
  auto timer = task.get_loop().call_later(limit, [&] {
    timed_out = true;
    task.cancel();
  });
  try {
    co_await sleep(work);
    log.push_back("block finished");
  } catch (const CancelledError&) {
    if (!timed_out || task.uncancel() > 0) throw;
    log.push_back("timed out");
  }
  timer.cancel();
  co_await sleep(0s);
  log.push_back("outer code");
}

TEST_CASE("a timeout can be written by hand with cancel and uncancel [case 50]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<std::string> log;
    auto slow = create_task(with_own_timeout(10s, 1s, log));
    co_await slow;
    CHECK(log == std::vector<std::string>{"timed out", "outer code"});
    CHECK(slow.cancelling() == 0);
    log.clear();
    co_await with_own_timeout(1s, 10s, log);
    CHECK(log == std::vector<std::string>{"block finished", "outer code"});
    log.clear();
    auto both = create_task(with_own_timeout(10s, 1s, log));
    co_await sleep(500ms);
    both.cancel();
    co_await turns(2);
    CHECK(log.empty());
    CHECK(both.cancelled());
  });
}

}  // namespace
}  // namespace rondo::testing
