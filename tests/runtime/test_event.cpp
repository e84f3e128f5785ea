#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/event.h>
#include <rondo/runtime/wait.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

Coroutine<> wait_and_log(Event& event, Log& log, std::string name) {
  const bool happened = co_await event.wait();
  CHECK(happened);
  log.push_back(name);
}

TEST_CASE("a set event lets everybody pass without a turn of the loop [case 133]") {
  run_virtual([]() -> Coroutine<> {
    Event event;
    CHECK_FALSE(event.is_set());
    event.set();
    CHECK(event.is_set());
    const auto before = get_running_loop().turns();
    const bool happened = co_await event.wait();
    CHECK(happened);
    co_await event.wait();
    CHECK(get_running_loop().turns() == before);
  });
}

TEST_CASE("set wakes all, in order, after those that find the event set [case 133]") {
  run_virtual([]() -> Coroutine<> {
    Event event;
    Log log;
    create_task(wait_and_log(event, log, "1"));
    create_task(wait_and_log(event, log, "2"));
    co_await turns(1);
    CHECK(log.empty());
    create_task(wait_and_log(event, log, "3"));
    event.set();
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"3", "1", "2"});
  });
}

TEST_CASE("an event that is set and cleared at once wakes those that waited [case 133]") {
  run_virtual([]() -> Coroutine<> {
    Event event;
    Log log;
    auto waiting = create_task(wait_and_log(event, log, "1"));
    co_await turns(1);
    event.set();
    event.clear();
    CHECK_FALSE(event.is_set());
    event.set();
    event.set();
    event.clear();
    auto late = create_task(wait_and_log(event, log, "2"));
    co_await turns(1);
    CHECK(log == Log{"1"});
    CHECK(waiting.done());
    co_await turns(3);
    CHECK_FALSE(late.done());
    event.set();
    co_await late;
    CHECK(log == Log{"1", "2"});
  });
}

TEST_CASE("a cleared event is waited for again [case 133]") {
  run_virtual([]() -> Coroutine<> {
    Event event;
    event.clear();
    CHECK_FALSE(event.is_set());
    event.set();
    event.clear();
    Log log;
    auto waiting = create_task(wait_and_log(event, log, "1"));
    co_await turns(3);
    CHECK_FALSE(waiting.done());
    event.set();
    co_await turns(1);
    CHECK(waiting.done());
  });
}

TEST_CASE("a cancelled wait leaves the queue [case 134]") {
  run_virtual([]() -> Coroutine<> {
    Event event;
    Log log;
    auto first = create_task(wait_and_log(event, log, "1"));
    auto second = create_task(wait_and_log(event, log, "2"));
    co_await turns(1);
    first.cancel("enough");
    const std::string error = co_await error_of(first);
    CHECK(error == "cancelled: enough");
    CHECK_FALSE(second.done());
    event.set();
    co_await second;
    CHECK(log == Log{"2"});
  });
}

TEST_CASE("a waiter that is cancelled after set wakes nobody in its stead [case 134]") {
  run_virtual([]() -> Coroutine<> {
    Event event;
    Log log;
    auto later = create_task([&event, &log]() -> Coroutine<> {
      co_await turns(1);
      co_await wait_and_log(event, log, "later");
    });
    auto waiting = create_task(wait_and_log(event, log, "waiting"));
    co_await turns(1);
    event.set();  // wakes `waiting`
    event.clear();
    waiting.cancel();  // which runs after `later` has begun to wait
    co_await turns(5);
    CHECK(waiting.cancelled());
    CHECK(log.empty());
    CHECK_FALSE(later.done());
    event.set();
    co_await later;
    CHECK(log == Log{"later"});
  });
}

/// Tasks that wait for events which are set, cleared and cancelled at random. A model beside the
/// event knows who must have been woken.
Coroutine<> event_race(unsigned seed) {
  std::mt19937 random(seed);
  const auto number = [&random](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  struct Waiting {
    bool waits = false;     // inside wait()
    bool was_set = false;   // the event was set meanwhile
    bool too_soon = false;  // it returned though nobody had set the event
  };
  Event event;
  std::vector<Waiting> model(8);
  std::vector<Task<>> tasks;
  const auto worker = [&event](Waiting& self) -> Coroutine<> {
    for (int i = 0; i < 3; ++i) {
      self.was_set = event.is_set();
      self.waits = true;
      try {
        co_await event.wait();
      } catch (const CancelledError&) {
        self.waits = false;
        throw;
      }
      self.waits = false;
      if (!self.was_set) self.too_soon = true;
      co_await turns(1);
    }
  };
  for (auto& self : model)
    tasks.push_back(create_task(worker(self)));
  for (int step = 0; step < 40; ++step) {
    co_await turns(number(0, 1));
    const int choice = number(0, 4);
    if (choice == 0) tasks.at(static_cast<std::size_t>(number(0, 7))).cancel();
    if (choice == 1) event.clear();
    if (choice < 2) continue;
    event.set();
    for (auto& self : model)
      self.was_set = self.was_set || self.waits;
    if (choice > 2) event.clear();
  }
  event.set();
  const auto result = co_await wait(tasks, 1h);
  CHECK_MESSAGE(result.pending.empty(), "a wake-up was lost");
  for (const auto& self : model)
    CHECK_FALSE(self.too_soon);
}

TEST_CASE("whatever the order of cancellations, an event wakes all that waited and no other" *
          doctest::test_suite("heavy")) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed ", seed);
    run_virtual([seed]() -> Coroutine<> { return event_race(seed); });
  }
}

}  // namespace
}  // namespace rondo::testing
