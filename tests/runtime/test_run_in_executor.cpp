#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/runtime.h>
#include <rondo/runtime/keyboard_interrupt.h>

#include "gate.h"
#include "virtual_run.h"

TEST_SUITE_BEGIN("real kernel");

namespace rondo::testing {
namespace {

TEST_CASE("the loop goes on while a job runs on another thread [case 18] [case 164]") {
  run_virtual([]() -> Coroutine<> {
    Gate gate;
    Loop& loop = get_running_loop();
    const auto future = loop.run_in_executor(nullptr, [&gate] {
      const bool passed = gate.pass();
      return passed ? std::this_thread::get_id() : std::thread::id();
    });
    co_await turns(10);
    CHECK(!future.done());
    gate.open();
    const std::thread::id thread = co_await future;
    CHECK(thread != std::this_thread::get_id());
    CHECK(thread != std::thread::id());
  });
}

TEST_CASE("a job runs in the executor that was named, or in the default one") {
  auto mine = std::make_shared<ThreadPoolExecutor>(1);
  ThreadPoolExecutor other(1);
  run_virtual([&]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    loop.set_default_executor(mine);
    const auto here = [] { return std::this_thread::get_id(); };
    const auto by_default = co_await loop.run_in_executor(nullptr, here);
    CHECK(by_default == mine->submit(here).result());
    const auto by_name = co_await loop.run_in_executor(&other, here);
    CHECK(by_name == other.submit(here).result());
    CHECK(by_name != by_default);
  });
  // It went down with the loop, and the other one did not.
  CHECK_THROWS_AS(mine->submit([] {}), RuntimeError);
  other.submit([] {}).result();
}

TEST_CASE("cancelling the future of a job that has not started keeps it from running [case 19]") {
  bool ran = false;
  run_virtual([&ran]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    ThreadPoolExecutor executor(1);
    Gate gate;
    const auto running = loop.run_in_executor(&executor, [&gate] { gate.pass(); });
    auto queued = loop.run_in_executor(&executor, [&ran] { ran = true; });
    CHECK(queued.cancel());
    gate.open();
    co_await running;
    executor.shutdown();
  });
  CHECK(!ran);
}

TEST_CASE("a job's exception that nobody reads is reported") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    const Reports reports(loop);
    loop.run_in_executor(nullptr, [] { throw ValueError("unread"); });
    while (reports.size() == 0)
      co_await loop.run_in_executor(nullptr, [] {});
    CHECK(reports[0].message == "Future exception was never retrieved");
  });
}

TEST_CASE("10,000 queued jobs with four threads all come back [fault 58]") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    loop.set_default_executor(std::make_shared<ThreadPoolExecutor>(4));
    std::vector<Future<int>> futures;
    futures.reserve(10'000);
    for (int i = 0; i < 10'000; ++i)
      futures.push_back(loop.run_in_executor(nullptr, [](int value) { return 2 * value; }, i));
    const std::vector<int> values = co_await gather(futures);
    REQUIRE(values.size() == 10'000);
    int wrong = 0;
    for (int i = 0; i < 10'000; ++i)
      wrong += values[static_cast<std::size_t>(i)] == 2 * i ? 0 : 1;
    CHECK(wrong == 0);
  });
}

TEST_CASE("10,000 queued jobs can be cancelled, and none of them runs [fault 58]") {
  std::atomic<int> runs{0};
  run_virtual([&runs]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    ThreadPoolExecutor executor(1);
    Gate gate;
    const auto running = loop.run_in_executor(&executor, [&gate] { gate.pass(); });
    std::vector<Future<void>> futures;
    futures.reserve(10'000);
    for (int i = 0; i < 10'000; ++i)
      futures.push_back(loop.run_in_executor(&executor, [&runs] { ++runs; }));
    for (auto& future : futures)
      future.cancel();
    gate.open();
    co_await running;
    executor.shutdown();
  });
  CHECK(runs == 0);
}

TEST_CASE("the default executor is shut down without blocking the loop, and takes no more jobs") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    Gate gate;
    const auto job = loop.run_in_executor(nullptr, [&gate] { return gate.pass(); });
    const auto queued = loop.run_in_executor(nullptr, [] { return 1; });
    auto shut_down = create_task(loop.shutdown_default_executor());
    co_await turns(10);
    CHECK(!shut_down.done());
    CHECK_THROWS_AS(loop.run_in_executor(nullptr, [] {}), RuntimeError);
    gate.open();
    co_await shut_down;
    const bool passed = co_await job;
    CHECK(passed);
    const int value = co_await queued;
    CHECK(value == 1);
    co_await loop.shutdown_default_executor();
  });
}

TEST_CASE("cancelling the shutdown of the default executor ends the wait only") {
  Gate gate;
  bool passed = false;
  run_virtual([&]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    loop.run_in_executor(nullptr, [&] { passed = gate.pass(); });
    auto shut_down = create_task(loop.shutdown_default_executor());
    co_await turns(2);
    shut_down.cancel();
    const std::string error = co_await error_of(shut_down);
    CHECK(error == "cancelled");
    gate.open();
  });
  CHECK(passed);
}

TEST_CASE("a loop without jobs shuts no executor down") {
  run_virtual([]() -> Coroutine<> {
    co_await get_running_loop().shutdown_default_executor();
    CHECK_THROWS_AS(get_running_loop().run_in_executor(nullptr, [] {}), RuntimeError);
  });
}

TEST_CASE("a closing loop waits for a running job and drops the queued ones [fault 58]") {
  Gate begun;
  Gate gate;
  bool passed = false;
  bool ran = false;
  const auto executor = std::make_shared<ThreadPoolExecutor>(1);
  Loop loop(virtual_time());
  loop.set_default_executor(executor);
  loop.run_in_executor(nullptr, [&] { passed = begin_and_pass(begun, gate); });
  loop.run_in_executor(nullptr, [&ran] { ran = true; });
  // That this one goes away, of which the loop knows nothing, opens the gate.
  executor->submit([&ran](const OpensAtEnd&) { ran = true; }, OpensAtEnd(gate));
  CHECK(begun.pass());
  loop.close();
  CHECK(passed);
  CHECK(!ran);
  CHECK_THROWS_AS(loop.run_in_executor(nullptr, [] {}), RuntimeError);
}

TEST_CASE("run waits for a job that still runs when the main task is over [fault 58]") {
  Gate begun;
  Gate gate;
  bool passed = false;
  run_virtual([&]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    loop.run_in_executor(nullptr, [&] { passed = begin_and_pass(begun, gate); });
    CHECK(begun.pass());
    // Comes when this task is over and the loop waits for the job.
    loop.call_soon([&] { loop.call_soon([&gate] { gate.open(); }); });
    co_return;
  });
  CHECK(passed);
}

TEST_CASE("Ctrl-C while a job runs cancels the main task and waits for the job [fault 58]") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(60);
    std::signal(SIGINT, SIG_DFL);
    Gate gate;
    bool cancelled = false;
    bool passed = false;
    const auto main = [&]() -> Coroutine<> {
      try {
        co_await to_thread(
            [](Gate& opened, bool& done) {
              ::kill(::getpid(), SIGINT);
              done = opened.pass();
            },
            std::ref(gate), std::ref(passed));
      } catch (const CancelledError&) {
        cancelled = true;
        gate.open();
        throw;
      }
    };
    try {
      run_virtual(main);
    } catch (const KeyboardInterrupt&) {
      ::_exit(cancelled && passed ? 7 : 8);
    } catch (...) {
      ::_exit(9);
    }
    ::_exit(10);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

}  // namespace
}  // namespace rondo::testing

TEST_SUITE_END();
