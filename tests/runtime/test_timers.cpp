// Deadlines at the edges: none at all, in the past, years ahead, a hundred thousand at one moment,
// moved and called off by callbacks.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/handle.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Order = std::vector<int>;

constexpr Duration ten_years = std::chrono::years(10);

TEST_CASE("[fault 54] deadlines of zero, below it and in the past run in the next turn") {
  run_virtual([]() -> Coroutine<> {
    co_await sleep(1h);
    Loop& loop = get_running_loop();
    Order order;
    const auto note = [&order](int number) { order.push_back(number); };
    loop.call_later(0s, note, 5);
    loop.call_later(-1ns, note, 4);
    loop.call_at(TimePoint(30min), note, 3);
    loop.call_at(TimePoint(-5s), note, 2);
    loop.call_at(TimePoint::min(), note, 1);
    CHECK(order.empty());
    co_await turns(2);  // this task's own step is first in the turn in which they run
    CHECK(order == Order{1, 2, 3, 4, 5});
    CHECK(now() == 1h);
  });
}

TEST_CASE("[fault 54] ten years ahead is a deadline like any other, and so is the end of time") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    bool ended = false;
    const auto last = loop.call_at(TimePoint::max(), [&ended] { ended = true; });
    co_await sleep(ten_years);
    CHECK(now() == ten_years);
    co_await sleep(1ns);
    CHECK(now() == ten_years + 1ns);
    CHECK_FALSE(ended);
  });
}

TEST_CASE("[fault 54] a real loop with nothing but a deadline in ten years sleeps until woken" *
          doctest::test_suite("real kernel")) {
  Loop loop;
  const auto distant = loop.call_later(ten_years, [] {});
  const auto more_distant = loop.call_later(Duration::max(), [] {});
  const auto before = loop.turns();
  std::thread waker([&loop] { loop.call_soon_threadsafe([&loop] { loop.stop(); }); });
  loop.run_forever();
  waker.join();
  CHECK(loop.turns() - before <= 5);
}

TEST_CASE("[fault 54] a hundred thousand equal deadlines run in one turn, as they were set" *
          doctest::test_suite("heavy")) {
  run_virtual([]() -> Coroutine<> {
    constexpr int count = 100'000;
    Loop& loop = get_running_loop();
    Order order;
    order.reserve(count);
    for (int i = 0; i < count; ++i)
      loop.call_at(TimePoint(1s), [&order](int number) { order.push_back(number); }, i);
    const auto before = loop.turns();
    co_await sleep(2s);
    Order expected(count);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(order == expected);
    CHECK(loop.turns() - before <= 3);
  });
}

/// A timer that is moved as asyncio's are: called off, and set anew.
class Movable {
 public:
  explicit Movable(std::vector<Duration>& fired) : fired_(fired) {}
  void set(TimePoint when) {
    handle_.cancel();
    handle_ = get_running_loop().call_at(when, [this] { fired_.push_back(now()); });
  }

 private:
  std::vector<Duration>& fired_;
  TimerHandle handle_;
};

TEST_CASE("[fault 54] callbacks move timers to earlier and later moments, and each fires once") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    std::vector<Duration> fired;
    Movable later(fired);
    Movable earlier(fired);
    Movable past(fired);
    later.set(TimePoint(2s));
    earlier.set(TimePoint(9s));
    past.set(TimePoint(8s));
    loop.call_at(TimePoint(1s), [&] {
      later.set(TimePoint(5s));
      earlier.set(TimePoint(3s));
      past.set(TimePoint(0s));
    });
    co_await sleep(1h);
    CHECK(fired == std::vector<Duration>{1s, 3s, 5s});
  });
}

TEST_CASE("[fault 54] a callback sets its own timer again, at the same moment: the next turn") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    std::vector<std::uint64_t> in_turn;
    const auto again = [&](const auto& self) -> void {
      in_turn.push_back(loop.turns());
      if (in_turn.size() < 4) loop.call_at(TimePoint(1s), [&self] { self(self); });
    };
    loop.call_at(TimePoint(1s), [&again] { again(again); });
    co_await sleep(2s);
    REQUIRE(in_turn.size() == 4);
    for (std::size_t i = 1; i < in_turn.size(); ++i)
      CHECK(in_turn[i] == in_turn[i - 1] + 1);
  });
}

TEST_CASE("[fault 54] a callback calls off timers of its own moment, before and after it") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    Order order;
    std::vector<TimerHandle> handles;
    for (int i = 0; i < 5; ++i) {
      handles.push_back(loop.call_at(
          TimePoint(1s),
          [&](int number) {
            order.push_back(number);
            if (number != 1) return;
            handles[0].cancel();  // has run
            handles[1].cancel();  // runs
            handles[2].cancel();  // is on the ready queue already
            handles[4].cancel();
          },
          i));
    }
    co_await sleep(2s);
    CHECK(order == Order{0, 1, 3});
  });
}

TEST_CASE("[fault 54] timers that come and go at random fire in order, and none that is gone") {
  run_virtual([]() -> Coroutine<> {
    constexpr int count = 5'000;
    Loop& loop = get_running_loop();
    std::vector<Duration> fired;
    std::vector<TimerHandle> handles;
    std::size_t expected = 0;
    for (int i = 0; i < count; ++i) {
      const auto when = TimePoint(std::chrono::milliseconds(1 + i * 7919 % 1000));
      handles.push_back(loop.call_at(when, [&fired] { fired.push_back(now()); }));
      if (i % 3 == 0) {
        handles[static_cast<std::size_t>(i * 31 % (i + 1))].cancel();
      }
    }
    for (const TimerHandle& handle : handles)
      expected += handle.cancelled() ? 0 : 1;
    co_await sleep(1h);
    CHECK(fired.size() == expected);
    CHECK(expected < count);
    CHECK(std::ranges::is_sorted(fired));
  });
}

TEST_CASE("deadlines that lie close together are met in one turn, none early" *
          doctest::test_suite("real kernel")) {
  LoopOptions options;
  options.clock = ClockKind::real;
  options.timer_grain = 10ms;
  std::set<std::uint64_t> turns;
  int early = 0;
  Runner runner(options);
  runner.run([](std::set<std::uint64_t>& turns_of_all, int& too_early) -> Coroutine<> {
    Loop& loop = get_running_loop();
    const TimePoint begin = loop.time() + 5ms;
    for (int i = 0; i < 100; ++i) {
      const TimePoint deadline = begin + i * 10us;
      loop.call_at(deadline, [&loop, &turns_of_all, &too_early, deadline] {
        turns_of_all.insert(loop.turns());
        if (loop.time() < deadline) ++too_early;
      });
    }
    co_await sleep(50ms);
  }(turns, early));
  CHECK(early == 0);
  CHECK(turns.size() <= 2);  // a millisecond of deadlines touches two grains at most
}

}  // namespace
}  // namespace rondo::testing
