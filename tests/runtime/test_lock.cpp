#include <algorithm>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/lock.h>
#include <rondo/runtime/semaphore.h>
#include <rondo/runtime/wait.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

Coroutine<> take(Lock& lock, Log& log, std::string name) {
  const bool taken = co_await lock.acquire();
  CHECK(taken);
  log.push_back(std::move(name));
}

TEST_CASE("a free lock is taken without a turn of the loop") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    CHECK_FALSE(lock.locked());
    const auto before = get_running_loop().turns();
    const bool taken = co_await lock.acquire();
    CHECK(taken);
    CHECK(lock.locked());
    lock.release();
    CHECK_FALSE(lock.locked());
    CHECK(get_running_loop().turns() == before);
  });
}

TEST_CASE("tasks get the lock in the order in which they came, one a release [case 129]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Log log;
    co_await lock.acquire();
    auto first = create_task(take(lock, log, "1"));
    auto second = create_task(take(lock, log, "2"));
    co_await turns(1);
    CHECK(log.empty());
    lock.release();
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"1"});
    CHECK(lock.locked());
    co_await turns(3);
    CHECK(log == Log{"1"});
    auto third = create_task(take(lock, log, "3"));
    lock.release();
    co_await turns(1);
    CHECK(log == Log{"1", "2"});
    lock.release();
    co_await turns(1);
    CHECK(log == Log{"1", "2", "3"});
    CHECK(first.done());
    CHECK(second.done());
    CHECK(third.done());
  });
}

TEST_CASE("a task that comes between a release and its taker queues behind it [case 129]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Log log;
    co_await lock.acquire();
    auto waiting = create_task(take(lock, log, "waiting"));
    co_await turns(1);
    auto late = create_task(take(lock, log, "late"));
    lock.release();
    CHECK_FALSE(lock.locked());  // promised, and not taken yet
    co_await turns(1);
    CHECK(log == Log{"waiting"});
    CHECK_FALSE(late.done());
    lock.release();
    co_await late;
    CHECK(log == Log{"waiting", "late"});
  });
}

TEST_CASE("whoever comes passes by waiters that are all cancelled [case 130]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Log log;
    co_await lock.acquire();
    auto first = create_task(take(lock, log, "1"));
    auto second = create_task(take(lock, log, "2"));
    co_await turns(1);
    first.cancel();
    second.cancel();
    lock.release();
    const auto before = get_running_loop().turns();
    co_await lock.acquire();
    CHECK(get_running_loop().turns() == before);
    co_await turns(1);
    CHECK(first.cancelled());
    CHECK(second.cancelled());
    CHECK(lock.locked());
    CHECK(log.empty());
  });
}

TEST_CASE("a cancelled waiter leaves the queue, and the lock stays usable [case 130]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Log log;
    co_await lock.acquire();
    auto waiting = create_task(take(lock, log, "1"));
    co_await turns(1);
    waiting.cancel("enough");
    const std::string error = co_await error_of(waiting);
    CHECK(error == "cancelled: enough");
    CHECK(lock.locked());
    lock.release();
    CHECK_FALSE(lock.locked());
    co_await take(lock, log, "2");
    CHECK(log == Log{"2"});
  });
}

TEST_CASE(
    "a release in the turn in which the first waiter is cancelled wakes the second [case 131]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Log log;
    co_await lock.acquire();
    auto first = create_task(take(lock, log, "1"));
    auto second = create_task(take(lock, log, "2"));
    auto third = create_task(take(lock, log, "3"));
    co_await turns(1);
    SUBCASE("cancelled, then released") {
      first.cancel();
      lock.release();
    }
    SUBCASE("released, then cancelled") {
      lock.release();
      first.cancel();
    }
    co_await error_of(first);
    co_await turns(1);
    CHECK(first.cancelled());
    CHECK(second.done());
    CHECK_FALSE(third.done());
    CHECK(log == Log{"2"});
    CHECK(lock.locked());
    third.cancel();
    co_await turns(1);
    CHECK(third.cancelled());
    lock.release();
    CHECK_FALSE(lock.locked());
  });
}

TEST_CASE("a waiter that was woken and cancelled wakes nobody while the lock is taken [case 131]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Log log;
    co_await lock.acquire();
    auto first = create_task(take(lock, log, "1"));
    auto second = create_task(take(lock, log, "2"));
    co_await turns(1);
    first.cancel();
    second.cancel();
    lock.release();
    co_await lock.acquire();  // all who wait are cancelled
    auto third = create_task(take(lock, log, "3"));
    co_await turns(3);
    CHECK(log.empty());
    lock.release();
    co_await third;
    CHECK(log == Log{"3"});
  });
}

TEST_CASE("a request to cancel that is taken back leaves the waiter its lock [case 131]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    Log log;
    co_await lock.acquire();
    auto waiting = create_task(take(lock, log, "1"));
    co_await turns(1);
    lock.release();
    waiting.cancel();
    waiting.uncancel();
    co_await waiting;
    CHECK(log == Log{"1"});
    CHECK(lock.locked());
  });
}

TEST_CASE("a lock that is not held cannot be released [case 132]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    CHECK_THROWS_WITH_AS(lock.release(), "Lock is not acquired.", RuntimeError);
    co_await lock.acquire();
    lock.release();
    CHECK_THROWS_AS(lock.release(), RuntimeError);
  });
}

TEST_CASE("a hold releases the lock at the end of its scope, on an error as well [case 132]") {
  run_virtual([]() -> Coroutine<> {
    Lock lock;
    {
      auto held = co_await lock.hold();
      CHECK(lock.locked());
      auto moved = std::move(held);
      CHECK(lock.locked());
    }
    CHECK_FALSE(lock.locked());
    const auto failing = [](Lock& shared) -> Coroutine<> {
      auto held = co_await shared.hold();
      co_await sleep(1s);
      throw std::runtime_error("boom");
    };
    auto first = create_task(error_of(failing(lock)));
    auto second = create_task(failing(lock));
    auto third = create_task(failing(lock));
    co_await sleep(500ms);
    second.cancel();  // while it waits
    co_await sleep(1s);
    third.cancel();  // while it holds
    const std::string error = co_await first;
    CHECK(error == "boom");
    co_await turns(1);
    CHECK(second.cancelled());
    CHECK(third.cancelled());
    CHECK_FALSE(lock.locked());
  });
}

/// A little program of tasks that share a lock, or a semaphore, and are cancelled now and then.
template <class L>
class LockRace {
 public:
  LockRace(L& lock, int places, unsigned seed) : lock_(lock), places_(places), random_(seed) {}

  Coroutine<> run() {
    const int tasks = number(2, 7);
    for (int i = 0; i < tasks; ++i)
      tasks_.push_back(create_task(worker()));
    const int steps = number(5, 30);
    for (int i = 0; i < steps; ++i) {
      co_await turns(number(0, 2));
      if (number(0, 3) == 0) co_await sleep(std::chrono::milliseconds(number(0, 3)));
      const int choice = number(0, 5);
      if (choice < 3) pick().cancel();
      if (choice == 3) tasks_.push_back(create_task(worker()));
      if (choice == 4) {
        AnyTask task = pick();
        task.cancel();
        task.uncancel();
      }
    }
    const auto result = co_await wait(tasks_, 1h);
    CHECK_MESSAGE(result.pending.empty(), "a wake-up was lost");
    CHECK_FALSE(broken_);
    CHECK(inside_ == 0);
    for (int i = 0; i < places_; ++i) {
      CHECK_FALSE(lock_.locked());
      co_await wait_for(lock_.acquire(), 1s);
    }
    CHECK(lock_.locked());
  }

 private:
  int number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  AnyTask pick() {
    return tasks_.at(static_cast<std::size_t>(number(0, static_cast<int>(tasks_.size()) - 1)));
  }

  Coroutine<> worker() {
    const int rounds = number(1, 4);
    for (int i = 0; i < rounds; ++i) {
      const int choice = number(0, 2);
      if (choice == 0) {
        const auto held = co_await lock_.hold();
        co_await stay_inside();
      } else if (choice == 1) {
        co_await impatient();
      } else {
        co_await lock_.acquire();
        std::exception_ptr error;
        try {
          co_await stay_inside();
        } catch (const CancelledError&) {
          error = std::current_exception();
        }
        lock_.release();
        if (error) std::rethrow_exception(error);
      }
    }
  }

  Coroutine<> impatient() {
    bool taken = false;
    try {
      taken = co_await wait_for(lock_.acquire(), std::chrono::milliseconds(number(1, 2)));
    } catch (const TimeoutError&) {
      taken = false;
    }
    if (!taken) co_return;
    if (++inside_ > places_) broken_ = true;
    --inside_;
    lock_.release();
  }

  Coroutine<> stay_inside() {
    struct Inside {
      explicit Inside(int& counter) : count(counter) { ++count; }
      Inside(const Inside&) = delete;
      Inside& operator=(const Inside&) = delete;
      ~Inside() { --count; }
      int& count;
    };
    const Inside inside(inside_);
    if (inside_ > places_) broken_ = true;
    const int choice = number(0, 3);
    if (choice == 0) co_await turns(number(1, 2));
    if (choice == 1) co_await sleep(std::chrono::milliseconds(number(1, 3)));
  }

  L& lock_;
  int places_;
  std::mt19937 random_;
  std::vector<Task<>> tasks_;
  int inside_ = 0;
  bool broken_ = false;  // more were inside than there are places
};

TEST_CASE("whatever the order of cancellations, a lock has one holder and no wake-up is lost" *
          doctest::test_suite("heavy")) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed ", seed);
    run_virtual([seed]() -> Coroutine<> {
      Lock lock;
      LockRace race(lock, 1, seed);
      co_await race.run();
    });
  }
}

TEST_CASE("whatever the order of cancellations, a semaphore keeps all its places" *
          doctest::test_suite("heavy")) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed ", seed);
    run_virtual([seed]() -> Coroutine<> {
      const int places = 1 + static_cast<int>(seed % 3);
      Semaphore semaphore(places);
      LockRace race(semaphore, places, seed);
      co_await race.run();
    });
  }
}

}  // namespace
}  // namespace rondo::testing
