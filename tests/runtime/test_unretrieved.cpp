#include <source_location>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/future.h>
#include <rondo/runtime/gather.h>

#include "virtual_run.h"

// Exceptions that nobody reads are reported when the last handle of their future goes.

namespace rondo::testing {
namespace {

Coroutine<> failing(std::string text) {
  co_await sleep(0s);
  throw std::runtime_error(text);
}

bool names_this_file(const ExceptionContext& context) {
  return std::string(context.where.file_name()).ends_with("test_unretrieved.cpp");
}

TEST_CASE("an exception that nobody read is reported once [case 12]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    auto future = Future<int>::create();
    future.set_exception(std::runtime_error("unread"));
    auto copy = future;
    future = Future<int>();
    CHECK(reports.size() == 0);
    copy = Future<int>();
    CHECK(reports.size() == 1);
    CHECK(reports[0].message == "Future exception was never retrieved");
    CHECK(describe_exception(reports[0].exception) == "unread");
    co_return;
  });
}

TEST_CASE("an exception that was read in any way is not reported [case 13]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    for (int way = 0; way < 3; ++way) {
      auto future = Future<int>::create();
      future.set_exception(std::runtime_error("read"));
      if (way == 0) CHECK(future.exception() != nullptr);
      if (way == 1) CHECK_THROWS_AS(future.result(), std::runtime_error);
      if (way != 2) continue;
      const std::string text = co_await error_of(future);
      CHECK(text == "read");
    }
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("results, pending and cancelled futures are dropped in silence [case 14]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    {
      auto pending = Future<int>::create();
      auto cancelled = Future<int>::create();
      cancelled.cancel();
      auto finished = Future<int>::create();
      finished.set_result(1);
    }
    CHECK(reports.size() == 0);
    co_return;
  });
}

TEST_CASE("a late cancel does not make an unread exception read [case 14]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    auto future = Future<int>::create();
    future.set_exception(std::runtime_error("unread"));
    CHECK_FALSE(future.cancel());
    future = Future<int>();
    CHECK(reports.size() == 1);
    co_return;
  });
}

TEST_CASE("the report names where the future was created [case 15]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    const unsigned line = std::source_location::current().line() + 1;
    auto future = Future<int>::create();
    future.set_exception(std::runtime_error("unread"));
    future = Future<int>();
    CHECK(reports.size() == 1);
    CHECK(reports[0].where.line() == line);
    CHECK(names_this_file(reports[0]));
    CHECK(reports[0].task_name.empty());
    co_return;
  });
}

TEST_CASE("the report of a task that nobody awaited has its name and place [case 15]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    const unsigned line = std::source_location::current().line() + 1;
    create_task(failing("unread"), "collector");
    co_await turns(3);
    CHECK(reports.size() == 1);
    CHECK(reports[0].message == "Task exception was never retrieved");
    CHECK(reports[0].task_name == "collector");
    CHECK(reports[0].where.line() == line);
    CHECK(names_this_file(reports[0]));
    CHECK(describe_exception(reports[0].exception) == "unread");
  });
}

TEST_CASE("a task that was cancelled is never reported [case 53]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    auto task = create_task(sleep(10s));
    co_await turns(1);
    task.cancel();
    task = Task<>();
    co_await turns(3);
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("an exception that lost against a cancellation counts as read") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    {
      auto future = Future<int>::create();
      auto waiter = create_task(error_of(future));
      co_await turns(1);
      future.set_exception(std::runtime_error("too late"));
      waiter.cancel();
      const std::string text = co_await waiter;
      CHECK(text == "cancelled");
    }
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("a report between two runs reaches the loop's own handler") {
  Runner runner(virtual_time());
  Reports reports(runner.get_loop());
  {
    auto future = Future<int>::create_on(runner.get_loop());
    future.set_exception(std::runtime_error("unread"));
  }
  CHECK(reports.size() == 1);
}

TEST_CASE("exceptions in the frames that a closing loop drops reach its handler") {
  Loop loop(virtual_time());
  Reports reports(loop);
  auto failed = Future<int>::create_on(loop);
  failed.set_exception(std::runtime_error("unread"));
  create_task_on(loop, [](Future<int>) -> Coroutine<> { co_await sleep(1s); }(std::move(failed)));
  loop.close();
  CHECK(reports.size() == 2);
  CHECK(reports[0].message == "Task was destroyed but it is pending!");
  CHECK(reports[1].message == "Future exception was never retrieved");
}

TEST_CASE("the second of two children that fail in a gather is not reported [case 77]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    const std::string first = co_await error_of(gather(failing("first"), failing("second")));
    CHECK(first == "first");
    co_await turns(5);
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("a gather that failed and that nobody awaited is reported once") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    {
      auto gathering = gather(failing("first"), failing("second"));
    }
    co_await turns(5);
    CHECK(reports.size() == 1);
    CHECK(describe_exception(reports[0].exception) == "first");
  });
}

}  // namespace
}  // namespace rondo::testing
