#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/handle.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Order = std::vector<int>;

TEST_CASE("call_soon runs callbacks in order, with their arguments") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    std::string log;
    loop.call_soon([&log] { log += "a"; });
    loop.call_soon([&log](const std::string& text,
                          std::unique_ptr<int> n) { log += text + std::to_string(*n); },
                   std::string("b"), std::make_unique<int>(1));
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == "ab1");
  });
}

TEST_CASE("negative delays run by deadline, in the next turn [case 155]") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    Order order;
    loop.call_later(-1s, [&order] { order.push_back(1); });
    loop.call_later(-2s, [&order] { order.push_back(2); });
    CHECK(order.empty());
    co_await turns(2);  // this task's own step is first in the turn in which they run
    CHECK(order == Order{2, 1});
    CHECK(now() == 0s);
  });
}

TEST_CASE("a delay that is not a number is refused [case 155]") {
  Loop loop(virtual_time());
  const std::chrono::duration<double> nan(std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(loop.call_later(nan, [] {}), ValueError);
}

TEST_CASE("timers run by deadline, and equal ones in the order in which they were set") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    Order order;
    const auto note = [&order](int number) { order.push_back(number); };
    for (int i = 0; i < 20; ++i)
      loop.call_later(2s, note, i);
    loop.call_later(3s, note, 300);
    loop.call_at(loop.time() + 1s, note, 100);
    const auto handle = loop.call_at(TimePoint(2s), note, 20);
    CHECK(handle.when() == TimePoint(2s));
    co_await sleep(5s);
    Order expected{100};
    for (int i = 0; i <= 20; ++i)
      expected.push_back(i);
    expected.push_back(300);
    CHECK(order == expected);
  });
}

TEST_CASE("a cancelled callback never runs, and its function goes at once [case 156]") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    int ran = 0;
    auto soon = loop.call_soon([&ran, kept = Counted()] { ++ran; });
    auto later = loop.call_later(1s, [&ran, kept = Counted()] { ++ran; });
    CHECK(Counted::alive == 2);
    CHECK_FALSE(soon.cancelled());
    soon.cancel();
    later.cancel();
    later.cancel();
    CHECK(soon.cancelled());
    CHECK(later.cancelled());
    CHECK(Counted::alive == 0);
    co_await sleep(2s);
    CHECK(ran == 0);
  });
  CHECK(Counted::broken == 0);
}

TEST_CASE("a timer cancelled in the turn in which it is due does not run") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    bool ran = false;
    TimerHandle second;
    loop.call_later(1s, [&second] { second.cancel(); });
    second = loop.call_later(1s, [&ran] { ran = true; });
    co_await sleep(2s);
    CHECK_FALSE(ran);
  });
}

TEST_CASE("a cancelled first timer does not wake the loop early [case 156]") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    auto first = loop.call_later(1s, [] {});
    const auto turns_before = loop.turns();
    loop.call_later(-1s, [&first] { first.cancel(); });
    co_await sleep(10s);
    CHECK(loop.turns() - turns_before == 3);  // the cancel, the deadline, the step after it
  });
}

TEST_CASE("cancelling a callback that has run does nothing, even from within") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    Handle handle;
    int ran = 0;
    handle = loop.call_soon([&handle, &ran, kept = Counted()] {
      handle.cancel();
      ran += kept.number() + 1;
    });
    co_await turns(2);
    CHECK(ran == 1);
    CHECK(Counted::alive == 0);
    handle.cancel();
    Handle().cancel();
    CHECK_FALSE(Handle().cancelled());
  });
  CHECK(Counted::broken == 0);
}

TEST_CASE("a callback runs though its handle was dropped") {
  run_virtual([]() -> Coroutine<> {
    int ran = 0;
    get_running_loop().call_soon([&ran] { ++ran; });
    get_running_loop().call_later(1s, [&ran] { ++ran; });
    co_await sleep(2s);
    CHECK(ran == 2);
  });
}

TEST_CASE("a callback that schedules itself runs once a turn [case 157]") {
  run_virtual([]() -> Coroutine<> {
    Loop& loop = get_running_loop();
    int ran = 0;
    std::function<void()> again = [&] {
      if (++ran < 5) loop.call_soon(again);
    };
    loop.call_soon(again);
    co_await turns(1);
    CHECK(ran == 1);
    co_await turns(2);
    CHECK(ran == 3);
    co_await turns(10);
    CHECK(ran == 5);
  });
}

TEST_CASE("what a closed loop had scheduled is dropped, and nothing can be added [case 154]") {
  Loop loop(virtual_time());
  auto soon = loop.call_soon([kept = Counted()] {});
  auto later = loop.call_later(1s, [kept = Counted()] {});
  CHECK(Counted::alive == 2);
  loop.close();
  soon = Handle();
  later = TimerHandle();
  CHECK(Counted::alive == 0);
  CHECK_THROWS_WITH_AS(loop.call_soon([] {}), "the event loop is closed", RuntimeError);
  CHECK_THROWS_WITH_AS(loop.call_later(1s, [] {}), "the event loop is closed", RuntimeError);
  CHECK_THROWS_WITH_AS(loop.call_at(TimePoint(), [] {}), "the event loop is closed", RuntimeError);
}

TEST_CASE("a handle may outlive its loop") {
  TimerHandle timer;
  Handle soon;
  {
    Loop loop(virtual_time());
    timer = loop.call_later(1s, [kept = Counted()] {});
    soon = loop.call_soon([kept = Counted()] {});
  }
  timer.cancel();
  soon.cancel();
  CHECK(Counted::alive == 0);
}

TEST_CASE("a hundred thousand timers run in order, those that were cancelled never" *
          doctest::test_suite("heavy")) {
  run_virtual([]() -> Coroutine<> {
    constexpr std::size_t count = 100'000;
    Loop& loop = get_running_loop();
    std::vector<TimerHandle> handles;
    std::size_t ran = 0;
    std::size_t out_of_order = 0;
    std::size_t wrongly_run = 0;
    TimePoint last{};
    unsigned random = 12345;
    for (std::size_t i = 0; i < count; ++i) {
      random = random * 1664525 + 1013904223;
      const std::chrono::microseconds delay(1 + (random >> 12));
      handles.push_back(loop.call_later(delay, [&, i] {
        ++ran;
        if (loop.time() < last) ++out_of_order;
        if (loop.time() != handles[i].when()) ++out_of_order;
        if (i % 3 == 0) ++wrongly_run;
        last = loop.time();
      }));
    }
    for (std::size_t i = 0; i < count; i += 3)
      handles[i].cancel();
    co_await sleep(2s);
    CHECK(ran == count - (count + 2) / 3);
    CHECK(out_of_order == 0);
    CHECK(wrongly_run == 0);
  });
}

}  // namespace
}  // namespace rondo::testing
