#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/condition.h>
#include <rondo/runtime/wait.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

Coroutine<> wait_and_log(Condition& condition, Log& log, std::string name) {
  const auto held = co_await condition.hold();
  const bool notified = co_await condition.wait();
  CHECK(notified);
  CHECK(condition.locked());
  log.push_back(name);
}

/// Notifies with the lock held for that alone.
Coroutine<> notify(Condition& condition, std::size_t count) {
  const auto held = co_await condition.hold();
  condition.notify(count);
}

TEST_CASE("a condition can neither be waited for nor notified without its lock [case 135]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    CHECK_THROWS_WITH_AS(condition.notify(), "cannot notify on un-acquired lock", RuntimeError);
    CHECK_THROWS_AS(condition.notify_all(), RuntimeError);
    const std::string error = co_await error_of(condition.wait());
    CHECK(error == "cannot wait on un-acquired lock");
    const bool in_wait_for =
        co_await throws<RuntimeError>(condition.wait_for([] { return false; }));
    CHECK(in_wait_for);
    const bool already = co_await condition.wait_for([] { return true; });
    CHECK(already);
  });
}

TEST_CASE("notify wakes so many, in order, and each holds the lock [case 135]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    Log log;
    for (const char* name : {"1", "2", "3", "4"})
      create_task(wait_and_log(condition, log, name));
    co_await turns(2);
    CHECK_FALSE(condition.locked());
    co_await notify(condition, 1);
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"1"});
    co_await notify(condition, 2);
    co_await turns(3);
    CHECK(log == Log{"1", "2", "3"});
    co_await notify(condition, 2048);
    co_await turns(3);
    CHECK(log == Log{"1", "2", "3", "4"});
    CHECK_FALSE(condition.locked());
  });
}

TEST_CASE("notify_all wakes all that wait [case 135]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    Log log;
    for (const char* name : {"1", "2", "3"})
      create_task(wait_and_log(condition, log, name));
    co_await turns(2);
    {
      const auto held = co_await condition.hold();
      condition.notify_all();
    }
    co_await turns(5);
    CHECK(log == Log{"1", "2", "3"});
  });
}

TEST_CASE("a task that was notified waits for the lock before it goes on [case 135]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    Log log;
    auto first = create_task(wait_and_log(condition, log, "1"));
    auto second = create_task(wait_and_log(condition, log, "2"));
    co_await turns(2);
    co_await condition.acquire();
    condition.notify(2);
    co_await turns(3);
    CHECK(log.empty());
    condition.release();
    co_await turns(1);
    CHECK(log == Log{"1"});
    co_await turns(1);
    CHECK(log == Log{"1", "2"});
    CHECK(first.done());
    CHECK(second.done());
  });
}

TEST_CASE("two conditions share one lock") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Condition readable(lock);
    Condition writable(lock);
    Log log;
    auto reader = create_task(wait_and_log(readable, log, "reader"));
    auto writer = create_task(wait_and_log(writable, log, "writer"));
    co_await turns(2);
    co_await lock.acquire();
    CHECK(readable.locked());
    writable.notify();
    lock.release();
    co_await writer;
    CHECK(log == Log{"writer"});
    co_await notify(readable, 1);
    co_await reader;
  });
}

TEST_CASE("wait_for looks again after each notification [case 136]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    int state = 0;
    int looks = 0;
    auto task = create_task([&]() -> Coroutine<bool> {
      const auto held = co_await condition.hold();
      const bool value = co_await condition.wait_for([&] {
        ++looks;
        return state == 2;
      });
      co_return value;
    });
    co_await turns(2);
    CHECK(looks == 1);
    for (int i = 1; i <= 2; ++i) {
      CHECK_FALSE(task.done());
      state = i;
      co_await notify(condition, 1);
      co_await turns(2);
      CHECK(looks == i + 1);
    }
    CHECK(task.done());
    CHECK(task.result());
  });
}

TEST_CASE(
    "wait_for a predicate that is true does not wait, one that throws keeps the lock [case 136]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    const auto held = co_await condition.hold();
    const auto before = get_running_loop().turns();
    const bool value = co_await condition.wait_for([] { return true; });
    CHECK(value);
    CHECK(get_running_loop().turns() == before);
    const std::string error = co_await error_of(
        condition.wait_for([]() -> bool { throw std::runtime_error("no idea"); }));
    CHECK(error == "no idea");
    CHECK(condition.locked());
  });
}

TEST_CASE("a cancelled wait takes the lock again before it throws [case 137]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    bool locked_at_end = false;
    auto task = create_task([&]() -> Coroutine<> {
      co_await condition.acquire();
      try {
        co_await condition.wait();
      } catch (const CancelledError&) {
        locked_at_end = condition.locked();
        condition.release();
        throw;
      }
    });
    co_await turns(1);
    CHECK_FALSE(condition.locked());
    SUBCASE("a free lock") {
      task.cancel("enough");
      co_await turns(1);
    }
    SUBCASE("a lock that somebody else holds") {
      co_await condition.acquire();
      task.cancel("enough");
      co_await turns(3);
      CHECK_FALSE(task.done());
      condition.release();
      co_await turns(1);
    }
    CHECK(task.done());
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: enough");
    CHECK(locked_at_end);
    CHECK_FALSE(condition.locked());
  });
}

TEST_CASE("a cancellation while the lock is taken again comes when it is held [case 137]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    Log log;
    auto task = create_task(wait_and_log(condition, log, "1"));
    auto other = create_task(wait_and_log(condition, log, "2"));
    co_await turns(2);
    co_await condition.acquire();
    condition.notify();
    co_await turns(1);  // the task was notified, and waits for the lock
    task.cancel("first");
    co_await turns(1);
    CHECK_FALSE(task.done());
    task.cancel("second");
    co_await turns(1);
    CHECK_FALSE(task.done());
    condition.release();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: second");
    co_await other;  // the notification was passed on
    CHECK(log == Log{"2"});
  });
}

/// Takes items off a count for ever, until that is negative.
Coroutine<> consume(Condition& condition, int& state) {
  const auto held = co_await condition.hold();
  for (;;) {
    co_await condition.wait_for([&state] { return state != 0; });
    if (state < 0) co_return;
    --state;
    condition.notify_all();
  }
}

TEST_CASE("what a cancelled waiter was notified of is taken by another one [case 138]") {
  run_virtual([]() -> Coroutine<> {
    Condition condition;
    int state = 0;
    auto first = create_task(consume(condition, state));
    auto second = create_task(consume(condition, state));
    co_await sleep(100ms);
    co_await condition.acquire();
    ++state;
    condition.notify(1);
    SUBCASE("cancelled in the turn of the notification") {
      first.cancel();
    }
    SUBCASE("cancelled while it waits for the lock") {
      co_await turns(1);
      first.cancel();
    }
    co_await condition.wait_for([&state] { return state == 0; });
    CHECK(state == 0);
    CHECK(now() == 100ms);
    state = -1;
    condition.notify_all();
    condition.release();
    co_await second;
    CHECK(first.cancelled());
  });
}

/// Producers and consumers of a count, cancelled at random. Every unit that is produced is there
/// or was consumed, and no consumer waits while there is one.
class ConditionRace {
 public:
  explicit ConditionRace(unsigned seed) : random_(seed) {}

  Coroutine<> run() {
    const int consumers = number(2, 6);
    for (int i = 0; i < consumers; ++i)
      consumers_.push_back(create_task(consumer()));
    for (int step = 0; step < 40; ++step) {
      co_await turns(number(0, 2));
      const int choice = number(0, 6);
      if (choice < 2) producers_.push_back(create_task(producer()));
      if (choice == 2) consumers_.push_back(create_task(consumer()));
      if (choice == 3 || choice == 4) pick(consumers_).cancel();
      if (choice == 5 && !producers_.empty()) pick(producers_).cancel();
      if (choice == 6) co_await sleep(1ms);
    }
    // As many units as there ever were consumers: each that lives gets one.
    for (std::size_t i = 0; i < consumers_.size(); ++i)
      producers_.push_back(create_task(producer()));
    const auto produced = co_await wait(producers_, 1h);
    CHECK_MESSAGE(produced.pending.empty(), "a producer never got the lock");
    const auto consumed = co_await wait(consumers_, 1h);
    CHECK_MESSAGE(consumed.pending.empty(), "a notification was lost");
    CHECK(units_ == produced_ - consumed_);
    CHECK(units_ >= 0);
    CHECK_FALSE(broken_);
    CHECK_FALSE(condition_.locked());
  }

 private:
  int number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  AnyTask pick(const std::vector<Task<>>& tasks) {
    return tasks.at(static_cast<std::size_t>(number(0, static_cast<int>(tasks.size()) - 1)));
  }

  Coroutine<> consumer() {
    const auto held = co_await condition_.hold();
    co_await condition_.wait_for([this] { return units_ > 0; });
    if (!condition_.locked()) broken_ = true;
    --units_;
    ++consumed_;
    if (number(0, 2) == 0) co_await turns(1);
  }

  Coroutine<> producer() {
    const auto held = co_await condition_.hold();
    ++units_;
    ++produced_;
    condition_.notify(1);
    if (number(0, 2) == 0) co_await turns(number(1, 2));
  }

  Condition condition_;
  std::mt19937 random_;
  std::vector<Task<>> consumers_;
  std::vector<Task<>> producers_;
  int units_ = 0;
  int produced_ = 0;
  int consumed_ = 0;
  bool broken_ = false;  // somebody came back from wait_for without the lock
};

TEST_CASE("whatever the order of cancellations, no notification is lost" *
          doctest::test_suite("heavy")) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed ", seed);
    run_virtual([seed]() -> Coroutine<> {
      ConditionRace race(seed);
      co_await race.run();
    });
  }
}

}  // namespace
}  // namespace rondo::testing
