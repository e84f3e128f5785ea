#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/keyboard_interrupt.h>
#include <rondo/runtime/task_group.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

class ZeroDivision : public std::runtime_error {
 public:
  ZeroDivision() : std::runtime_error("division by zero") {}
};

Coroutine<int> sleep_and_give(Duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

Coroutine<> sleep_and_fail(Duration delay) {
  co_await sleep(delay);
  throw ZeroDivision();
}

/// The texts of the exceptions of a group that awaiting throws, sorted; "none" if it throws nothing
/// or anything else.
template <Awaitable A>
Coroutine<std::vector<std::string>> group_errors(A awaitable) {
  std::vector<std::string> texts;
  try {
    co_await awaitable;
    texts.emplace_back("none");
  } catch (const ExceptionGroup& group) {
    CHECK(group.message() == "unhandled errors in a TaskGroup");
    for (const auto& error : group.exceptions())
      texts.push_back(describe_exception(error));
    std::ranges::sort(texts);
  } catch (...) {
    texts.push_back("bare: " + describe_exception(std::current_exception()));
  }
  co_return texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("a group takes a sleep, and a function with its arguments, as the free function does") {
  run_virtual([]() -> Coroutine<> {
    const auto add = [](int a, int b) -> Coroutine<int> {
      co_await sleep(1s);
      co_return a + b;
    };
    Task<int> sum;
    co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
      group.create_task(sleep(2s));
      sum = group.create_task(add, 3, 4);
      co_return;
    });
    CHECK(sum.result() == 7);
    CHECK(now() == 2s);
  });
}

TEST_CASE("a group waits for its children, and their results can be read [case 111]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> first;
    Task<int> second;
    Task<int> late;
    co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
      first = group.create_task(sleep_and_give(100ms, 42));
      second = group.create_task(sleep_and_give(150ms, 11));
      co_await sleep(10ms);
      late = group.create_task(sleep_and_give(200ms, 7));
    });
    CHECK(first.result() == 42);
    CHECK(second.result() == 11);
    CHECK(late.result() == 7);
    CHECK(now() == 210ms);
  });
}

TEST_CASE("a body that has waited for its children does not wait again [case 111]") {
  run_virtual([]() -> Coroutine<> {
    std::uint64_t before = 0;
    co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
      auto first = group.create_task(sleep_and_give(100ms, 42));
      const int value = co_await first;
      CHECK(value == 42);
      co_await turns(1);
      before = get_running_loop().turns();
    });
    CHECK(get_running_loop().turns() == before);
    CHECK(now() == 100ms);
    co_await async_with(TaskGroup(), [](TaskGroup&) -> Coroutine<> { co_return; });
  });
}

TEST_CASE("a group gives its body's value [case 111]") {
  run_virtual([]() -> Coroutine<> {
    const int sum = co_await async_with(TaskGroup(), [](TaskGroup& group) -> Coroutine<int> {
      auto first = group.create_task(sleep_and_give(1s, 1));
      auto second = group.create_task(sleep_and_give(2s, 2));
      const int one = co_await first;
      const int two = co_await second;
      co_return one + two;
    });
    CHECK(sum == 3);
  });
}

TEST_CASE("a child that is cancelled by name is no error of the group [case 112]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> cancelled;
    Task<int> other;
    co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
      cancelled = group.create_task(sleep_and_give(1h, 1));
      other = group.create_task(sleep_and_give(150ms, 2));
      co_await sleep(10ms);
      cancelled.cancel();
    });
    CHECK(cancelled.cancelled());
    CHECK(other.result() == 2);
    CHECK(now() == 150ms);
  });
}

TEST_CASE("a child that fails takes its siblings and the body with it [case 113]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> sibling;
    bool body_went_on = false;
    bool code_after_ran = false;
    const auto grouped = [&]() -> Coroutine<> {
      co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
        sibling = group.create_task(sleep_and_give(1h, 1));
        group.create_task(sleep_and_fail(100ms));
        co_await sleep(1h);
        body_went_on = true;
      });
      code_after_ran = true;
    };
    const Texts errors = co_await group_errors(grouped());
    CHECK(errors == Texts{"division by zero"});
    CHECK(sibling.cancelled());
    CHECK_FALSE(body_went_on);
    CHECK_FALSE(code_after_ran);
    CHECK(now() == 100ms);
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("a child that fails after the body takes its siblings with it [case 113]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> sibling;
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      sibling = group.create_task(sleep_and_give(1h, 1));
      group.create_task(sleep_and_fail(100ms));
      co_return;
    };
    const Texts errors = co_await group_errors(async_with(TaskGroup(), body));
    CHECK(errors == Texts{"division by zero"});
    CHECK(sibling.cancelled());
    CHECK(now() == 100ms);
    CHECK(current_task().cancelling() == 0);
    co_await turns(1);  // the group's own cancellation is not left over
  });
}

TEST_CASE("the errors of all children that fail are gathered [case 114]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> sleeping;
    const auto fail_in_cleanup = [](Duration delay, std::string text) -> Coroutine<> {
      try {
        co_await sleep(delay);
      } catch (const CancelledError&) {
      }
      throw std::runtime_error(text);
    };
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      group.create_task(fail_in_cleanup(100ms, "1"));
      group.create_task(fail_in_cleanup(1h, "2"));
      group.create_task(fail_in_cleanup(1h, "3"));
      sleeping = group.create_task(sleep_and_give(1h, 1));
      co_return;
    };
    const Texts errors = co_await group_errors(async_with(TaskGroup(), body));
    CHECK(errors == Texts{"1", "2", "3"});
    CHECK(sleeping.cancelled());
    CHECK(now() == 100ms);
  });
}

TEST_CASE("children that fail in the same turn are all in the group [case 114]") {
  run_virtual([]() -> Coroutine<> {
    const auto body = [](TaskGroup& group) -> Coroutine<> {
      for (int i = 0; i < 3; ++i)
        group.create_task(sleep_and_fail(0s));
      co_return;
    };
    const Texts errors = co_await group_errors(async_with(TaskGroup(), body));
    CHECK(errors.size() == 3);
  });
}

TEST_CASE("a body that throws ends its children and is an error of the group [case 117]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> child;
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      child = group.create_task(sleep_and_give(1h, 1));
      co_await sleep(100ms);
      throw ZeroDivision();
    };
    const Texts errors = co_await group_errors(async_with(TaskGroup(), body));
    CHECK(errors == Texts{"division by zero"});
    CHECK(child.cancelled());
    CHECK(now() == 100ms);
  });
}

TEST_CASE("a body that throws without having waited ends children that never began [case 117]") {
  run_virtual([]() -> Coroutine<> {
    Task<> child;
    bool began = false;
    const auto work = [&began]() -> Coroutine<> {
      began = true;
      co_return;
    };
    // Not even a coroutine: there is no co_await and no co_return in it.
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      child = group.create_task(work());
      throw ZeroDivision();
    };
    const Texts errors = co_await group_errors(async_with(TaskGroup(), body));
    CHECK(errors == Texts{"division by zero"});
    CHECK(child.cancelled());
    CHECK_FALSE(began);
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("a KeyboardInterrupt of the body is thrown as it is [case 122]") {
  run_virtual([]() -> Coroutine<> {
    Task<int> child;
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      child = group.create_task(sleep_and_give(1h, 1));
      co_await turns(1);
      throw KeyboardInterrupt();
    };
    const bool bare = co_await throws<KeyboardInterrupt>(async_with(TaskGroup(), body));
    CHECK(bare);
    CHECK(child.cancelled());
  });
}

TEST_CASE("exceptions of any other type are grouped [case 122]") {
  run_virtual([]() -> Coroutine<> {
    const auto throw_number = []() -> Coroutine<> {
      co_await turns(1);
      throw 42;
    };
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      group.create_task(throw_number());
      co_return;
    };
    int number = 0;
    try {
      co_await async_with(TaskGroup(), body);
    } catch (const ExceptionGroup& group) {
      group.for_each<int>([&number](int value) { number = value; });
    }
    CHECK(number == 42);
  });
}

TEST_CASE("a group lets go of children that have ended [case 123]") {
  run_virtual([]() -> Coroutine<> {
    Counted::alive = 0;
    const auto child = [](Counted counted) -> Coroutine<Counted> {
      co_await sleep(1s);
      co_return counted;
    };
    co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
      for (int i = 0; i < 10; ++i)
        group.create_task(child(Counted(i)));
      co_await sleep(2s);
      CHECK(Counted::alive == 0);
    });
    CHECK(all_tasks().size() == 1);
  });
}

Coroutine<> spawn(TaskGroup& group, int generations, int& spawned) {
  ++spawned;
  co_await sleep(1s);
  if (generations > 0) group.create_task(spawn(group, generations - 1, spawned));
}

TEST_CASE("a group waits for the children of its children [case 123]") {
  run_virtual([]() -> Coroutine<> {
    int spawned = 0;
    co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
      group.create_task(spawn(group, 5, spawned));
      co_return;
    });
    CHECK(spawned == 6);
    CHECK(now() == 6s);
  });
}

/// Grows two heads for each that is cut off.
Coroutine<> hydra(TaskGroup& group, int& refused) {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
  }
  for (int i = 0; i < 2; ++i) {
    try {
      group.create_task(hydra(group, refused));
    } catch (const RuntimeError& error) {
      CHECK(std::string(error.what()) == "TaskGroup is shutting down");
      ++refused;
    }
  }
}

TEST_CASE("a group ends though its children never cease to start others [case 124]") {
  run_virtual([]() -> Coroutine<> {
    int refused = 0;
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      for (int i = 0; i < 5; ++i)
        group.create_task(hydra(group, refused));
      co_await turns(1);
      throw ZeroDivision();
    };
    const Texts errors = co_await group_errors(async_with(TaskGroup(), body));
    CHECK(errors == Texts{"division by zero"});
    CHECK(refused == 10);
    CHECK(now() == 0s);
  });
}

TEST_CASE("a group that is not open starts nothing, and drops the coroutine [case 125]") {
  run_virtual([]() -> Coroutine<> {
    Reports reports(get_running_loop());
    const std::size_t frames = detail::live_frames;
    TaskGroup group;
    CHECK_THROWS_WITH_AS(group.create_task(turns(1)), "TaskGroup has not been entered",
                         RuntimeError);
    co_await async_with(group, [](TaskGroup&) -> Coroutine<> { co_return; });
    CHECK_THROWS_WITH_AS(group.create_task(turns(1)), "TaskGroup is finished", RuntimeError);
    CHECK(detail::live_frames == frames);

    std::string in_cleanup;
    const auto body = [&](TaskGroup& failing) -> Coroutine<> {
      failing.create_task(sleep_and_fail(0s));
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        try {
          failing.create_task(turns(1));
        } catch (const RuntimeError& error) {
          in_cleanup = error.what();
        }
        throw;
      }
    };
    const Texts errors = co_await group_errors(async_with(TaskGroup(), body));
    CHECK(errors == Texts{"division by zero"});
    CHECK(in_cleanup == "TaskGroup is shutting down");
    CHECK(detail::live_frames == frames);
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("a group is entered once, and names its tasks [case 126]") {
  run_virtual([]() -> Coroutine<> {
    TaskGroup group;
    co_await async_with(group, [](TaskGroup& inside) -> Coroutine<> {
      auto task = inside.create_task(turns(1), "yolo");
      CHECK(task.get_name() == "yolo");
      const std::string error = co_await error_of(inside.aenter());
      CHECK(error == "TaskGroup has already been entered");
    });
    const std::string error = co_await error_of(group.aenter());
    CHECK(error == "TaskGroup has already been entered");
    CHECK_THROWS_AS(TaskGroup(std::move(group)), RuntimeError);
  });
}

}  // namespace
}  // namespace rondo::testing
