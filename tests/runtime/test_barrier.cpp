#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/barrier.h>
#include <rondo/runtime/wait.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Indices = std::vector<std::size_t>;

Coroutine<> pass(Barrier& barrier, Indices& indices) {
  const std::size_t index = co_await barrier.wait();
  indices.push_back(index);
}

TEST_CASE("a barrier is for one task at least [case 144]") {
  run_virtual([]() -> Coroutine<> {
    CHECK_THROWS_WITH_AS(Barrier(0), "parties must be >= 1", ValueError);
    Barrier alone(1);
    CHECK(alone.parties() == 1);
    const auto before = get_running_loop().turns();
    for (int i = 0; i < 3; ++i) {
      const std::size_t index = co_await alone.wait();
      CHECK(index == 0);
    }
    CHECK(get_running_loop().turns() == before);
    CHECK(alone.n_waiting() == 0);
    CHECK_FALSE(alone.broken());
  });
}

TEST_CASE("the last to arrive releases all, and each gets another index [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(3);
    Indices indices;
    create_task(pass(barrier, indices));
    create_task(pass(barrier, indices));
    co_await turns(3);
    CHECK(barrier.n_waiting() == 2);
    CHECK(indices.empty());
    co_await pass(barrier, indices);
    CHECK(indices == Indices{2});  // the last does not wait
    CHECK(barrier.n_waiting() == 0);
    co_await turns(2);
    CHECK(indices == Indices{2, 0, 1});
    CHECK_FALSE(barrier.broken());
  });
}

TEST_CASE("a barrier can be passed again and again [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(4);
    std::vector<std::multiset<std::size_t>> rounds(5);
    const auto worker = [&]() -> Coroutine<> {
      for (auto& round : rounds) {
        const std::size_t index = co_await barrier.wait();
        round.insert(index);
      }
    };
    std::vector<Task<>> tasks;
    for (int i = 0; i < 4; ++i)
      tasks.push_back(create_task(worker()));
    for (const auto& task : tasks)
      co_await task;
    for (const auto& round : rounds)
      CHECK(round == std::multiset<std::size_t>{0, 1, 2, 3});
  });
}

TEST_CASE("who arrives while others leave belongs to the next round [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(2);
    Indices indices;
    std::vector<Task<>> tasks;
    for (int i = 0; i < 5; ++i)
      tasks.push_back(create_task(pass(barrier, indices)));
    for (std::size_t turn = 1; turn <= 4; ++turn) {
      co_await turns(1);
      CHECK(indices.size() == turn);
    }
    co_await sleep(1s);
    CHECK(indices.size() == 4);
    CHECK(barrier.n_waiting() == 1);
    CHECK_FALSE(tasks.back().done());
    co_await pass(barrier, indices);
    co_await tasks.back();
    CHECK(indices == Indices{1, 0, 1, 0, 1, 0});
  });
}

TEST_CASE("a cancelled waiter leaves, and breaks nothing [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(3);
    Indices indices;
    auto first = create_task(pass(barrier, indices));
    auto second = create_task(pass(barrier, indices));
    co_await turns(2);
    CHECK(barrier.n_waiting() == 2);
    first.cancel("enough");
    const std::string error = co_await error_of(first);
    CHECK(error == "cancelled: enough");
    CHECK(barrier.n_waiting() == 1);
    CHECK_FALSE(barrier.broken());
    auto third = create_task(pass(barrier, indices));
    co_await turns(2);
    CHECK(barrier.n_waiting() == 2);
    co_await pass(barrier, indices);
    co_await second;
    co_await third;
    CHECK(indices.size() == 3);
    CHECK(barrier.n_waiting() == 0);
  });
}

TEST_CASE("a waiter that is cancelled while the barrier drains does not stop it [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(3);
    Indices indices;
    auto first = create_task(pass(barrier, indices));
    auto second = create_task(pass(barrier, indices));
    co_await turns(2);
    co_await pass(barrier, indices);
    first.cancel();
    co_await turns(5);
    CHECK(first.cancelled());
    CHECK(second.done());
    CHECK(indices == Indices{2, 1});
    CHECK(barrier.n_waiting() == 0);
    std::vector<Task<>> again;
    for (int i = 0; i < 3; ++i)
      again.push_back(create_task(pass(barrier, indices)));
    for (const auto& task : again)
      co_await task;
    CHECK(indices.size() == 5);
  });
}

TEST_CASE("reset sends those who wait away with an error, and starts anew [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(3);
    Indices indices;
    auto first = create_task(pass(barrier, indices));
    auto second = create_task(pass(barrier, indices));
    co_await turns(2);
    co_await barrier.reset();
    const bool first_broken = co_await throws<BrokenBarrierError>(first);
    const bool second_broken = co_await throws<BrokenBarrierError>(second);
    CHECK(first_broken);
    CHECK(second_broken);
    CHECK_FALSE(barrier.broken());
    CHECK(barrier.n_waiting() == 0);
    std::vector<Task<>> again;
    for (int i = 0; i < 3; ++i)
      again.push_back(create_task(pass(barrier, indices)));
    for (const auto& task : again)
      co_await task;
    CHECK(indices == Indices{2, 0, 1});
  });
}

TEST_CASE("who arrives while a reset is under way waits for its end [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(2);
    Indices indices;
    auto early = create_task(pass(barrier, indices));
    co_await turns(2);
    co_await barrier.reset();
    auto late = create_task(pass(barrier, indices));
    auto later = create_task(pass(barrier, indices));
    const std::string error = co_await error_of(early);
    CHECK(error == "Abort or reset of barrier");
    co_await late;
    co_await later;
    CHECK(indices == Indices{1, 0});
  });
}

TEST_CASE("a reset of a barrier where nobody waits changes nothing [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(1);
    co_await barrier.reset();
    CHECK_FALSE(barrier.broken());
    Indices indices;
    co_await pass(barrier, indices);
    CHECK(indices == Indices{0});
  });
}

TEST_CASE("an aborted barrier lets nobody pass until it is reset [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(2);
    Indices indices;
    auto waiting = create_task(pass(barrier, indices));
    co_await turns(2);
    co_await barrier.abort();
    CHECK(barrier.broken());
    CHECK(barrier.n_waiting() == 0);
    const std::string error = co_await error_of(waiting);
    CHECK(error == "Abort or reset of barrier");
    const std::string late = co_await error_of(barrier.wait());
    CHECK(late == "Barrier aborted");
    CHECK(barrier.broken());
    co_await barrier.reset();
    CHECK_FALSE(barrier.broken());
    auto again = create_task(pass(barrier, indices));
    co_await pass(barrier, indices);
    co_await again;
    CHECK(indices.size() == 2);
  });
}

TEST_CASE(
    "an abort or a reset while the barrier drains reaches those who have not left [case 144]") {
  run_virtual([]() -> Coroutine<> {
    Barrier barrier(3);
    Indices indices;
    auto first = create_task(pass(barrier, indices));
    auto second = create_task(pass(barrier, indices));
    co_await turns(2);
    bool broken = false;
    SUBCASE("abort") {
      co_await pass(barrier, indices);
      co_await barrier.abort();
      broken = true;
    }
    SUBCASE("reset") {
      co_await pass(barrier, indices);
      co_await barrier.reset();
    }
    const bool first_broken = co_await throws<BrokenBarrierError>(first);
    const bool second_broken = co_await throws<BrokenBarrierError>(second);
    CHECK(first_broken);
    CHECK(second_broken);
    CHECK(indices == Indices{2});
    CHECK(barrier.broken() == broken);
  });
}

TEST_CASE("tasks that wait at a barrier can be dropped with their loop") {
  Barrier barrier(3);
  Indices indices;
  {
    Loop loop(virtual_time());
    Reports reports(loop);
    auto first = create_task_on(loop, pass(barrier, indices));
    auto second = create_task_on(loop, pass(barrier, indices));
    loop.run_until_complete(turns(3));
    CHECK(barrier.n_waiting() == 2);
    loop.close();
    CHECK(reports.size() == 2);
  }
  CHECK(barrier.n_waiting() == 0);
  CHECK(indices.empty());
}

/// Tasks that pass a barrier in rounds, cancelled and reset at random, are all set free by an
/// abort.
Coroutine<> barrier_race(unsigned seed) {
  std::mt19937 random(seed);
  const auto number = [&random](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  const auto parties = static_cast<std::size_t>(number(1, 4));
  Barrier barrier(parties);
  std::vector<std::size_t> given(parties);
  bool undisturbed = true;
  const auto worker = [&]() -> Coroutine<> {
    for (int i = 0; i < 3; ++i) {
      try {
        const std::size_t index = co_await barrier.wait();
        ++given.at(index);
      } catch (const BrokenBarrierError&) {
        continue;
      }
    }
  };
  std::vector<Task<>> tasks;
  const bool disturb = number(0, 2) > 0;
  for (int step = 0; step < 20; ++step) {
    co_await turns(number(0, 3));
    tasks.push_back(create_task(worker()));
    const int choice = disturb ? number(0, 4) : 9;
    if (choice < 2) tasks.at(static_cast<std::size_t>(number(0, step))).cancel();
    if (choice == 2) co_await barrier.reset();
    undisturbed = undisturbed && choice > 2;
  }
  co_await sleep(1s);
  CHECK(barrier.n_waiting() < parties);
  for (const std::size_t count : given) {
    if (undisturbed) CHECK(count == given.front());
  }
  co_await barrier.abort();
  const auto result = co_await wait(tasks, 1h);
  CHECK_MESSAGE(result.pending.empty(), "a wake-up was lost");
  CHECK(barrier.n_waiting() == 0);
}

TEST_CASE("whatever the order of cancellations and resets, nobody is left at a barrier" *
          doctest::test_suite("heavy")) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed ", seed);
    run_virtual([seed]() -> Coroutine<> { return barrier_race(seed); });
  }
}

}  // namespace
}  // namespace rondo::testing
