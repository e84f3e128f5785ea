#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "gate.h"
#include "virtual_run.h"

TEST_SUITE_BEGIN("real kernel");

namespace rondo::testing {
namespace {

TEST_CASE("a job's future is awaited on the loop, and the job runs elsewhere [case 18]") {
  ThreadPoolExecutor executor;
  run_virtual([&executor]() -> Coroutine<> {
    const auto job = executor.submit([] { return std::this_thread::get_id(); });
    const auto future = wrap_future(job);
    const auto thread = co_await future;
    CHECK(thread != std::this_thread::get_id());
    // The job's own future keeps the value.
    CHECK(job.result() == thread);
  });
}

TEST_CASE("a job's exception arrives in both futures") {
  ThreadPoolExecutor executor;
  run_virtual([&executor]() -> Coroutine<> {
    const auto job = executor.submit([]() -> int { throw ValueError("no value"); });
    const std::string error = co_await error_of(wrap_future(job));
    CHECK(error == "no value");
    CHECK_THROWS_AS(job.result(), ValueError);
  });
}

TEST_CASE("cancelling the wrapper of a job that has not started cancels the job [case 19]") {
  ThreadPoolExecutor executor(1);
  Gate begun;
  Gate gate;
  bool ran = false;
  run_virtual([&]() -> Coroutine<> {
    const auto running = executor.submit(begin_and_pass, std::ref(begun), std::ref(gate));
    CHECK(begun.pass());
    const auto queued = executor.submit([&ran] { ran = true; });
    auto future = wrap_future(queued);
    CHECK(future.cancel("enough"));
    CHECK(future.cancelled());
    CHECK(queued.done());
    CHECK_THROWS_AS(queued.result(), CancelledError);
    CHECK(!future.cancel());
    gate.open();
    const bool passed = co_await wrap_future(running);
    CHECK(passed);
  });
  executor.shutdown();
  CHECK(!ran);
}

TEST_CASE("a job that has its result keeps it when the wrapper is cancelled [case 19]") {
  ThreadPoolExecutor executor;
  run_virtual([&executor]() -> Coroutine<> {
    const auto job = executor.submit([] { return 42; });
    auto future = wrap_future(job);
    CHECK(job.result() == 42);  // blocks the loop, so the wrapper cannot know yet
    CHECK(!future.done());
    CHECK(future.cancel());
    co_await turns(3);
    CHECK(future.cancelled());
    CHECK(job.result() == 42);
  });
}

TEST_CASE("cancelling the wrapper of a running job leaves the job alone [case 164]") {
  ThreadPoolExecutor executor;
  Gate begun;
  Gate gate;
  run_virtual([&]() -> Coroutine<> {
    const auto job = executor.submit(begin_and_pass, std::ref(begun), std::ref(gate));
    auto future = wrap_future(job);
    CHECK(begun.pass());
    CHECK(future.cancel());
    CHECK(!job.done());
    gate.open();
    CHECK(job.result());
    co_return;
  });
}

TEST_CASE("when a job is cancelled, so is its wrapper") {
  ThreadPoolExecutor executor(1);
  Gate gate;
  run_virtual([&]() -> Coroutine<> {
    const auto running = executor.submit([&gate] { gate.pass(); });
    const auto queued = executor.submit([] { return 1; });
    const auto future = wrap_future(queued);
    CHECK(queued.cancel());
    const std::string error = co_await error_of(future);
    CHECK(error == "cancelled");
    CHECK(future.cancelled());
    gate.open();
    co_await wrap_future(running);
  });
}

TEST_CASE("a job that is done already is wrapped too") {
  ThreadPoolExecutor executor;
  run_virtual([&executor]() -> Coroutine<> {
    const auto job = executor.submit([] { return 1; });
    CHECK(job.result() == 1);
    const auto future = wrap_future(job);
    CHECK(!future.done());
    const int value = co_await future;
    CHECK(value == 1);
  });
}

TEST_CASE("a job that ends when its loop is gone harms nobody [case 164]") {
  Gate begun;
  Gate gate;
  ThreadPoolExecutor executor(1);
  auto loop = std::make_unique<Loop>(virtual_time());
  const auto job = executor.submit(begin_and_pass, std::ref(begun), std::ref(gate));
  auto watched = wrap_future(job, *loop);
  auto queued = wrap_future(executor.submit([] { return 1; }), *loop);
  wrap_future(job, *loop);
  CHECK(begun.pass());
  loop->close();
  loop.reset();
  gate.open();
  CHECK(job.result());
  executor.shutdown();
  CHECK(!watched.done());
}

TEST_CASE("a closing loop cancels the jobs that it waits for and that have not started") {
  Gate begun;
  Gate gate;
  bool ran = false;
  ThreadPoolExecutor executor(1);
  {
    Loop loop(virtual_time());
    executor.submit(begin_and_pass, std::ref(begun), std::ref(gate));
    wrap_future(executor.submit([&ran] { ran = true; }), loop);
  }
  gate.open();
  executor.shutdown();
  CHECK(!ran);
}

TEST_CASE("an exception that nobody reads is reported, and one of a cancelled wrapper is not") {
  ThreadPoolExecutor executor;
  run_virtual([&executor]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    const auto job = executor.submit([]() -> int { throw ValueError("unread"); });
    CHECK_THROWS_AS(job.result(), ValueError);  // so that it has run
    wrap_future(job).cancel();
    wrap_future(job);
    const std::string error = co_await error_of(wrap_future(job));
    CHECK(error == "unread");
    co_await turns(3);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message == "Future exception was never retrieved");
  });
}

}  // namespace
}  // namespace rondo::testing

TEST_SUITE_END();
