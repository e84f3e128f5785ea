#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/event.h>
#include <rondo/runtime/task_group.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

/// What a group threw, with groups within it in brackets: "[a [b c]]"; "cancelled" and the like for
/// anything else.
std::string shape(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const ExceptionGroup& group) {
    std::string text;
    for (const auto& inner : group.exceptions())
      text += (text.empty() ? "[" : " ") + shape(inner);
    return text + "]";
  } catch (...) {
    return describe_exception(error);
  }
  return "nothing";
}

template <Awaitable A>
Coroutine<std::string> shape_of(A awaitable) {
  std::exception_ptr error;
  try {
    co_await awaitable;
  } catch (...) {
    error = std::current_exception();
  }
  co_return shape(error);
}

Coroutine<> fail(Duration delay, std::string text) {
  co_await sleep(delay);
  throw std::runtime_error(text);
}

/// Sleeps, and fails when it is cancelled.
Coroutine<> fail_in_cleanup(std::string text) {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
    throw std::runtime_error(text);
  }
}

TEST_CASE(
    "cancelling the task cancels all children of its group, in the body or after it [case 115]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Task<>> children;
    bool in_body = false;
    SUBCASE("in the body") {
      in_body = true;
    }
    SUBCASE("after it") {
      in_body = false;
    }
    auto parent = create_task([&]() -> Coroutine<> {
      co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
        for (int i = 0; i < 5; ++i)
          children.push_back(group.create_task(turns(1000)));
        if (in_body) co_await sleep(1h);
      });
    });
    co_await turns(3);
    CHECK(children.size() == 5);
    parent.cancel("enough");
    const std::string error = co_await shape_of(parent);
    CHECK(error == "cancelled: enough");
    CHECK(parent.cancelled());
    CHECK(std::ranges::all_of(children, [](const Task<>& child) { return child.cancelled(); }));
    CHECK(now() == 0s);
  });
}

TEST_CASE(
    "children that fail in their clean-up go before the cancellation of the task [case 116]") {
  run_in_order([]() -> Coroutine<> {
    bool in_body = false;
    SUBCASE("in the body") {
      in_body = true;
    }
    SUBCASE("after it") {
      in_body = false;
    }
    int left = 0;
    auto parent = create_task([&]() -> Coroutine<> {
      const std::string error =
          co_await shape_of(async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
            for (const char* text : {"1", "2", "3"})
              group.create_task(fail_in_cleanup(text));
            if (in_body) co_await sleep(1h);
          }));
      CHECK(error == "[1 2 3]");
      left = current_task().cancelling();
      co_await turns(1);
      CHECK_MESSAGE(false, "the cancellation was lost");
    });
    co_await turns(2);
    parent.cancel();
    const std::string error = co_await shape_of(parent);
    CHECK(error == "cancelled");
    CHECK(left == 1);
  });
}

TEST_CASE("a group in a group that fails in its clean-up is an error of the outer one [case 118]") {
  run_virtual([]() -> Coroutine<> {
    auto parent = create_task([]() -> Coroutine<> {
      co_await async_with(TaskGroup(), [](TaskGroup& outer) -> Coroutine<> {
        outer.create_task(turns(1000));
        co_await async_with(TaskGroup(), [](TaskGroup& inner) -> Coroutine<> {
          inner.create_task(fail_in_cleanup("inner"));
          co_await sleep(1h);
        });
      });
    });
    co_await turns(3);
    parent.cancel();
    const std::string error = co_await shape_of(parent);
    CHECK(error == "[[inner]]");
  });
}

TEST_CASE("an error beside the inner group is flat, one in it is nested [case 118]") {
  run_virtual([]() -> Coroutine<> {
    const std::string beside =
        co_await shape_of(async_with(TaskGroup(), [](TaskGroup& outer) -> Coroutine<> {
          outer.create_task(fail(10ms, "outer"));
          co_await async_with(TaskGroup(), [](TaskGroup& inner) -> Coroutine<> {
            inner.create_task(sleep(1h));
            co_await sleep(1h);
          });
        }));
    CHECK(beside == "[outer]");
    CHECK(current_task().cancelling() == 0);
    const std::string within =
        co_await shape_of(async_with(TaskGroup(), [](TaskGroup& outer) -> Coroutine<> {
          outer.create_task(sleep(1h));
          co_await async_with(TaskGroup(), [](TaskGroup& inner) -> Coroutine<> {
            inner.create_task(fail(10ms, "inner"));
            co_await sleep(1h);
          });
        }));
    CHECK(within == "[[inner]]");
    CHECK(current_task().cancelling() == 0);
    co_await turns(1);
  });
}

TEST_CASE("a body that takes its time to end when a child fails is waited for [case 119]") {
  run_virtual([]() -> Coroutine<> {
    const std::string error =
        co_await shape_of(async_with(TaskGroup(), [](TaskGroup& group) -> Coroutine<> {
          group.create_task(fail(100ms, "boom"));
          try {
            co_await sleep(1h);
          } catch (const CancelledError&) {
          }
          co_await sleep(500ms);
        }));
    CHECK(error == "[boom]");
    CHECK(now() == 600ms);
    CHECK(current_task().cancelling() == 0);
    co_await turns(1);
  });
}

TEST_CASE("an empty group lets a cancellation of its body through [case 120]") {
  run_virtual([]() -> Coroutine<> {
    auto parent = create_task([]() -> Coroutine<> {
      co_await async_with(TaskGroup(), [](TaskGroup&) -> Coroutine<> { co_await sleep(1h); });
    });
    co_await turns(2);
    parent.cancel();
    const std::string error = co_await shape_of(parent);
    CHECK(error == "cancelled");
    CHECK(parent.cancelled());
  });
}

TEST_CASE("a body that makes an error of its cancellation has it grouped [case 120]") {
  run_virtual([]() -> Coroutine<> {
    auto parent = create_task([]() -> Coroutine<> {
      co_await async_with(TaskGroup(), [](TaskGroup& group) -> Coroutine<> {
        group.create_task(turns(1000));
        try {
          co_await sleep(1h);
        } catch (const CancelledError&) {
          throw std::runtime_error("mine");
        }
      });
    });
    co_await turns(2);
    parent.cancel();
    const std::string error = co_await shape_of(parent);
    CHECK(error == "[mine]");
  });
}

TEST_CASE("an error of a child and one of the body are both in the group [case 121]") {
  run_virtual([]() -> Coroutine<> {
    const std::string error =
        co_await shape_of(async_with(TaskGroup(), [](TaskGroup& group) -> Coroutine<> {
          group.create_task(fail(10ms, "child"));
          try {
            co_await sleep(1h);
          } catch (const CancelledError&) {
            throw std::runtime_error("body");
          }
        }));
    CHECK(error == "[child body]");
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("a body that fails before its child, whose clean-up fails too, comes last [case 121]") {
  run_virtual([]() -> Coroutine<> {
    const std::string error =
        co_await shape_of(async_with(TaskGroup(), [](TaskGroup& group) -> Coroutine<> {
          group.create_task(fail_in_cleanup("child"));
          co_await sleep(10ms);
          throw std::runtime_error("body");
        }));
    CHECK(error == "[child body]");
  });
}

TEST_CASE("a second cancellation while the children end is not lost [case 115]") {
  run_virtual([]() -> Coroutine<> {
    const auto stubborn = []() -> Coroutine<> {
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
      }
      co_await sleep(1s);
    };
    auto parent = create_task([&]() -> Coroutine<> {
      co_await async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
        group.create_task(stubborn());
        co_await sleep(1h);
      });
    });
    co_await turns(2);
    parent.cancel("first");
    co_await sleep(500ms);
    parent.cancel("second");
    const std::string error = co_await shape_of(parent);
    CHECK(error == "cancelled: first");
    CHECK(parent.cancelling() == 2);
    CHECK(now() == 1s);
  });
}

TEST_CASE("each of two nested groups takes back its own cancellation [case 127]") {
  run_virtual([]() -> Coroutine<> {
    int inside = -1;
    int outside = -1;
    const auto body = [&](TaskGroup& outer) -> Coroutine<> {
      outer.create_task(fail(10ms, "outer"));
      const std::string inner_error =
          co_await shape_of(async_with(TaskGroup(), [&](TaskGroup& inner) -> Coroutine<> {
            inner.create_task(fail(10ms, "inner"));
            co_await sleep(1h);
          }));
      CHECK(inner_error == "[inner]");
      inside = current_task().cancelling();
    };
    const std::string error = co_await shape_of(async_with(TaskGroup(), body));
    outside = current_task().cancelling();
    CHECK(error == "[outer]");
    CHECK(inside == 1);
    CHECK(outside == 0);
    co_await turns(1);
  });
}

TEST_CASE("an error and a cancellation from outside come one after the other [case 128]") {
  run_virtual([]() -> Coroutine<> {
    std::string first;
    int left = 0;
    bool went_on = false;
    Event about_to_fail;
    const auto fail_soon = [&about_to_fail]() -> Coroutine<> {
      about_to_fail.set();
      co_await turns(1);
      throw std::runtime_error("boom");
    };
    auto parent = create_task([&]() -> Coroutine<> {
      first = co_await shape_of(async_with(TaskGroup(), [&](TaskGroup& group) -> Coroutine<> {
        group.create_task(fail_soon());
        co_await sleep(1h);
      }));
      left = current_task().cancelling();
      co_await turns(1);
      went_on = true;
    });
    co_await about_to_fail.wait();
    CHECK(parent.cancelling() == 0);
    parent.cancel();
    CHECK(parent.cancelling() == 1);
    const std::string error = co_await shape_of(parent);
    CHECK(first == "[boom]");
    CHECK(error == "cancelled");
    CHECK(left == 1);
    CHECK(parent.cancelling() == 1);
    CHECK_FALSE(went_on);
  });
}

}  // namespace
}  // namespace rondo::testing
