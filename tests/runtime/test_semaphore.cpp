#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/semaphore.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

Coroutine<> take(Semaphore& semaphore, Log& log, std::string name) {
  co_await semaphore.acquire();
  log.push_back(name);
}

TEST_CASE("a semaphore has as many places as it was given [case 139]") {
  run_virtual([]() -> Coroutine<> {
    CHECK(Semaphore(0).locked());
    CHECK_FALSE(Semaphore().locked());
    CHECK_THROWS_AS(Semaphore(-1), ValueError);
    Semaphore semaphore(3);
    const auto before = get_running_loop().turns();
    for (int i = 0; i < 3; ++i) {
      CHECK_FALSE(semaphore.locked());
      const bool taken = co_await semaphore.acquire();
      CHECK(taken);
    }
    CHECK(get_running_loop().turns() == before);
    CHECK(semaphore.locked());
    Log log;
    auto fourth = create_task(take(semaphore, log, "fourth"));
    co_await turns(3);
    CHECK(log.empty());
    semaphore.release();
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"fourth"});
    CHECK(semaphore.locked());
  });
}

Coroutine<> take_twice(Semaphore& semaphore, Log& log, std::string name) {
  for (const char* round : {"_1", "_2"}) {
    co_await semaphore.acquire();
    log.push_back(name + round);
    co_await sleep(10ms);
    semaphore.release();
  }
}

TEST_CASE("tasks are served in the order in which they came [case 140]") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(1);
    Log log;
    auto first = create_task(take_twice(semaphore, log, "c1"));
    auto second = create_task(take_twice(semaphore, log, "c2"));
    auto third = create_task(take_twice(semaphore, log, "c3"));
    co_await first;
    co_await second;
    co_await third;
    CHECK(log == Log{"c1_1", "c2_1", "c3_1", "c1_2", "c2_2", "c3_2"});
    CHECK_FALSE(semaphore.locked());
  });
}

TEST_CASE("a task that comes later does not overtake one that waits [case 140]") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(1);
    Log log;
    co_await semaphore.acquire();
    create_task(take(semaphore, log, "1"));
    create_task(take(semaphore, log, "2"));
    create_task(take(semaphore, log, "3"));
    co_await turns(1);
    semaphore.release();
    semaphore.release();
    // Two places are promised already; this task finds one more released while others wait.
    auto fourth = create_task(take(semaphore, log, "4"));
    semaphore.release();
    semaphore.release();
    co_await turns(3);
    CHECK(log == Log{"1", "2", "3", "4"});
    CHECK(fourth.done());
    CHECK(semaphore.locked());
  });
}

TEST_CASE("a release in the turn in which waiters are cancelled is not lost [case 141]") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(1);
    Log log;
    co_await semaphore.acquire();
    auto first = create_task(take(semaphore, log, "1"));
    auto second = create_task(take(semaphore, log, "2"));
    auto third = create_task(take(semaphore, log, "3"));
    auto fourth = create_task(take(semaphore, log, "4"));
    co_await turns(1);
    first.cancel();
    second.cancel();
    semaphore.release();
    co_await turns(1);
    CHECK(first.cancelled());
    CHECK(second.cancelled());
    CHECK(log == Log{"3"});
    CHECK(third.done());
    CHECK_FALSE(fourth.done());
    CHECK(semaphore.locked());
    semaphore.release();
    co_await fourth;
    CHECK(log == Log{"3", "4"});
  });
}

TEST_CASE("a cancelled waiter passes its wake-up on [case 141]") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(0);
    Log log;
    auto first = create_task(take(semaphore, log, "1"));
    auto second = create_task(take(semaphore, log, "2"));
    co_await turns(1);
    semaphore.release();
    first.cancel();  // after it was promised the place
    co_await turns(2);
    CHECK(first.cancelled());
    CHECK(second.done());
    CHECK(log == Log{"2"});
    auto third = create_task(take(semaphore, log, "3"));
    co_await turns(1);
    semaphore.release();
    third.cancel();
    co_await turns(1);
    CHECK_FALSE(semaphore.locked());  // nobody waits: the place is free again
  });
}

TEST_CASE("cancelled waiters leave the semaphore as it was [case 141]") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(1);
    Log log;
    co_await semaphore.acquire();
    std::vector<Task<>> tasks;
    for (int i = 0; i < 100; ++i)
      tasks.push_back(create_task(take(semaphore, log, std::to_string(i))));
    co_await turns(1);
    for (auto& task : tasks)
      task.cancel();
    co_await turns(1);
    CHECK(semaphore.locked());
    semaphore.release();
    CHECK_FALSE(semaphore.locked());
    co_await semaphore.acquire();
    CHECK(log.empty());
  });
}

TEST_CASE("three releases at once wake three waiters in order [case 142]") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(0);
    Log log;
    for (const char* name : {"1", "2", "3"})
      create_task(take(semaphore, log, name));
    auto fourth = create_task(take(semaphore, log, "4"));
    co_await turns(1);
    semaphore.release();
    semaphore.release();
    semaphore.release();
    CHECK(semaphore.locked());
    co_await turns(1);
    CHECK(log == Log{"1", "2", "3"});
    semaphore.release();
    co_await fourth;
  });
}

TEST_CASE("a semaphore is locked while tasks queue, though places are free [case 142]") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(0);
    Log log;
    auto waiting = create_task(take(semaphore, log, "1"));
    co_await turns(1);
    semaphore.release();
    semaphore.release();  // one place more than is waited for
    CHECK(semaphore.locked());
    co_await waiting;
    CHECK_FALSE(semaphore.locked());
  });
}

TEST_CASE("a bounded semaphore cannot be released beyond its first value [case 143]") {
  run_virtual([]() -> Coroutine<> {
    CHECK_THROWS_AS(BoundedSemaphore(-1), ValueError);
    BoundedSemaphore semaphore(2);
    CHECK_THROWS_AS(semaphore.release(), ValueError);
    co_await semaphore.acquire();
    semaphore.release();
    CHECK_THROWS_AS(semaphore.release(), ValueError);
    // The refused releases have made no place.
    co_await semaphore.acquire();
    co_await semaphore.acquire();
    CHECK(semaphore.locked());
  });
}

TEST_CASE("a bounded semaphore serves, holds and hands on as any other [case 143]") {
  run_virtual([]() -> Coroutine<> {
    BoundedSemaphore semaphore(1);
    Log log;
    auto waiting = create_task(take(semaphore, log, "waiting"));
    {
      const auto place = co_await semaphore.hold();
      co_await turns(2);
      CHECK(log.empty());
    }
    co_await turns(1);
    CHECK(log == Log{"waiting"});
    // A place that is promised, and not taken yet, is not free either.
    auto next = create_task(take(semaphore, log, "next"));
    co_await turns(1);
    semaphore.release();
    CHECK_NOTHROW(semaphore.release());
    CHECK_THROWS_AS(semaphore.release(), ValueError);
    co_await next;
  });
}

TEST_CASE("a hold gives its place back at the end of its scope, on an error as well") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(1);
    {
      auto place = co_await semaphore.hold();
      CHECK(semaphore.locked());
      auto moved = std::move(place);
      CHECK(semaphore.locked());
    }
    CHECK_FALSE(semaphore.locked());
    const auto failing = [](Semaphore& places) -> Coroutine<> {
      auto place = co_await places.hold();
      co_await sleep(1s);
      throw std::runtime_error("boom");
    };
    auto first = create_task(error_of(failing(semaphore)));
    auto second = create_task(failing(semaphore));
    co_await sleep(1500ms);
    second.cancel();
    const std::string error = co_await first;
    CHECK(error == "boom");
    co_await turns(1);
    CHECK(second.cancelled());
    CHECK_FALSE(semaphore.locked());
  });
}

TEST_CASE("a hold that is assigned over gives its former place back") {
  run_virtual([]() -> Coroutine<> {
    Semaphore first(1);
    Semaphore second(1);
    auto place = co_await first.hold();
    {
      auto other = co_await second.hold();
      place = std::move(other);
    }
    CHECK_FALSE(first.locked());
    CHECK(second.locked());
  });
}

class Inside {
 public:
  explicit Inside(int& count) : count_(count) { ++count_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { --count_; }

 private:
  int& count_;
};

TEST_CASE("never more tasks than places are inside") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(3);
    int inside = 0;
    int most = 0;
    const auto work = [&](int i) -> Coroutine<> {
      auto place = co_await semaphore.hold();
      const Inside counted(inside);
      most = std::max(most, inside);
      co_await sleep(std::chrono::milliseconds(1 + i % 7));
    };
    std::vector<Task<>> tasks;
    for (int i = 0; i < 200; ++i)
      tasks.push_back(create_task(work(i)));
    for (int i = 0; i < 200; i += 5) {
      co_await sleep(1ms);
      tasks.at(static_cast<std::size_t>(i)).cancel();
    }
    for (const auto& task : tasks)
      static_cast<void>(co_await error_of(task));
    CHECK(most == 3);
    CHECK(inside == 0);
    for (int i = 0; i < 3; ++i)
      co_await semaphore.acquire();
    CHECK(semaphore.locked());
  });
}

}  // namespace
}  // namespace rondo::testing
