#include <chrono>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/task_group.h>
#include <rondo/runtime/wait.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

Coroutine<> fail(Duration delay) {
  co_await sleep(delay);
  throw std::runtime_error("later");
}

/// Sleeps, and fails when it is cancelled.
Coroutine<> fail_in_cleanup() {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
    throw std::runtime_error("in the clean-up");
  }
}

/// Trees of groups whose tasks fail, sleep, ignore cancellations and are cancelled at random: when
/// the outermost group has ended nobody is left, and no request to cancel either.
class Trees {
 public:
  explicit Trees(unsigned seed) : random_(seed) {}

  Coroutine<> run() {
    auto root = create_task(node(0));
    const bool from_outside = number(0, 1) == 0;
    if (from_outside) {
      co_await sleep(std::chrono::milliseconds(number(0, 10)));
      root.cancel();
    }
    const std::vector<Task<>> roots{root};
    const auto result = co_await wait(roots, 24h);
    CHECK_MESSAGE(result.pending.empty(), "a group never ended");
    co_await error_of(root);
    CHECK(running_ == 0);
    CHECK(all_tasks().size() == 1);
    CHECK_FALSE(unbalanced_);
    if (!from_outside) CHECK(root.cancelling() == 0);
  }

 private:
  int number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  Coroutine<> node(int depth) {
    struct Running {
      explicit Running(int& counter) : count(counter) { ++count; }
      Running(const Running&) = delete;
      Running& operator=(const Running&) = delete;
      ~Running() { --count; }
      int& count;
    };
    const Running running(running_);
    const int choice = number(0, depth > 2 ? 4 : 9);
    if (choice == 0) throw std::runtime_error("at once");
    if (choice == 1) co_await fail(std::chrono::milliseconds(number(0, 8)));
    if (choice == 2) co_await fail_in_cleanup();
    if (choice == 3) co_await sleep(std::chrono::milliseconds(number(0, 8)));
    if (choice == 4) co_await turns(number(0, 5));
    if (choice < 5) co_return;
    const int before = current_task().cancelling();
    bool cancelled = false;
    try {
      co_await async_with(TaskGroup(), [this, &depth](TaskGroup& group) -> Coroutine<> {
        const int children = number(0, 4);
        for (int i = 0; i < children; ++i) {
          auto child = group.create_task(node(depth + 1));
          if (number(0, 5) == 0) child.cancel();
        }
        co_await sleep(std::chrono::milliseconds(number(0, 12)));
      });
    } catch (const CancelledError&) {
      cancelled = true;
    } catch (const ExceptionGroup&) {
      if (number(0, 1) == 0) throw;
    }
    // Only somebody else's requests may be left.
    if (!cancelled && current_task().cancelling() < before) unbalanced_ = true;
    if (cancelled) throw CancelledError();
  }

  std::mt19937 random_;
  int running_ = 0;
  bool unbalanced_ = false;
};

TEST_CASE("whatever fails in which order, a group leaves nobody behind" *
          doctest::test_suite("heavy")) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed ", seed);
    run_virtual([seed]() -> Coroutine<> {
      Trees trees(seed);
      co_await trees.run();
    });
  }
}

TEST_CASE("[fault 59] when a group throws, its children and their clean-up have ended") {
  run_virtual([]() -> Coroutine<> {
    Counted::alive = 0;
    int tidied_up = 0;
    const auto tidy_slowly = [&tidied_up](int seconds) -> Coroutine<> {
      const Counted local;
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
      }
      co_await sleep(std::chrono::seconds(seconds));
      ++tidied_up;
      if (seconds == 2) throw std::runtime_error("the clean-up");
    };
    const auto fail = []() -> Coroutine<> {
      const Counted local;
      co_await sleep(1s);
      throw std::runtime_error("the child");
    };
    const auto body = [&](TaskGroup& group) -> Coroutine<> {
      const Counted local;
      for (int seconds = 1; seconds <= 3; ++seconds)
        group.create_task(tidy_slowly(seconds));
      group.create_task(fail());
      co_await tidy_slowly(1);
    };
    std::vector<std::string> errors;
    try {
      co_await async_with(TaskGroup(), body);
    } catch (const ExceptionGroup& group) {
      for (const auto& error : group.exceptions())
        errors.push_back(describe_exception(error));
    }
    CHECK(errors == std::vector<std::string>{"the child", "the clean-up"});
    CHECK(tidied_up == 4);
    CHECK(Counted::alive == 0);
    CHECK(now() == 4s);  // the slowest of them
    CHECK(all_tasks().size() == 1);
  });
}

}  // namespace
}  // namespace rondo::testing
