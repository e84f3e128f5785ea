#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/task.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

Coroutine<int> later(int value) {
  co_await turns(1);
  co_return value;
}

TEST_CASE("a task yields what its coroutine returns [case 21]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(later(12));
    CHECK_FALSE(task.done());
    CHECK_THROWS_AS(task.result(), InvalidStateError);
    int told = 0;
    task.add_done_callback([&told](const AnyFuture& done) { told += done.done() ? 1 : 0; });
    const int value = co_await task;
    CHECK(value == 12);
    CHECK(task.done());
    CHECK(task.result() == 12);
    CHECK(task.exception() == nullptr);
    co_await turns(1);
    CHECK(told == 1);
    const int again = co_await task;
    CHECK(again == 12);
  });
}

TEST_CASE("a task has a unique name until it is given one [case 21]") {
  run_virtual([]() -> Coroutine<> {
    auto first = create_task(later(1));
    auto second = create_task(later(2));
    auto third = create_task(later(3), "third");
    const std::set<std::string> names{first.get_name(), second.get_name(),
                                      current_task().get_name()};
    CHECK(names.size() == 3);
    CHECK(first.get_name().starts_with("Task-"));
    CHECK(third.get_name() == "third");
    first.set_name("first");
    CHECK(first.get_name() == "first");
    co_await third;
    CHECK(third.get_name() == "third");
  });
}

TEST_CASE("a task takes no result from outside [case 22]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(later(1));
    Future<int> future = task;
    CHECK(future == task);
    CHECK_THROWS_WITH_AS(future.set_result(2), "Task does not support set_result operation",
                         RuntimeError);
    CHECK_THROWS_WITH_AS(future.set_exception(std::runtime_error("no")),
                         "Task does not support set_exception operation", RuntimeError);
    const int value = co_await future;
    CHECK(value == 1);
  });
}

TEST_CASE("a task that awaits itself gets a RuntimeError [case 23]") {
  run_virtual([]() -> Coroutine<> {
    Task<std::string> self;
    const auto body = [&self]() -> Coroutine<std::string> {
      std::string error;
      try {
        static_cast<void>(co_await self);
      } catch (const RuntimeError& thrown) {
        error = thrown.what();
      }
      co_return error;
    };
    self = create_task(body(), "narcissus");
    const std::string error = co_await self;
    CHECK(error == "Task cannot await on itself: narcissus");
  });
}

TEST_CASE("a task's first step comes in the next turn, in order of creation") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto note = [&log](std::string name) -> Coroutine<> {
      log.push_back(name);
      co_return;
    };
    create_task(note("a"));
    get_running_loop().call_soon([&log] { log.push_back("callback"); });
    create_task(note("b"));
    CHECK(log.empty());
    co_await turns(1);
    CHECK(log == Log{"a", "callback", "b"});
  });
}

TEST_CASE("a task runs on when its handle is dropped") {
  run_virtual([]() -> Coroutine<> {
    bool finished = false;
    create_task([&finished]() -> Coroutine<> {
      co_await sleep(1s);
      finished = true;
    });
    co_await sleep(2s);
    CHECK(finished);
  });
}

Coroutine<> check_current(AnyTask* self, int& checks) {
  for (int i = 0; i < 3; ++i) {
    if (current_task() == *self) ++checks;
    co_await turns(1);
    if (current_task() == *self) ++checks;
    co_await sleep(1s);
    if (current_task() == *self) ++checks;
  }
}

TEST_CASE("current_task is the running task before and after every suspension [case 26]") {
  run_virtual([]() -> Coroutine<> {
    AnyTask first;
    AnyTask second;
    int checks = 0;
    const AnyTask main = current_task();
    CHECK(main);
    auto one = create_task(check_current(&first, checks));
    auto two = create_task(check_current(&second, checks));
    first = one;
    second = two;
    co_await one;
    co_await two;
    CHECK(checks == 18);
    CHECK(current_task() == main);
    bool none_in_callback = false;
    get_running_loop().call_soon([&] { none_in_callback = !current_task(); });
    co_await turns(1);
    CHECK(none_in_callback);
  });
}

TEST_CASE("without a loop there is no current task and no task can be made [case 26]") {
  CHECK_THROWS_WITH_AS(current_task(), "no running event loop", RuntimeError);
  CHECK_THROWS_WITH_AS(all_tasks(), "no running event loop", RuntimeError);
  CHECK_THROWS_WITH_AS(create_task(later(1)), "no running event loop", RuntimeError);
}

TEST_CASE("all_tasks are those that are not done, in order of creation [case 34]") {
  run_in_order([]() -> Coroutine<> {
    auto slow = create_task(sleep(2s));
    auto fast = create_task(sleep(1s));
    auto tasks = all_tasks();
    CHECK(tasks.size() == 3);
    CHECK(tasks.at(0) == current_task());
    CHECK(tasks.at(1) == slow);
    CHECK(tasks.at(2) == fast);
    co_await fast;
    tasks = all_tasks();
    CHECK(tasks.size() == 2);
    CHECK(tasks.at(1) == slow);
    co_await slow;
    CHECK(all_tasks().size() == 1);
  });
}

TEST_CASE("two tasks that await a third both get its result") {
  run_virtual([]() -> Coroutine<> {
    auto shared = create_task(later(7));
    const auto twice = [](Task<int> task) -> Coroutine<int> {
      const int value = co_await task;
      co_return 2 * value;
    };
    auto first = create_task(twice, shared);
    auto second = create_task(twice, shared);
    const int a = co_await first;
    const int b = co_await second;
    CHECK(a + b == 28);
  });
}

TEST_CASE("an exception that is none of the standard's ends its task like any other [case 32]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task([]() -> Coroutine<int> {
      co_await turns(1);
      throw 42;
    });
    int thrown = 0;
    try {
      static_cast<void>(co_await task);
    } catch (int number) {
      thrown = number;
    }
    CHECK(thrown == 42);
    CHECK_FALSE(task.cancelled());
  });
}

TEST_CASE("an exception thrown while being cancelled is the task's end [case 32]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task([]() -> Coroutine<> {
      try {
        co_await sleep(10s);
      } catch (const CancelledError&) {
        throw std::runtime_error("fatal");
      }
    });
    co_await turns(1);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "fatal");
    CHECK_FALSE(task.cancelled());
  });
}

TEST_CASE("the exception that a task ends with is the very object that was thrown [case 31]") {
  run_virtual([]() -> Coroutine<> {
    const auto original = std::make_exception_ptr(std::runtime_error("boom"));
    auto task = create_task([original]() -> Coroutine<> {
      co_await turns(1);
      std::rethrow_exception(original);
    });
    co_await turns(3);
    CHECK(task.exception() == original);
  });
}

TEST_CASE("a task's results may be moved only, exceptions or text") {
  run_virtual([]() -> Coroutine<> {
    auto pointer = create_task(
        []() -> Coroutine<std::unique_ptr<int>> { co_return std::make_unique<int>(3); });
    const std::unique_ptr<int> owned = co_await pointer;
    CHECK(*owned == 3);
    auto carrier = create_task([]() -> Coroutine<std::exception_ptr> {
      co_return std::make_exception_ptr(std::runtime_error("carried"));
    });
    const std::exception_ptr carried = co_await carrier;
    CHECK(describe_exception(carried) == "carried");
    CHECK(carrier.exception() == nullptr);
    auto text = create_task([]() -> Coroutine<std::string> { co_return std::string(100, 'x'); });
    const std::string first = co_await text;
    const std::string second = co_await text;
    CHECK(first == second);
    CHECK(first.size() == 100);
  });
}

TEST_CASE("create_task(fn, args...) keeps the function and its arguments") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(
        [kept = Counted(1), text = std::string("captured ")](
            std::string argument, std::unique_ptr<int> number) -> Coroutine<std::string> {
          co_await sleep(1s);
          co_return text + argument + std::to_string(*number + kept.number());
        },
        std::string("argument "), std::make_unique<int>(4));
    CHECK(Counted::alive == 1);
    const std::string result = co_await task;
    CHECK(result == "captured argument 5");
    CHECK(Counted::alive == 0);  // the function goes when the task is done, not with its handle
  });
  CHECK(Counted::broken == 0);
}

TEST_CASE("a coroutine that was moved from and a closed loop make no task") {
  Loop loop(virtual_time());
  auto coroutine = later(1);
  auto taken = std::move(coroutine);
  CHECK_THROWS_AS(create_task_on(loop, std::move(coroutine)), RuntimeError);
  loop.close();
  CHECK_THROWS_WITH_AS(create_task_on(loop, std::move(taken)), "the event loop is closed",
                       RuntimeError);
}

TEST_CASE("a pending task whose loop closes is reported with its name and place [case 33]") {
  Loop loop(virtual_time());
  Reports reports(loop);
  create_task_on(loop, [](Counted) -> Coroutine<> { co_await sleep(1s); }(Counted()), "forgotten");
  auto started =
      create_task_on(loop, [](Counted) -> Coroutine<> { co_await sleep(1s); }(Counted()));
  loop.stop();
  loop.run_forever();
  CHECK(Counted::alive == 2);
  loop.close();
  CHECK(Counted::alive == 0);
  CHECK(reports.size() == 2);
  CHECK(reports[0].message == "Task was destroyed but it is pending!");
  CHECK(reports[0].task_name == started.get_name());
  CHECK(reports[1].task_name == "forgotten");
  CHECK(std::string(reports[1].where.file_name()).ends_with("test_task.cpp"));
  CHECK_FALSE(started.done());
}

TEST_CASE("of the tasks that a closed loop drops, the youngest goes first") {
  Loop loop(virtual_time());
  const Reports reports(loop);
  int parent_alive = 0;
  bool used_in_time = false;
  class Guard {
   public:
    Guard(int& alive, bool* seen) : alive_(alive), seen_(seen) { ++alive_; }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() {
      if (seen_ != nullptr) *seen_ = alive_ == 2;
      --alive_;
    }

   private:
    int& alive_;
    bool* seen_;  // null: the parent's
  };
  const auto child = [](int& alive, bool& seen) -> Coroutine<> {
    const Guard uses_what_the_parent_has(alive, &seen);
    co_await sleep(1h);
  };
  const auto parent = [child](int& alive, bool& seen) -> Coroutine<> {
    const Guard local(alive, nullptr);
    create_task(child(alive, seen));
    co_await sleep(1h);
  };
  create_task_on(loop, parent(parent_alive, used_in_time));
  loop.call_later(1s, [&loop] { loop.stop(); });
  loop.run_forever();
  CHECK(parent_alive == 2);
  loop.close();
  CHECK(used_in_time);
  CHECK(parent_alive == 0);
}

}  // namespace
}  // namespace rondo::testing
