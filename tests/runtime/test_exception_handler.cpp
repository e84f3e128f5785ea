#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/loop.h>

#include "captured_stderr.h"
#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("an exception in a callback reaches the handler, and the loop goes on [case 158]") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    Reports reports(loop);
    bool others_ran = false;
    loop.call_soon([] { throw std::runtime_error("soon"); });
    loop.call_soon([&others_ran] { others_ran = true; });
    loop.call_later(1s, [] { throw 42; });
    loop.call_soon([] { throw CancelledError("stray"); });
    co_await sleep(2s);
    CHECK(others_ran);
    CHECK(reports.size() == 3);
    CHECK(reports[0].message == "Exception in callback");
    CHECK(describe_exception(reports[0].exception) == "soon");
    CHECK(describe_exception(reports[1].exception) == "cancelled: stray");
    CHECK(describe_exception(reports[2].exception) == "unknown exception");
  });
}

TEST_CASE("a handler that throws is itself reported by the default one [case 159]") {
  const CapturedStderr captured;
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    loop.set_exception_handler(
        [](Loop&, const ExceptionContext&) { throw std::runtime_error("handler broke"); });
    loop.call_soon([] { throw std::runtime_error("original"); });
    co_await turns(2);
    loop.set_exception_handler({});
  });
  CHECK(captured.text() == "rondo: Unhandled error in exception handler: handler broke\n");
}

TEST_CASE("an empty handler restores the default, which writes a line") {
  const CapturedStderr captured;
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    {
      const Reports reports(loop);
    }
    loop.call_soon([] { throw std::runtime_error("plain"); });
    create_task(
        []() -> Coroutine<> {
          throw std::logic_error("from a task");
          co_return;
        }(),
        "worker");
    co_await turns(3);
  });
  const std::string text = captured.text();
  CHECK(text.starts_with("rondo: Exception in callback: plain\n"));
  CHECK(text.find("rondo: Task exception was never retrieved: from a task (worker), created at ") !=
        std::string::npos);
  CHECK(text.find("test_exception_handler.cpp:") != std::string::npos);
}

TEST_CASE("the handler is told which loop it serves, and may use it") {
  Loop loop(virtual_time());
  Loop* told = nullptr;
  int after = 0;
  loop.set_exception_handler([&](Loop& from, const ExceptionContext&) {
    told = &from;
    from.call_soon([&] {
      ++after;
      loop.stop();
    });
  });
  loop.call_soon([] { throw std::runtime_error("boom"); });
  loop.run_forever();
  CHECK(told == &loop);
  CHECK(after == 1);
}

}  // namespace
}  // namespace rondo::testing
