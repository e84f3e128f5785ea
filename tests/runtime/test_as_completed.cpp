#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/as_completed.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Values = std::vector<int>;

Coroutine<int> value_after(Duration delay, int value) {
  co_await sleep(delay);
  if (value < 0) throw std::runtime_error("negative");
  co_return value;
}

std::vector<Coroutine<int>> coroutines(std::initializer_list<int> seconds) {
  std::vector<Coroutine<int>> all;
  for (const int second : seconds)
    all.push_back(value_after(std::chrono::seconds(second), second));
  return all;
}

TEST_CASE("results come in the order in which they finish [case 62]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Coroutine<int>> all;
    all.push_back(value_after(150ms, 3));
    all.push_back(value_after(10ms, 1));
    all.push_back(value_after(10ms, 2));
    Values values;
    for (auto next : as_completed(std::move(all))) {
      const int value = co_await next;
      values.push_back(value);
      CHECK(now() == (value == 3 ? 150ms : 10ms));
    }
    CHECK(values == Values{1, 2, 3});
    CHECK(now() == 150ms);
  });
}

TEST_CASE("what is not there in time is a TimeoutError; the tasks go on [case 63]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Task<int>> tasks{create_task(value_after(100ms, 1)),
                                 create_task(value_after(150ms, 2))};
    Values values;
    int timeouts = 0;
    for (auto next : as_completed(tasks, 120ms)) {
      try {
        const int value = co_await next;
        values.push_back(value);
      } catch (const TimeoutError&) {
        ++timeouts;
      }
    }
    CHECK(values == Values{1});
    CHECK(timeouts == 1);
    CHECK(now() == 120ms);
    CHECK_FALSE(tasks.at(1).done());
    const int second = co_await tasks.at(1);
    CHECK(second == 2);
  });
}

TEST_CASE("every result that is missing at the timeout is a TimeoutError of its own [case 63]") {
  run_virtual([]() -> Coroutine<> {
    auto completed = as_completed(coroutines({1, 5, 6, 7}), 2s);
    std::vector<Task<std::string>> errors;
    for (auto next : completed)
      errors.push_back(create_task(error_of(std::move(next))));
    std::vector<std::string> texts;
    for (const auto& task : errors) {
      const std::string text = co_await task;
      texts.push_back(text);
    }
    CHECK(texts == std::vector<std::string>{"", "timed out", "timed out", "timed out"});
    CHECK(now() == 2s);
  });
}

TEST_CASE("results that came before the timeout are delivered after it [case 63]") {
  run_virtual([]() -> Coroutine<> {
    auto completed = as_completed(coroutines({1, 2, 9}), 3s);
    co_await sleep(5s);
    Values values;
    int timeouts = 0;
    for (auto next : completed) {
      try {
        const int value = co_await next;
        values.push_back(value);
      } catch (const TimeoutError&) {
        ++timeouts;
      }
    }
    CHECK(values == Values{1, 2});
    CHECK(timeouts == 1);
  });
}

TEST_CASE("a timeout that was not needed leaves no timer behind [case 64]") {
  Loop loop(virtual_time());
  loop.run_until_complete([]() -> Coroutine<> {
    for (auto next : as_completed(coroutines({1, 2}), 1h))
      co_await next;
  }());
  CHECK(loop.time() == TimePoint(2s));
  CHECK_THROWS_AS(loop.run_forever(), RuntimeError);  // the deadlock, at once
  CHECK(loop.time() == TimePoint(2s));
}

TEST_CASE("the loop over the results can be left and taken up again [case 65]") {
  run_virtual([]() -> Coroutine<> {
    auto completed = as_completed(coroutines({1, 2, 3}));
    Values values;
    for (auto next : completed) {
      const int value = co_await next;
      values.push_back(value);
      if (value == 1) break;
    }
    CHECK(values == Values{1});
    for (auto next : completed) {
      const int value = co_await next;
      values.push_back(value);
    }
    CHECK(values == Values{1, 2, 3});
    for (auto next : completed)
      values.push_back(co_await next);
    CHECK(values.size() == 3);
  });
}

TEST_CASE("whoever awaits first gets the first result [case 66]") {
  run_virtual([]() -> Coroutine<> {
    auto completed = as_completed(coroutines({1, 2}));
    auto first = *completed.begin();
    auto second = *completed.begin();
    const int a = co_await second;
    const int b = co_await first;
    CHECK(a == 1);
    CHECK(b == 2);
  });
}

TEST_CASE("the form with next() yields the very tasks that were passed in [case 67]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Task<int>> tasks{create_task(value_after(2s, 1)), create_task(value_after(1s, 2))};
    auto completed = as_completed(tasks);
    std::vector<Future<int>> order;
    while (auto done = co_await completed.next()) {
      CHECK(done->done());
      order.push_back(*done);
    }
    CHECK(order.size() == 2);
    CHECK(order.at(0) == tasks.at(1));
    CHECK(order.at(1) == tasks.at(0));

    auto wrapped = as_completed(coroutines({1}));
    const auto task = co_await wrapped.next();
    CHECK(task.has_value());
    CHECK(task->result() == 1);
    const auto end = co_await wrapped.next();
    CHECK_FALSE(end.has_value());
  });
}

TEST_CASE("the same task named twice counts once [case 68]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(value_after(1s, 1));
    std::vector<Task<int>> tasks{task, task, create_task(value_after(2s, 2)), task};
    Values values;
    for (auto next : as_completed(tasks)) {
      const int value = co_await next;
      values.push_back(value);
    }
    CHECK(values == Values{1, 2});
  });
}

TEST_CASE("an error is thrown at its own await and stops none of the others") {
  run_virtual([]() -> Coroutine<> {
    std::vector<std::string> log;
    for (auto next : as_completed(coroutines({2, -1, 3}))) {
      const std::string text = co_await error_of(std::move(next));
      log.push_back(text);
    }
    CHECK(log == std::vector<std::string>{"negative", "", ""});
  });
}

TEST_CASE("nothing is cancelled when the loop over the results ends early") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Task<int>> tasks{create_task(value_after(1s, 1)), create_task(value_after(2s, 2))};
    for (auto next : as_completed(tasks)) {
      co_await next;
      break;
    }
    const int second = co_await tasks.at(1);
    CHECK(second == 2);
  });
}

TEST_CASE("a consumer that is cancelled leaves its result to the next one") {
  run_virtual([]() -> Coroutine<> {
    auto completed = as_completed(coroutines({1, 2}));
    auto first = create_task(*completed.begin());
    auto second = create_task(*completed.begin());
    co_await sleep(500ms);
    first.cancel();
    const int value = co_await second;
    CHECK(value == 1);
    CHECK(first.cancelled());
  });
}

TEST_CASE("a consumer cancelled in the turn of its result passes the wake-up on") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Future<int>> futures{Future<int>::create(), Future<int>::create()};
    auto completed = as_completed(futures);
    auto first = create_task(*completed.begin());
    auto second = create_task(*completed.begin());
    co_await turns(1);
    futures.at(0).set_result(7);
    get_running_loop().call_soon([&first] { first.cancel(); });
    co_await turns(3);
    CHECK(first.cancelled());
    CHECK(second.done());
    CHECK(second.result() == 7);
    futures.at(1).cancel();
    co_await turns(1);
  });
}

TEST_CASE("as_completed of nothing yields nothing, and starts its tasks at once") {
  run_virtual([]() -> Coroutine<> {
    int results = 0;
    for (auto next : as_completed(std::vector<Coroutine<int>>())) {
      co_await next;
      ++results;
    }
    CHECK(results == 0);
    auto completed = as_completed(coroutines({1}));
    co_await sleep(1s);
    const int value = co_await *completed.begin();
    CHECK(value == 1);
    CHECK(now() == 1s);
  });
}

}  // namespace
}  // namespace rondo::testing
