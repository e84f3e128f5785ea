#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/as_completed.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/semaphore.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

// g++ 12 destroys twice, or never, some temporaries of a full-expression that also holds a
// co_await. The shapes in which this library is used are not among those: each is written here as
// its user would write it, with objects that count themselves.

namespace rondo::testing {
namespace {

/// After a shape has run: nothing is left, and nothing was destroyed twice.
void check_counts() {
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
  Counted::alive = 0;
  Counted::broken = 0;
}

Coroutine<Counted> make_counted(int number) {
  co_await turns(1);
  co_return Counted(number);
}

Coroutine<int> use(Counted counted) {
  co_await turns(1);
  co_return counted.number();
}

Coroutine<int> use_text(std::string text) {
  co_await turns(1);
  co_return static_cast<int>(text.size());
}

TEST_CASE("hazard: arguments of an awaited coroutine") {
  run_virtual([]() -> Coroutine<> {
    const int number = co_await use(Counted(1));
    CHECK(number == 1);
    const int length = co_await use_text(std::string(50, 'x'));
    CHECK(length == 50);
    const Counted made = co_await make_counted(2);
    CHECK(made.number() == 2);
    CHECK(Counted::alive == 1);
  });
  check_counts();
}

TEST_CASE("hazard: create_task(fn, args...) awaited on the spot") {
  run_virtual([]() -> Coroutine<> {
    const int from_function = co_await create_task(use, Counted(1));
    CHECK(from_function == 1);
    CHECK(Counted::alive == 0);
    Counted captured(2);
    const auto lambda = [captured](Counted argument) -> Coroutine<int> {
      co_await turns(1);
      co_return captured.number() + argument.number();
    };
    const int from_lambda = co_await create_task(lambda, Counted(3));
    CHECK(from_lambda == 5);
    CHECK(Counted::alive == 2);
  });
  check_counts();
}

TEST_CASE("hazard: a task that is named, made of a capturing lambda") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(
        [captured = Counted(4)](Counted argument) -> Coroutine<int> {
          co_await turns(1);
          co_return captured.number() + argument.number();
        },
        Counted(5));
    const int sum = co_await task;
    CHECK(sum == 9);
    CHECK(Counted::alive == 0);
  });
  check_counts();
}

TEST_CASE("hazard: gather(f(), g()) inside co_await") {
  run_virtual([]() -> Coroutine<> {
    const auto [a, b] = co_await gather(make_counted(1), make_counted(2));
    CHECK(a.number() + b.number() == 3);
    CHECK(Counted::alive == 2);
    const auto [c, d] = co_await gather(use(Counted(3)), use(Counted(4)));
    CHECK(c + d == 7);
    const auto [e, f] = co_await gather(return_exceptions, make_counted(5), use(Counted(6)));
    CHECK(e.value().number() + f.value() == 11);
    CHECK(Counted::alive == 3);
  });
  check_counts();
}

TEST_CASE("hazard: gather over a vector that is made in place") {
  run_virtual([]() -> Coroutine<> {
    const auto several = [](int count) {
      std::vector<Coroutine<Counted>> coroutines;
      for (int i = 0; i < count; ++i)
        coroutines.push_back(make_counted(i));
      return coroutines;
    };
    const auto values = co_await gather(several(3));
    CHECK(values.size() == 3);
    CHECK(Counted::alive == 3);
    const auto outcomes = co_await gather(return_exceptions, several(2));
    CHECK(outcomes.size() == 2);
    CHECK(Counted::alive == 5);
  });
  check_counts();
}

TEST_CASE("hazard: auto hold = co_await semaphore.hold()") {
  run_virtual([]() -> Coroutine<> {
    Semaphore semaphore(1);
    int served = 0;
    const auto worker = [&](Counted counted) -> Coroutine<> {
      auto hold = co_await semaphore.hold();
      co_await turns(1);
      served += counted.number();
    };
    co_await gather(worker(Counted(1)), worker(Counted(1)), worker(Counted(1)));
    CHECK(served == 3);
    CHECK_FALSE(semaphore.locked());
    auto place = co_await semaphore.hold();
    CHECK(semaphore.locked());
    auto waiting = create_task(worker, Counted(1));
    co_await turns(2);
    waiting.cancel();
    co_await turns(1);
    CHECK(semaphore.locked());
  });
  check_counts();
}

TEST_CASE("hazard: for (auto next : as_completed(...))") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Coroutine<Counted>> coroutines;
    coroutines.push_back(make_counted(1));
    coroutines.push_back(make_counted(2));
    coroutines.push_back(make_counted(3));
    int sum = 0;
    for (auto next : as_completed(std::move(coroutines))) {
      const Counted value = co_await next;
      sum += value.number();
      if (sum >= 3) break;
    }
    CHECK(sum == 3);
    co_await turns(1);
    std::vector<Task<Counted>> tasks{create_task(make_counted(4)), create_task(make_counted(5))};
    auto completed = as_completed(tasks, 1s);
    while (auto done = co_await completed.next())
      sum += done->result().number();
    CHECK(sum == 12);
  });
  check_counts();
}

TEST_CASE("hazard: wait_for around a coroutine with arguments") {
  run_virtual([]() -> Coroutine<> {
    const int number = co_await wait_for(use(Counted(1)), 1s);
    CHECK(number == 1);
    const Counted made = co_await wait_for(make_counted(2), 1s);
    CHECK(made.number() == 2);
    bool timed_out = false;
    try {
      const Counted late = co_await wait_for(make_counted(3), 0s);
      CHECK(late.number() == 0);
    } catch (const TimeoutError&) {
      timed_out = true;
    }
    CHECK(timed_out);
    CHECK(Counted::alive == 1);
    const Counted slept = co_await sleep(1s, Counted(7));
    CHECK(slept.number() == 7);
  });
  check_counts();
}

Coroutine<bool> is_virtual(LoopOptions options) {
  co_await turns(1);
  co_return options.clock == ClockKind::virtual_time;
}

/// Options as the library has them: a class with a constructor and members that own something.
class Options {
 public:
  Options() = default;
  explicit Options(int number) : counted(number), name(100, 'n') {}
  Options& with_number(int number) {
    counted = Counted(number);
    return *this;
  }

  Counted counted;
  std::string name;
};

Coroutine<int> configured(Options options) {
  co_await turns(1);
  co_return options.counted.number() + static_cast<int>(options.name.size());
}

TEST_CASE("hazard: option classes as temporaries") {
  run_virtual([]() -> Coroutine<> {
    const bool on = co_await is_virtual(virtual_time());
    CHECK(on);
    static_cast<void>(co_await is_virtual(LoopOptions()));
    const int sum = co_await configured(Options(5));
    CHECK(sum == 105);
    const int built = co_await configured(Options(5).with_number(7));
    CHECK(built == 107);
    CHECK(Counted::alive == 0);
  });
  check_counts();
}

TEST_CASE("hazard: an exception out of an awaited expression with temporaries") {
  run_virtual([]() -> Coroutine<> {
    const auto failing = [](Counted, std::string) -> Coroutine<Counted> {
      co_await turns(1);
      throw std::runtime_error("boom");
    };
    int caught = 0;
    try {
      static_cast<void>(co_await failing(Counted(1), std::string(50, 'x')));
    } catch (const std::runtime_error&) {
      ++caught;
    }
    try {
      static_cast<void>(co_await gather(failing(Counted(2), "y"), make_counted(3)));
    } catch (const std::runtime_error&) {
      ++caught;
    }
    CHECK(caught == 2);
    co_await turns(3);
    CHECK(Counted::alive == 0);
  });
  check_counts();
}

TEST_CASE("hazard: a cancellation in the middle of an awaited expression") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task([]() -> Coroutine<int> {
      const int number = co_await use(Counted(1));
      const auto [a, b] = co_await gather(use(Counted(2)), sleep(1h, Counted(3)));
      co_return number + a + b.number();
    });
    co_await sleep(1s);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(Counted::alive == 0);
  });
  check_counts();
}

}  // namespace
}  // namespace rondo::testing
