#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/decorators.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

Coroutine<std::string> greet(std::string name) {
  co_await sleep(2s);
  co_return "hello " + name;
}

TEST_CASE("timed reports how long a call took, however it ended") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Duration> reports;
    const auto report = [&](Duration elapsed) { reports.push_back(elapsed); };
    const auto greeting = timed(greet, report);
    const std::string text = co_await greeting("a");
    CHECK(text == "hello a");
    const auto fail = []() -> Coroutine<> {
      co_await sleep(3s);
      throw std::runtime_error("broken");
    };
    const auto failing = timed(fail, report);
    const std::string error = co_await error_of(failing());
    CHECK(error == "broken");
    auto task = create_task(greeting, std::string("b"));
    co_await sleep(1s);
    task.cancel();
    const std::string cancelled = co_await error_of(task);
    CHECK(cancelled == "cancelled");
    CHECK(reports == std::vector<Duration>{2s, 3s, 1s});
  });
}

TEST_CASE("with_timeout ends a call that takes too long") {
  run_virtual([]() -> Coroutine<> {
    const auto patient = with_timeout(3s, greet);
    const auto hasty = with_timeout(1s, greet);
    const std::string text = co_await patient("a");
    CHECK(text == "hello a");
    const bool timed_out = co_await throws<TimeoutError>(hasty("b"));
    CHECK(timed_out);
    CHECK(now() == 3s);
  });
}

TEST_CASE("retry calls again until it succeeds, a number of times, with a pause") {
  run_virtual([]() -> Coroutine<> {
    int calls = 0;
    const auto third_time = [&](std::string text) -> Coroutine<std::string> {
      ++calls;
      co_await turns(1);
      if (calls < 3) throw std::runtime_error("attempt " + std::to_string(calls));
      co_return text;
    };
    const auto enough = retry(3, 5s, third_time);
    const std::string text = co_await enough("done");
    CHECK(text == "done");
    CHECK(now() == 10s);
    calls = 0;
    const auto too_few = retry(2, third_time);
    const std::string error = co_await error_of(too_few("done"));
    CHECK(error == "attempt 2");
    CHECK(now() == 10s);
  });
}

TEST_CASE("retry lets a cancellation through") {
  run_virtual([]() -> Coroutine<> {
    int calls = 0;
    const auto slow = [&]() -> Coroutine<> {
      ++calls;
      co_await sleep(10s);
    };
    auto task = create_task(retry(3, slow));
    co_await sleep(1s);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(calls == 1);
  });
}

TEST_CASE("decorators nest, and take arguments by reference as std::ref") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Duration> reports;
    const auto slower = [](int& calls, std::unique_ptr<int> box) -> Coroutine<int> {
      ++calls;
      co_await sleep(std::chrono::seconds(calls));
      co_return *box + calls;
    };
    int calls = 0;
    const auto limited =
        timed(with_timeout(5s, slower), [&](Duration elapsed) { reports.push_back(elapsed); });
    const int first = co_await limited(std::ref(calls), std::make_unique<int>(10));
    CHECK(first == 11);
    const auto shrinking = [](int& left) -> Coroutine<int> {
      --left;
      co_await sleep(std::chrono::seconds(left));
      co_return left;
    };
    int left = 5;
    const auto safe = retry(4, with_timeout(2500ms, shrinking));
    const int second = co_await safe(std::ref(left));
    CHECK(second == 2);
    CHECK(now() == 8s);
    CHECK(reports == std::vector<Duration>{1s});
  });
}

TEST_CASE("a decorated function and its arguments live as long as its coroutine") {
  run_virtual([]() -> Coroutine<> {
    const auto make_tasks = [] {
      const Counted captured(1);
      const auto sum = [captured](Counted argument) -> Coroutine<Counted> {
        co_await turns(1);
        if (argument.number() == 0) throw std::runtime_error("none");
        co_return Counted(captured.number() + argument.number());
      };
      std::vector<Task<Counted>> tasks;
      tasks.push_back(create_task(timed(sum, [](Duration) {})(Counted(2))));
      tasks.push_back(create_task(with_timeout(1s, sum)(Counted(3))));
      tasks.push_back(create_task(retry(2, sum)(Counted(4))));
      tasks.push_back(create_task(retry(2, with_timeout(1s, sum))(Counted(0))));
      return tasks;
    };
    auto tasks = make_tasks();
    const Counted first = co_await tasks[0];
    const Counted second = co_await tasks[1];
    const Counted third = co_await tasks[2];
    CHECK(first.number() + second.number() + third.number() == 12);
    const std::string error = co_await error_of(tasks[3]);
    CHECK(error == "none");
  });
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

}  // namespace
}  // namespace rondo::testing
