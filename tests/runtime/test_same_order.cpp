#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "virtual_run.h"

// The same programs on the virtual clock and on the real one. Of two lines of a log, either one
// causes the other or their deadlines are counted from the same moment; so their order is the
// program's, and not the machine's, which may be late for several deadlines at once.

namespace rondo::testing {

namespace {

using Log = std::vector<std::string>;

TimePoint loop_time() {
  return get_running_loop().time();
}

Coroutine<int> number_at(TimePoint moment, int number) {
  const auto reached = Future<>::create();
  get_running_loop().call_at(moment, [reached] {
    if (!reached.done()) reached.set_result();
  });
  co_await reached;
  co_return number;
}

Coroutine<int> worker(Log& log, int number, TimePoint end) {
  log.push_back("begin " + std::to_string(number));
  co_await number_at(end, number);
  log.push_back("end " + std::to_string(number));
  co_return number;
}

Coroutine<> several_at_once(Log& log) {
  const TimePoint start = loop_time();
  const auto results = co_await gather(worker(log, 1, start + 6ms), worker(log, 2, start + 2ms),
                                       worker(log, 3, start + 4ms));
  log.push_back("first result " + std::to_string(std::get<0>(results)));
}

Coroutine<> in_order_of_completion(Log& log) {
  const TimePoint start = loop_time();
  std::vector<Task<int>> tasks;
  for (const int number : {5, 1, 3})
    tasks.push_back(create_task(number_at(start + std::chrono::milliseconds(number), number)));
  for (auto next : as_completed(tasks)) {
    const int number = co_await next;
    log.push_back("result " + std::to_string(number));
  }
}

Coroutine<> out_of_time(Log& log) {
  try {
    co_await wait_for(worker(log, 1, loop_time() + 1h), 2ms);
  } catch (const TimeoutError&) {
    log.push_back("timed out");
  }
  CancelScope scope = move_on_after(2ms);
  co_await async_with(
      scope, [&log](CancelScope&) -> Coroutine<> { co_await worker(log, 2, loop_time() + 1h); });
  log.push_back(scope.cancelled_caught() ? "moved on" : "finished");
}

Coroutine<> hand_over(Log& log) {
  Queue<int> queue(1);
  Semaphore permits(2);
  const auto produce = [](Log& entries, Queue<int>& to) -> Coroutine<> {
    for (int i = 0; i < 4; ++i) {
      co_await to.put(i);
      entries.push_back("put " + std::to_string(i));
    }
    to.shutdown();
  };
  const auto consume = [](Log& entries, Queue<int>& from, Semaphore& limit) -> Coroutine<> {
    try {
      for (;;) {
        const int item = co_await from.get();
        const auto permit = co_await limit.hold();
        co_await sleep(1ms);
        entries.push_back("got " + std::to_string(item));
      }
    } catch (const QueueShutDown&) {
      entries.push_back("no more");
    }
  };
  co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
    group.create_task(produce(log, queue));
    group.create_task(consume(log, queue, permits));
    co_return;
  });
}

Coroutine<> one_after_another(Log& log, bool with_times) {
  const auto mark = [&log, with_times] {
    if (with_times) log.push_back(std::to_string(now().count()) + " ns");
  };
  co_await several_at_once(log);
  mark();
  co_await in_order_of_completion(log);
  mark();
  co_await out_of_time(log);
  mark();
  co_await hand_over(log);
  mark();
}

Log log_of(ClockKind clock, bool with_times) {
  LoopOptions options;
  options.clock = clock;
  Log log;
  Runner runner(options);
  runner.run(one_after_another(log, with_times));
  return log;
}

std::string one_text(const Log& log) {
  std::string text;
  for (const std::string& line : log)
    text += line + "\n";
  return text;
}

TEST_CASE("programs do the same in the same order on the virtual clock and on the real one") {
  const Log on_virtual_clock = log_of(ClockKind::virtual_time, false);
  CHECK(on_virtual_clock.size() == 23);
  CHECK(one_text(log_of(ClockKind::real, false)) == one_text(on_virtual_clock));
}

TEST_CASE("two runs on the virtual clock are the same to the nanosecond") {
  CHECK(log_of(ClockKind::virtual_time, true) == log_of(ClockKind::virtual_time, true));
}

}  // namespace

}  // namespace rondo::testing
