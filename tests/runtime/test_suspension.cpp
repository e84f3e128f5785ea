#include <coroutine>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/suspension.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

/// A coroutine that runs when it is called, outside of any task: what nobody should write.
class Stray {
 public:
  class promise_type : public detail::PromiseBase {
   public:
    Stray get_return_object() const { return {}; }
    static std::suspend_never initial_suspend() noexcept { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() const {}
    void unhandled_exception() const { throw; }
  };
};

Stray await_outside(std::string& error) {
  try {
    co_await sleep(1s);
  } catch (const RuntimeError& thrown) {
    error = thrown.what();
  }
}

TEST_CASE("an await outside of a task is a RuntimeError") {
  std::string error;
  await_outside(error);
  CHECK(error == "no running event loop");

  Loop loop(virtual_time());
  loop.call_soon([&error] { await_outside(error); });
  loop.stop();
  loop.run_forever();
  CHECK(error == "await outside of a task");
}

TEST_CASE("a signal that was set already does not suspend") {
  run_virtual([]() -> Coroutine<> {
    detail::PlainSignal signal;
    CHECK(signal.pending());
    signal.set();
    signal.set();
    CHECK(signal.is_set());
    CHECK_FALSE(signal.pending());
    const auto before = get_running_loop().turns();
    co_await signal;
    CHECK(get_running_loop().turns() == before);
  });
}

Coroutine<> wait_for_signal(detail::Signal& signal, std::vector<std::string>& log) {
  try {
    co_await signal;
    log.push_back("set");
  } catch (const CancelledError& cancelled) {
    log.push_back("cancelled " + cancelled.message());
  }
}

TEST_CASE("a signal wakes the task that waits for it in the next turn") {
  run_virtual([]() -> Coroutine<> {
    detail::PlainSignal signal;
    std::vector<std::string> log;
    auto task = create_task(wait_for_signal(signal, log));
    co_await turns(1);
    signal.set();
    CHECK(log.empty());
    co_await task;
    CHECK(log == std::vector<std::string>{"set"});
  });
}

TEST_CASE("the cancellation of a wait beats a signal that comes after it") {
  run_virtual([]() -> Coroutine<> {
    detail::PlainSignal signal;
    std::vector<std::string> log;
    auto task = create_task(wait_for_signal(signal, log));
    co_await turns(1);
    task.cancel("first");
    CHECK_FALSE(signal.pending());
    signal.set();
    co_await task;
    CHECK(log == std::vector<std::string>{"cancelled first"});
    CHECK_FALSE(signal.is_set());
  });
}

Coroutine<> queue_up(detail::SignalQueue& queue, std::vector<std::string>& log, std::string name) {
  co_await queue.wait();
  log.push_back(name);
}

TEST_CASE("a queue of signals wakes one at a time, in order, or all") {
  run_virtual([]() -> Coroutine<> {
    detail::SignalQueue queue;
    std::vector<std::string> log;
    for (const char* name : {"a", "b", "c", "d"})
      create_task(queue_up(queue, log, name));
    co_await turns(1);
    queue.wake_one();
    queue.wake_one();
    co_await turns(1);
    CHECK(log == std::vector<std::string>{"a", "b"});
    CHECK_FALSE(queue.empty());
    queue.wake_all();
    co_await turns(1);
    CHECK(log == std::vector<std::string>{"a", "b", "c", "d"});
    CHECK(queue.empty());
    queue.wake_one();  // nobody is there
  });
}

TEST_CASE("a task that is cancelled after it was chosen passes its wake-up on") {
  run_virtual([]() -> Coroutine<> {
    detail::SignalQueue queue;
    std::vector<std::string> log;
    auto first = create_task(queue_up(queue, log, "a"));
    auto second = create_task(queue_up(queue, log, "b"));
    co_await turns(1);
    queue.wake_one();
    first.cancel();
    co_await turns(2);
    CHECK(first.cancelled());
    CHECK(second.done());
    CHECK(log == std::vector<std::string>{"b"});
  });
}

TEST_CASE("a task that was cancelled first is not chosen") {
  run_virtual([]() -> Coroutine<> {
    detail::SignalQueue queue;
    std::vector<std::string> log;
    auto first = create_task(queue_up(queue, log, "a"));
    auto second = create_task(queue_up(queue, log, "b"));
    co_await turns(1);
    first.cancel();
    queue.wake_one();
    co_await turns(1);
    CHECK(first.cancelled());
    CHECK(log == std::vector<std::string>{"b"});
    CHECK(second.done());
  });
}

}  // namespace
}  // namespace rondo::testing
