#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/async_generator.h>
#include <rondo/runtime/context.h>
#include <rondo/runtime/run.h>

#include "captured_stderr.h"
#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

Coroutine<int> answer_in_a_second(int value) {
  co_await sleep(1s);
  co_return value;
}

Coroutine<> fail_in_a_second(std::string text) {
  co_await sleep(1s);
  throw std::runtime_error(text);
}

TEST_CASE("run returns what main returns and throws what it throws [case 167]") {
  CHECK(run(answer_in_a_second(42), virtual_time()) == 42);
  CHECK_THROWS_WITH_AS(run(fail_in_a_second("boom"), virtual_time()), "boom", std::runtime_error);
  CHECK(run([base = 40](int more) -> Coroutine<int> { co_return base + more; }, 2) == 42);
}

TEST_CASE("main that is cancelled ends run with CancelledError") {
  const auto main = []() -> Coroutine<> {
    current_task().cancel("from inside");
    co_await sleep(1s);
  };
  std::string message;
  try {
    run_virtual(main());
  } catch (const CancelledError& cancelled) {
    message = cancelled.message();
  }
  CHECK(message == "from inside");
}

TEST_CASE("run inside a running loop is a RuntimeError, and main is not started [case 167]") {
  run_virtual([]() -> Coroutine<> {
    bool started = false;
    const auto inner = [&started]() -> Coroutine<> {
      started = true;
      co_return;
    };
    CHECK_THROWS_WITH_AS(run(inner(), virtual_time()),
                         "run() cannot be called from a running event loop", RuntimeError);
    CHECK_FALSE(started);
    co_return;
  });
}

Coroutine<> leftover(Log& log, std::string name) {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
    log.push_back(name + " cancelled");
  }
  co_await sleep(1s);  // clean-up that awaits
  log.push_back(name + " ended");
}

TEST_CASE("tasks that are left are cancelled and awaited after main returns [case 168]") {
  Log log;
  const auto main = [&log]() -> Coroutine<int> {
    create_task(leftover(log, "a"));
    create_task(leftover(log, "b"));
    co_await sleep(1s);
    log.push_back("main");
    co_return 5;
  };
  CHECK(run_in_order(main) == 5);
  CHECK(log == Log{"main", "a cancelled", "b cancelled", "a ended", "b ended"});
}

Coroutine<> crash_when_cancelled() {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
    throw std::runtime_error("crashed at the end");
  }
}

TEST_CASE("errors during the shutdown are reported, and main's value is kept [case 168]") {
  Runner runner(virtual_time());
  Reports reports(runner.get_loop());
  const auto main = []() -> Coroutine<int> {
    create_task(crash_when_cancelled(), "crasher");
    create_task(sleep(1h));
    co_await turns(1);
    co_return 5;
  };
  CHECK(runner.run(main()) == 5);
  CHECK(reports.size() == 0);
  runner.close();
  CHECK(reports.size() == 1);
  CHECK(reports[0].message.find("shutdown") != std::string::npos);
  CHECK(reports[0].task_name == "crasher");
  CHECK(describe_exception(reports[0].exception) == "crashed at the end");
}

TEST_CASE("main's exception comes out after what is left has been ended [case 169]") {
  Log log;
  const auto main = [&log]() -> Coroutine<> {
    create_task(leftover(log, "a"));
    co_await turns(1);
    throw std::runtime_error("main failed");
  };
  CHECK_THROWS_WITH_AS(run_virtual(main()), "main failed", std::runtime_error);
  CHECK(log == Log{"a cancelled", "a ended"});
}

AsyncGenerator<int> count_slowly(Log& log) {
  try {
    for (int i = 0;; ++i) {
      co_await sleep(1ms);
      co_yield i;
    }
  } catch (const CancelledError&) {
    log.push_back("generator cancelled");
    throw;
  }
}

TEST_CASE("main's exception comes out after a generator that is left has been ended [case 169]") {
  Log log;
  const auto consume = [&log]() -> Coroutine<> {
    auto numbers = count_slowly(log);
    while (const auto number = co_await numbers.next()) {
      if (*number == 0) log.push_back("begun");
    }
  };
  const auto main = [&]() -> Coroutine<> {
    create_task(consume());
    co_await sleep(10500us);
    throw std::runtime_error("main failed");
  };
  CHECK_THROWS_WITH_AS(run_virtual(main()), "main failed", std::runtime_error);
  CHECK(log == Log{"begun", "generator cancelled"});
}

TEST_CASE("a task that starts another one while it is cancelled: that one is ended too") {
  Log log;
  const auto spawning = [&log]() -> Coroutine<> {
    try {
      co_await sleep(1h);
    } catch (const CancelledError&) {
      create_task(leftover(log, "child"));
    }
  };
  run_virtual([&]() -> Coroutine<> {
    create_task(spawning());
    co_await turns(1);
  });
  CHECK(log == Log{"child cancelled", "child ended"});
  CHECK(detail::live_frames == 0);
}

Coroutine<> hydra(int generation) {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
  }
  if (generation < 1'000) create_task(hydra(generation + 1));
  co_await turns(1);
}

TEST_CASE("tasks that start others for ever do not keep the runner from closing") {
  Runner runner(virtual_time());
  Reports reports(runner.get_loop());
  runner.run([]() -> Coroutine<> {
    create_task(hydra(0));
    co_await turns(1);
  }());
  runner.close();
  CHECK(runner.get_loop().is_closed());
  CHECK(detail::live_frames == 0);
}

TEST_CASE("a runner runs more than once on one loop, and its tasks go on meanwhile [case 170]") {
  Runner runner(virtual_time());
  Task<int> background;
  Loop* first = nullptr;
  runner.run([&]() -> Coroutine<> {
    first = &get_running_loop();
    background = create_task(answer_in_a_second(7));
    co_return;
  }());
  CHECK_FALSE(background.done());
  const int sum = runner.run([&]() -> Coroutine<int> {
    CHECK(first == &get_running_loop());
    const int value = co_await background;
    co_return value + 1;
  }());
  CHECK(sum == 8);
  CHECK(first == &runner.get_loop());
}

TEST_CASE("the runs of a runner share one context, which begins as its maker's [case 170]") {
  ContextVar<int> number("number", 0);
  auto token = number.set(1);
  Runner runner(virtual_time());
  number.reset(token);
  const auto count_up = [&number]() -> Coroutine<int> {
    const int before = number.get();
    number.set(before + 1);
    co_await sleep(1s);
    co_return before;
  };
  CHECK(runner.run(count_up()) == 1);
  CHECK(runner.run(count_up()) == 2);
  CHECK(number.get() == 0);
}

TEST_CASE(
    "a closed runner runs nothing; closing it twice is one too many but harmless [case 170]") {
  Runner runner(virtual_time());
  runner.close();
  CHECK_NOTHROW(runner.close());
  CHECK_THROWS_AS(runner.run(answer_in_a_second(1)), RuntimeError);
}

Coroutine<> stubborn(Future<> never) {
  for (int i = 0; i < 3; ++i) {
    try {
      co_await never;
    } catch (const CancelledError&) {
      never = Future<>::create();
    }
  }
  co_await never;
}

TEST_CASE("a shutdown that fails throws from close, and the loop is closed all the same") {
  Runner runner(virtual_time());
  Reports reports(runner.get_loop());
  runner.run([]() -> Coroutine<> {
    create_task(stubborn(Future<>::create()), "stubborn");
    co_await turns(1);
  }());
  CHECK_THROWS_AS(runner.close(), RuntimeError);  // the virtual clock's deadlock
  CHECK(runner.get_loop().is_closed());
  CHECK(reports.size() >= 1);
  CHECK(reports[0].message == "Task was destroyed but it is pending!");
  CHECK(detail::live_frames == 0);
}

TEST_CASE("a shutdown that fails in a destructor is reported, and main's value is kept") {
  const CapturedStderr captured;
  const auto main = []() -> Coroutine<int> {
    create_task(stubborn(Future<>::create()), "stubborn");
    co_await turns(1);
    co_return 5;
  };
  CHECK(run_virtual(main()) == 5);
  CHECK(captured.text().find("deadlock") != std::string::npos);
  CHECK(captured.text().find("Task was destroyed but it is pending! (stubborn)") !=
        std::string::npos);
}

}  // namespace
}  // namespace rondo::testing
