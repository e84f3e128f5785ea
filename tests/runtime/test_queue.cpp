#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/queue.h>
#include <rondo/runtime/wait.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Numbers = std::vector<int>;

template <class Q>
Numbers order_of(Q& queue) {
  for (const int item : {1, 3, 2})
    queue.put_nowait(item);
  Numbers order;
  while (!queue.empty())
    order.push_back(queue.get_nowait());
  return order;
}

TEST_CASE("queues give their items first in, last in or least first [case 145]") {
  Queue<int> queue;
  CHECK(order_of(queue) == Numbers{1, 3, 2});
  LifoQueue<int> stack;
  CHECK(order_of(stack) == Numbers{2, 3, 1});
  PriorityQueue<int> least_first;
  CHECK(order_of(least_first) == Numbers{1, 2, 3});
  PriorityQueue<int, std::greater<>> greatest_first;
  CHECK(order_of(greatest_first) == Numbers{3, 2, 1});
}

TEST_CASE("a putter stops at the bound, and goes on the turn after a get [case 146]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(2);
    CHECK(queue.maxsize() == 2);
    CHECK(queue.empty());
    int put = 0;
    auto putter = create_task([&]() -> Coroutine<> {
      for (int i = 0; i < 3; ++i) {
        co_await queue.put(i);
        ++put;
      }
    });
    co_await turns(3);
    CHECK(put == 2);
    CHECK(queue.full());
    CHECK(queue.qsize() == 2);
    const int first = queue.get_nowait();
    CHECK(first == 0);
    CHECK_FALSE(queue.full());
    CHECK(put == 2);
    co_await turns(1);
    CHECK(put == 3);
    CHECK(putter.done());
    CHECK(queue.full());
  });
}

TEST_CASE("a getter waits for an item, and gets it the turn after the put [case 146]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    auto getter = create_task(queue.get());
    co_await turns(3);
    CHECK_FALSE(getter.done());
    queue.put_nowait(7);
    CHECK(queue.qsize() == 1);
    co_await turns(1);
    CHECK(getter.done());
    CHECK(getter.result() == 7);
    CHECK(queue.empty());
    const auto before = get_running_loop().turns();
    co_await queue.put(8);
    const int item = co_await queue.get();
    CHECK(item == 8);
    CHECK(get_running_loop().turns() == before);
  });
}

TEST_CASE("what cannot be done without waiting throws [case 147]") {
  Queue<int> bounded(1);
  CHECK_THROWS_AS(bounded.get_nowait(), QueueEmpty);
  bounded.put_nowait(1);
  CHECK_THROWS_AS(bounded.put_nowait(2), QueueFull);
  CHECK(bounded.get_nowait() == 1);
  Queue<int> unlimited;
  for (int i = 0; i < 1000; ++i)
    unlimited.put_nowait(i);
  CHECK_FALSE(unlimited.full());
  CHECK(unlimited.qsize() == 1000);
}

TEST_CASE("an item that cannot be copied passes through a queue") {
  run_virtual([]() -> Coroutine<> {
    Queue<std::unique_ptr<int>> queue(1);
    co_await queue.put(std::make_unique<int>(5));
    auto item = co_await queue.get();
    CHECK(*item == 5);
  });
}

TEST_CASE("a cancelled getter takes no item along [case 148]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    auto getter = create_task(queue.get());
    co_await turns(1);
    SUBCASE("cancelled after the put") {
      queue.put_nowait(1);
      getter.cancel();
    }
    SUBCASE("cancelled before the put") {
      getter.cancel();
      queue.put_nowait(1);
    }
    co_await error_of(getter);
    CHECK(getter.cancelled());
    const int item = co_await queue.get();
    CHECK(item == 1);
  });
}

TEST_CASE("an item that woke a getter which is cancelled goes to the next one [case 148]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    Numbers got;
    const auto reader = [&]() -> Coroutine<> {
      const int item = co_await queue.get();
      got.push_back(item);
    };
    auto first = create_task(reader());
    auto second = create_task(reader());
    auto third = create_task(reader());
    co_await turns(1);
    queue.put_nowait(1);
    queue.put_nowait(2);
    first.cancel();
    co_await second;
    co_await third;
    CHECK(first.cancelled());
    CHECK(got == Numbers{1, 2});
  });
}

TEST_CASE("a cancelled putter passes its slot on to the next one [case 149]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(1);
    queue.put_nowait(1);
    auto first = create_task(queue.put(2));
    auto second = create_task(queue.put(3));
    co_await turns(1);
    const int item = queue.get_nowait();  // wakes the first
    CHECK(item == 1);
    first.cancel();
    co_await second;
    CHECK(first.cancelled());
    CHECK(queue.get_nowait() == 3);
    CHECK(queue.empty());
  });
}

TEST_CASE("a cancelled putter in a queue that is full again wakes nobody [case 149]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(1);
    queue.put_nowait(1);
    auto first = create_task(queue.put(2));
    auto second = create_task(queue.put(3));
    co_await turns(1);
    static_cast<void>(queue.get_nowait());
    queue.put_nowait(4);
    first.cancel();
    co_await turns(3);
    CHECK_FALSE(second.done());
    CHECK(queue.get_nowait() == 4);
    co_await second;
    CHECK(queue.get_nowait() == 3);
  });
}

TEST_CASE("putters and getters that were cancelled are not in the way [case 149]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(1);
    std::vector<Task<int>> getters;
    for (int i = 0; i < 50; ++i)
      getters.push_back(create_task(queue.get()));
    co_await turns(1);
    for (auto& getter : getters)
      getter.cancel();
    auto last = create_task(queue.get());
    queue.put_nowait(1);
    const int item = co_await last;
    CHECK(item == 1);
    queue.put_nowait(2);
    std::vector<Task<>> putters;
    for (int i = 0; i < 50; ++i)
      putters.push_back(create_task(queue.put(0)));
    co_await turns(1);
    for (auto& putter : putters)
      putter.cancel();
    CHECK(queue.get_nowait() == 2);
    co_await queue.put(3);
    co_await turns(2);
    CHECK(queue.get_nowait() == 3);
    CHECK(queue.empty());
  });
}

TEST_CASE("producers and consumers exchange everything through one slot [case 150]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(1);
    const auto producer = [&queue](int from) -> Coroutine<> {
      for (int i = from; i < from + 10; ++i)
        co_await queue.put(i);
    };
    Numbers got;
    const auto consumer = [&]() -> Coroutine<> {
      for (int i = 0; i < 10; ++i) {
        const int item = co_await queue.get();
        got.push_back(item);
      }
    };
    std::vector<Task<>> tasks;
    for (const int from : {0, 100, 200})
      tasks.push_back(create_task(producer(from)));
    for (int i = 0; i < 3; ++i)
      tasks.push_back(create_task(consumer()));
    const auto result = co_await wait(tasks, 1h);
    CHECK(result.pending.empty());
    CHECK(got.size() == 30);
    CHECK(queue.empty());
  });
}

TEST_CASE("several slots that get free at once wake as many putters [case 150]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(3);
    for (int i = 0; i < 3; ++i)
      queue.put_nowait(i);
    std::vector<Task<>> putters;
    for (int i = 3; i < 8; ++i)
      putters.push_back(create_task(queue.put(i)));
    co_await turns(1);
    Numbers got;
    while (!queue.empty())
      got.push_back(queue.get_nowait());
    co_await turns(1);
    CHECK(queue.full());
    while (!queue.empty())
      got.push_back(queue.get_nowait());
    co_await turns(1);
    CHECK(queue.qsize() == 2);
    while (!queue.empty())
      got.push_back(queue.get_nowait());
    CHECK(got == Numbers{0, 1, 2, 3, 4, 5, 6, 7});
    for (const auto& putter : putters)
      CHECK(putter.done());
  });
}

/// Producers and consumers of numbered items, impatient and cancelled at random. Whatever was put
/// is got once.
class QueueRace {
 public:
  explicit QueueRace(unsigned seed) : random_(seed), queue_(seed % 4) {}

  Coroutine<> run() {
    for (int step = 0; step < 60; ++step) {
      co_await turns(number(0, 2));
      const int choice = number(0, 9);
      if (choice < 3) putters_.push_back(create_task(putter()));
      if (choice >= 3 && choice < 6) getters_.push_back(create_task(getter()));
      if (choice == 6 && !putters_.empty()) pick(putters_).cancel();
      if (choice == 7 && !getters_.empty()) pick(getters_).cancel();
      if (choice == 8 && !queue_.empty()) got_.push_back(queue_.get_nowait());
      if (choice == 9) co_await sleep(1ms);
    }
    // Enough items for every getter, and enough getters for every item.
    for (std::size_t i = 0; i < 60; ++i) {
      putters_.push_back(create_task(putter()));
      getters_.push_back(create_task(getter()));
    }
    co_await sleep(1h);
    while (!getters_pending() && !queue_.empty()) {
      got_.push_back(queue_.get_nowait());
      co_await turns(1);
    }
    while (getters_pending() && !putters_pending() && queue_.empty()) {
      co_await putter();
      co_await turns(2);
    }
    CHECK_MESSAGE(!(getters_pending() && putters_pending()), "a wake-up was lost");
    CHECK_MESSAGE(!(getters_pending() && !queue_.empty()), "a getter waits beside an item");
    CHECK_MESSAGE(!(putters_pending() && !queue_.full()), "a putter waits beside a free slot");
    std::ranges::sort(put_);
    std::ranges::sort(got_);
    CHECK(put_ == got_);
  }

 private:
  int number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  AnyTask pick(const std::vector<Task<>>& tasks) {
    return tasks.at(static_cast<std::size_t>(number(0, static_cast<int>(tasks.size()) - 1)));
  }
  static bool any_pending(const std::vector<Task<>>& tasks) {
    return !std::ranges::all_of(tasks, [](const Task<>& task) { return task.done(); });
  }
  bool getters_pending() const { return any_pending(getters_); }
  bool putters_pending() const { return any_pending(putters_); }

  Coroutine<> putter() {
    const int item = next_++;
    if (number(0, 3) == 0) {
      try {
        co_await wait_for(queue_.put(item), 1ms);
      } catch (const TimeoutError&) {
        co_return;
      }
    } else {
      co_await queue_.put(item);
    }
    put_.push_back(item);
  }

  Coroutine<> getter() {
    int item = 0;
    if (number(0, 3) == 0) {
      try {
        item = co_await wait_for(queue_.get(), 1ms);
      } catch (const TimeoutError&) {
        co_return;
      }
    } else {
      item = co_await queue_.get();
    }
    got_.push_back(item);
  }

  std::mt19937 random_;
  Queue<int> queue_;
  std::vector<Task<>> putters_;
  std::vector<Task<>> getters_;
  Numbers put_;
  Numbers got_;
  int next_ = 0;
};

TEST_CASE("whatever the order of cancellations, every item that is put is got once" *
          doctest::test_suite("heavy")) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed ", seed);
    run_virtual([seed]() -> Coroutine<> {
      QueueRace race(seed);
      co_await race.run();
    });
  }
}

}  // namespace
}  // namespace rondo::testing
