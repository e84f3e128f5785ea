#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondo/runtime/event.h>
#include <rondo/runtime/exception_group.h>
#include <rondo/runtime/run_coroutine_threadsafe.h>
#include <rondo/runtime/sleep.h>
#include <rondo/runtime/threaded_runner.h>
#include <rondo/runtime/wrap_future.h>

using namespace rondo;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("real kernel");

namespace {

Coroutine<> wait_for_ever() {
  Event never;
  co_await never.wait();
}

Coroutine<std::thread::id> where() {
  co_await sleep(0s);
  co_return std::this_thread::get_id();
}

TEST_CASE("each main runs on a loop and a thread of its own, the first on the calling one") {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::set<Loop*> loops;
  std::set<std::size_t> indices;
  std::thread::id first;
  ThreadedRunner runner(3);
  CHECK(runner.size() == 3);
  runner.run([&](std::size_t index) -> Coroutine<> {
    co_await sleep(0s);
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    loops.insert(&get_running_loop());
    indices.insert(index);
    if (index == 0) first = std::this_thread::get_id();
    CHECK(&runner.loop(index) == &get_running_loop());
  });
  CHECK(threads.size() == 3);
  CHECK(loops.size() == 3);
  CHECK(indices == std::set<std::size_t>{0, 1, 2});
  CHECK(first == std::this_thread::get_id());
}

TEST_CASE("run_on_all_cores runs one main for each core of the process") {
  std::atomic<std::size_t> mains = 0;
  run_on_all_cores([&]() -> Coroutine<> {
    ++mains;
    co_return;
  });
  CHECK(mains == ThreadedRunner().size());
  CHECK(mains >= 1);
}

TEST_CASE("a main that throws cancels the others, and its exception comes out alone") {
  std::atomic<int> cancelled = 0;
  ThreadedRunner runner(3);
  std::string message;
  try {
    runner.run([&](std::size_t index) -> Coroutine<> {
      if (index == 1) throw std::runtime_error("number one");
      try {
        co_await wait_for_ever();
      } catch (const CancelledError&) {
        ++cancelled;
        throw;
      }
    });
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  CHECK(message == "number one");
  CHECK(cancelled <= 2);  // one that had not begun is not even started
}

TEST_CASE("several mains that throw become a group") {
  ThreadedRunner runner(2);
  std::size_t errors = 0;
  try {
    runner.run([&](std::size_t) -> Coroutine<> {
      try {
        co_await sleep(10ms);
      } catch (const CancelledError&) {
        // Too late for that.
      }
      throw std::runtime_error("each");
    });
  } catch (const ExceptionGroup& group) {
    errors = group.exceptions().size();
  }
  CHECK(errors == 2);
}

TEST_CASE("work is handed to another loop, and its result comes back") {
  ThreadedRunner runner(2);
  std::thread::id asked;
  std::thread::id answered;
  Event* stop = nullptr;
  std::atomic<bool> ready = false;
  runner.run([&](std::size_t index) -> Coroutine<> {
    if (index == 1) {
      Event stopped;
      stop = &stopped;
      answered = std::this_thread::get_id();
      ready = true;
      co_await stopped.wait();
      co_return;
    }
    while (!ready)
      co_await sleep(1ms);
    for (int round = 0; round < 100; ++round)
      asked = co_await wrap_future(run_coroutine_threadsafe(where(), runner.loop(1)));
    runner.loop(1).call_soon_threadsafe([&stop] { stop->set(); });
  });
  CHECK(asked == answered);
  CHECK(asked != std::this_thread::get_id());
}

TEST_CASE("a ThreadedRunner runs once, and not inside a loop") {
  ThreadedRunner runner(1);
  const auto nothing = []() -> Coroutine<> { co_return; };
  runner.run(nothing);
  CHECK_THROWS_AS(runner.run(nothing), RuntimeError);
  bool refused = false;
  run([&]() -> Coroutine<> {
    try {
      run_on_all_cores(nothing);
    } catch (const RuntimeError&) {
      refused = true;
    }
    co_return;
  });
  CHECK(refused);
}

}  // namespace

TEST_SUITE_END();
