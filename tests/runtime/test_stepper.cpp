#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/stepper.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

Coroutine<int> countdown(Log& log, std::string name, int from) {
  for (int i = from; i > 0; --i) {
    log.push_back(name + std::to_string(i));
    co_await step();
  }
  co_return from;
}

TEST_CASE("a coroutine runs one step for each send, and then has its result") {
  Log log;
  Stepper stepper(countdown(log, "a", 2));
  CHECK(log.empty());
  CHECK(stepper.send().has_value());
  CHECK(log == Log{"a2"});
  CHECK(error_from([&] { return stepper.result(); }) == "the coroutine has not returned a value");
  CHECK(stepper.send().has_value());
  CHECK_FALSE(stepper.send().has_value());
  CHECK(stepper.ended());
  CHECK(stepper.result() == 2);
  CHECK(error_from([&] { return stepper.send(); }) == "cannot reuse already awaited coroutine");
  stepper.close();
}

TEST_CASE("a round-robin scheduler is a queue of steppers") {
  Log log;
  std::deque<Stepper<void, void, int>> ready;
  ready.emplace_back(countdown(log, "a", 3));
  ready.emplace_back(countdown(log, "b", 1));
  ready.emplace_back(countdown(log, "c", 2));
  int sum = 0;
  while (!ready.empty()) {
    auto stepper = std::move(ready.front());
    ready.pop_front();
    if (stepper.send()) {
      ready.push_back(std::move(stepper));
    } else {
      sum += stepper.result();
    }
  }
  CHECK(log == Log{"a3", "b1", "c2", "a2", "c1", "a1"});
  CHECK(sum == 6);
}

TEST_CASE("requests and answers pass through nested coroutines") {
  const auto ask = [](std::string question) -> Coroutine<int> {
    const int answer = co_await step<int>(std::move(question));
    co_return answer;
  };
  const auto add = [&]() -> Coroutine<int> {
    const int left = co_await ask("left");
    const int right = co_await ask("right");
    co_return left + right;
  };
  const auto twice = [&]() -> Coroutine<int> {
    const int sum = co_await add();
    co_return sum * 2;
  };
  Stepper<std::string, int, int> stepper(twice());
  CHECK(error_from([&] { return stepper.send(1); }) ==
        "can't send non-None value to a just-started coroutine");
  CHECK(stepper.send() == "left");
  CHECK(stepper.send(3) == "right");
  CHECK(stepper.send(4) == std::nullopt);
  CHECK(stepper.result() == 14);
}

TEST_CASE("a loop of one's own serves what its coroutines ask for") {
  Log log;
  const auto sleeper = [&](std::string name, int seconds) -> Coroutine<> {
    const int woken = co_await step<int>(seconds);
    log.push_back(name + " at " + std::to_string(woken));
    const int again = co_await step<int>(seconds);
    log.push_back(name + " at " + std::to_string(again));
  };
  using Sleeper = Stepper<int, int>;
  std::multimap<int, Sleeper> timers;
  const auto run = [&](Sleeper stepper, int time) {
    const auto delay = time == 0 ? stepper.send() : stepper.send(time);
    if (delay) timers.emplace(time + *delay, std::move(stepper));
  };
  run(Sleeper(sleeper("slow", 3)), 0);
  run(Sleeper(sleeper("fast", 2)), 0);
  while (!timers.empty()) {
    const int time = timers.begin()->first;
    auto next = std::move(timers.begin()->second);
    timers.erase(timers.begin());
    run(std::move(next), time);
  }
  CHECK(log == Log{"fast at 2", "slow at 3", "fast at 4", "slow at 6"});
}

TEST_CASE("what is thrown into a stepper is thrown at the step") {
  const auto body = []() -> Coroutine<std::string> {
    std::string caught;
    try {
      co_await step();
    } catch (const std::exception& error) {
      caught = error.what();
    }
    co_await step();
    co_return caught;
  };
  Stepper stepper(body());
  stepper.send();
  CHECK(stepper.throw_in(ValueError("caught")).has_value());
  CHECK(error_from([&] { return stepper.throw_in(CancelledError("not caught")); }) ==
        "cancelled: not caught");
  CHECK(stepper.ended());
  CHECK(error_from([&] { return stepper.result(); }) == "the coroutine has not returned a value");
  Stepper unstarted(body());
  CHECK(error_from([&] { return unstarted.throw_in(ValueError("at once")); }) == "at once");
  CHECK(unstarted.ended());
}

TEST_CASE("close throws GeneratorExit at the step") {
  Log log;
  const auto inner = [&]() -> Coroutine<> {
    try {
      co_await step();
    } catch (const GeneratorExit&) {
      log.push_back("inner closing");
      throw;
    }
  };
  const auto outer = [&](bool ignores) -> Coroutine<> {
    try {
      co_await inner();
    } catch (const GeneratorExit&) {
      log.push_back("outer closing");
    }
    if (ignores) co_await step();
  };
  Stepper stepper(outer(false));
  stepper.send();
  stepper.close();
  CHECK(log == Log{"inner closing", "outer closing"});
  CHECK(stepper.ended());
  Stepper ignoring(outer(true));
  ignoring.send();
  CHECK(error_from([&] {
          ignoring.close();
          return 0;
        }) == "coroutine ignored GeneratorExit");
  Stepper unstarted(outer(false));
  unstarted.close();
  CHECK(unstarted.ended());
}

TEST_CASE("what needs a loop cannot be awaited in a stepped coroutine") {
  const auto body = []() -> Coroutine<std::string> {
    const std::string error = co_await error_of(sleep(1s));
    co_await step();
    co_return error;
  };
  Stepper without_loop(body());
  without_loop.send();
  without_loop.send();
  CHECK(without_loop.result() == "no running event loop");
  std::string in_callback;
  run_virtual([&]() -> Coroutine<> {
    get_running_loop().call_soon([&] {
      Stepper stepper(body());
      stepper.send();
      stepper.send();
      in_callback = stepper.result();
    });
    co_await turns(1);
  });
  CHECK(in_callback == "await outside of a task");
}

TEST_CASE("a stepped coroutine is no coroutine that was never awaited") {
  Log log;
  run_virtual([&]() -> Coroutine<> {
    get_running_loop().set_debug(true);
    Reports reports(get_running_loop());
    get_running_loop().call_soon([&] {
      Stepper stepper(countdown(log, "a", 2));
      stepper.send();
    });
    co_await turns(1);
    CHECK(log == Log{"a2"});
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("a task cannot step a coroutine by hand, nor use step") {
  Log log;
  run_virtual([&]() -> Coroutine<> {
    Stepper stepper(countdown(log, "a", 1));
    const std::string stepped = error_from([&] { return stepper.send(); });
    CHECK(stepped == "a coroutine cannot be stepped by hand inside a task");
    const std::string error = co_await error_of(countdown(log, "b", 1));
    CHECK(error == "step outside of a Stepper");
  });
  CHECK(log == Log{"b1"});
}

TEST_CASE("step with other types than the stepper's is an error") {
  const auto body = []() -> Coroutine<> { co_await step(1); };
  Stepper<std::string> stepper(body());
  CHECK(error_from([&] { return stepper.send(); }) == "step with other types than its Stepper's");
}

TEST_CASE("a stepped coroutine may step another one, but not itself") {
  Log log;
  Stepper<void, void, void>* self = nullptr;
  std::string error;
  const auto body = [&]() -> Coroutine<> {
    error = error_from([&] { return self->send(); });
    Stepper inner(countdown(log, "inner", 2));
    while (inner.send())
      co_await step();
    log.push_back("done");
  };
  Stepper stepper(body());
  self = &stepper;
  stepper.send();
  CHECK(error == "coroutine already executing");
  CHECK(log == Log{"inner2"});
  stepper.send();
  CHECK_FALSE(stepper.send().has_value());
  CHECK(log == Log{"inner2", "inner1", "done"});
}

Coroutine<std::size_t> nested_steps(std::size_t depth) {
  if (depth == 0) {
    co_await step();
    co_return 0;
  }
  auto inner = nested_steps(depth - 1);
  const std::size_t below = co_await inner;
  co_return below + 1;
}

TEST_CASE("a chain of a hundred thousand coroutines is stepped, ended and dropped" *
          doctest::test_suite("heavy")) {
  constexpr std::size_t depth = 100'000;
  Stepper stepper(nested_steps(depth));
  CHECK(stepper.send().has_value());
  CHECK_FALSE(stepper.send().has_value());
  CHECK(stepper.result() == depth);
  Stepper dropped(nested_steps(depth));
  dropped.send();
}

TEST_CASE("steppers destroy requests, answers and results exactly once") {
  const auto body = [](Counted argument) -> Coroutine<Counted> {
    const Counted answer = co_await step<Counted>(Counted(argument));
    co_return Counted(answer.number() + 1);
  };
  {
    Stepper<Counted, Counted, Counted> stepper(body(Counted(1)));
    CHECK(stepper.send()->number() == 1);
    CHECK_FALSE(stepper.send(Counted(5)).has_value());
    CHECK(stepper.result().number() == 6);
    Stepper<Counted, Counted, Counted> dropped(body(Counted(1)));
    dropped.send();
  }
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

}  // namespace
}  // namespace rondo::testing
