#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/future.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

auto noting(Log& log, std::string name) {
  return [&log, name](const AnyFuture&) { log.push_back(name); };
}

TEST_CASE("callbacks run in the next turn, in order, once, with their future [case 6]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    Log log;
    std::vector<AnyFuture> told;
    future.add_done_callback(noting(log, "a"));
    future.add_done_callback([&](const AnyFuture& done) {
      log.push_back("b");
      told.push_back(done);
    });
    future.set_result(42);
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"a", "b"});
    CHECK(told.size() == 1);
    CHECK(told.at(0) == future);
    co_await turns(3);
    CHECK(log.size() == 2);
  });
}

TEST_CASE("an exception and a cancellation run the callbacks as well [case 7]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto failing = Future<int>::create();
    failing.add_done_callback(noting(log, "failed"));
    failing.set_exception(std::runtime_error("boom"));
    auto cancelled = Future<int>::create();
    cancelled.add_done_callback(noting(log, "cancelled"));
    cancelled.cancel();
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"failed", "cancelled"});
    CHECK(failing.exception() != nullptr);
  });
}

TEST_CASE("a callback can be called off, once [case 8]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    Log log;
    const auto id = future.add_done_callback(noting(log, "a"));
    future.add_done_callback(noting(log, "b"));
    CHECK(future.remove_done_callback(id) == 1);
    CHECK(future.remove_done_callback(id) == 0);
    CHECK(future.remove_done_callback(AnyFuture::CallbackId{}) == 0);
    future.set_result(1);
    co_await turns(1);
    CHECK(log == Log{"b"});
  });
}

TEST_CASE("the callbacks around one that was called off keep their order [case 9]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    Log log;
    const auto first = future.add_done_callback(noting(log, "a"));
    future.add_done_callback(noting(log, "b"));
    const auto last = future.add_done_callback(noting(log, "c"));
    CHECK(future.remove_done_callback(first) == 1);
    CHECK(future.remove_done_callback(last) == 1);
    future.add_done_callback(noting(log, "d"));
    future.add_done_callback(noting(log, "e"));
    future.set_result(1);
    co_await turns(1);
    CHECK(log == Log{"b", "d", "e"});
  });
}

TEST_CASE("a callback that calls later ones off comes too late for them [case 10]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    Log log;
    AnyFuture::CallbackId second{};
    std::size_t removed = 9;
    future.add_done_callback([&](AnyFuture done) {
      log.push_back("a");
      removed = done.remove_done_callback(second);
    });
    second = future.add_done_callback(noting(log, "b"));
    future.set_result(1);
    co_await turns(2);
    CHECK(removed == 0);
    CHECK(log == Log{"a", "b"});
  });
}

TEST_CASE("a callback of a finished future runs in the next turn, never at once [case 11]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    future.set_result(1);
    Log log;
    future.add_done_callback(noting(log, "a"));
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"a"});
  });
}

TEST_CASE("callbacks and tasks that wait are served in the order in which they came") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    Log log;
    future.add_done_callback(noting(log, "callback 1"));
    create_task([&log, future]() -> Coroutine<> {
      co_await future;
      log.push_back("task");
    });
    co_await turns(2);
    future.add_done_callback(noting(log, "callback 2"));
    future.set_result(1);
    co_await turns(1);
    CHECK(log == Log{"callback 1", "task", "callback 2"});
  });
}

TEST_CASE("what a callback throws goes to the exception handler, and the others run [case 158]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    auto future = Future<int>::create();
    Log log;
    future.add_done_callback([](const AnyFuture&) { throw std::runtime_error("in a callback"); });
    future.add_done_callback(noting(log, "next"));
    future.set_result(1);
    co_await turns(1);
    CHECK(log == Log{"next"});
    CHECK(reports.size() == 1);
    CHECK(reports[0].message == "Exception in callback");
    CHECK(describe_exception(reports[0].exception) == "in a callback");
  });
}

TEST_CASE("callbacks that will never run are destroyed") {
  {
    Loop loop(virtual_time());
    auto pending = Future<int>::create_on(loop);
    pending.add_done_callback([kept = Counted(1)](const AnyFuture&) {});
    const auto id = pending.add_done_callback([kept = Counted(2)](const AnyFuture&) {});
    CHECK(Counted::alive == 2);
    pending.remove_done_callback(id);
    CHECK(Counted::alive == 1);
    pending = Future<int>();
    CHECK(Counted::alive == 0);

    auto done = Future<int>::create_on(loop);
    done.add_done_callback([kept = Counted(3)](const AnyFuture&) {});
    done.set_result(1);
    CHECK(Counted::alive == 1);  // on the ready queue of a loop that never ran
  }
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

}  // namespace
}  // namespace rondo::testing
