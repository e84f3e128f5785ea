#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/shield.h>
#include <rondo/runtime/task.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("a cancelled sleeper ends at once, and time does not advance [case 35]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(sleep(10s));
    co_await turns(1);
    CHECK(task.cancel());
    CHECK_FALSE(task.done());  // never inside the call
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(task.cancelled());
    CHECK_THROWS_AS(task.result(), CancelledError);
    CHECK_FALSE(task.cancel());
    CHECK(now() == 0s);
  });
}

TEST_CASE("a task that is cancelled before its first step never runs [case 36]") {
  run_virtual([]() -> Coroutine<> {
    bool ran = false;
    auto task = create_task([&ran, kept = Counted()]() -> Coroutine<> {
      ran = true;
      co_return;
    });
    CHECK(task.cancel("too early"));
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: too early");
    CHECK(task.cancelled());
    CHECK_FALSE(ran);
    CHECK(Counted::alive == 0);
  });
}

TEST_CASE("a task can be cancelled between two turns [case 37]") {
  run_virtual([]() -> Coroutine<> {
    int steps = 0;
    auto task = create_task([&steps]() -> Coroutine<> {
      ++steps;
      co_await sleep(0s);
      ++steps;
      co_await sleep(0s);
      ++steps;
    });
    co_await turns(2);
    CHECK(steps == 2);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(steps == 2);
  });
}

TEST_CASE("cancelling the future that a task awaits cancels the task [case 38]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto task = create_task(wait_and_return(future, 1));
    co_await turns(1);
    future.cancel();
    co_await turns(1);
    CHECK(task.cancelled());
    CHECK(task.cancelling() == 0);
  });
}

TEST_CASE("cancelling a task and the future it awaits throws once [case 39]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    int caught = 0;
    auto task = create_task([&]() -> Coroutine<> {
      try {
        co_await future;
      } catch (const CancelledError&) {
        ++caught;
      }
      co_await sleep(0s);
      throw CancelledError();
    });
    co_await turns(1);
    future.cancel();
    task.cancel();
    co_await turns(1);
    CHECK(caught == 1);
    CHECK_FALSE(task.done());
    co_await turns(1);
    CHECK(task.cancelled());
    CHECK(future.cancelled());
  });
}

TEST_CASE("a task that catches the cancellation and returns was not cancelled [case 40]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task([]() -> Coroutine<int> {
      int result = 0;
      try {
        co_await sleep(10s);
      } catch (const CancelledError&) {
        result = 42;
      }
      co_return result;
    });
    co_await turns(1);
    CHECK(task.cancel());
    const int value = co_await task;
    CHECK(value == 42);
    CHECK_FALSE(task.cancelled());
  });
}

TEST_CASE("a task that catches the cancellation may go on to wait [case 41]") {
  run_virtual([]() -> Coroutine<> {
    auto first = Future<>::create();
    auto second = Future<int>::create();
    auto task = create_task([&]() -> Coroutine<int> {
      try {
        co_await first;
      } catch (const CancelledError&) {
      }
      const int value = co_await second;
      co_return value;
    });
    co_await turns(1);
    task.cancel();
    co_await turns(3);
    CHECK_FALSE(task.done());
    CHECK(first.cancelled());
    CHECK_FALSE(second.done());
    second.set_result(42);
    const int value = co_await task;
    CHECK(value == 42);
    CHECK_FALSE(second.cancelled());
  });
}

TEST_CASE("a task that cancels itself is interrupted at its next await [case 42]") {
  run_virtual([]() -> Coroutine<> {
    bool passed = false;
    auto task = create_task([&passed]() -> Coroutine<> {
      AnyTask self = current_task();
      CHECK(self.cancel("by myself"));
      co_await sleep(100s);
      passed = true;
    });
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: by myself");
    CHECK_FALSE(passed);
    CHECK(now() == 0s);
  });
}

TEST_CASE("a request that is still open when the task returns cancels it [case 43]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task([]() -> Coroutine<int> {
      AnyTask self = current_task();
      self.cancel();
      co_return 12;
    });
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(task.cancelled());
  });
}

TEST_CASE("a request made before awaiting a child reaches what the child waits for [case 44]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto child = create_task(wait_and_return(future, 1));
    auto task = create_task([child]() -> Coroutine<> {
      co_await turns(1);  // the child is blocked on the future now
      AnyTask self = current_task();
      self.cancel();
      co_await child;
    });
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(child.cancelled());
    CHECK(future.cancelled());
  });
}

TEST_CASE("the message of a cancellation stays with the task [case 45]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(sleep(10s));
    co_await turns(1);
    task.cancel("enough");
    const std::string first = co_await error_of(task);
    const std::string second = co_await error_of(task);
    CHECK(first == "cancelled: enough");
    CHECK(second == "cancelled: enough");
    CHECK_THROWS_AS(task.exception(), CancelledError);
  });
}

TEST_CASE("the message is that of the first request that was taken") {
  run_virtual([]() -> Coroutine<> {
    auto sleeper = create_task(sleep(10s));
    auto waiter = create_task(wait_and_return(Future<>::create(), 1));
    co_await turns(1);
    sleeper.cancel("first");
    sleeper.cancel("second");
    waiter.cancel("first");
    waiter.cancel("second");
    const std::string sleeper_error = co_await error_of(sleeper);
    const std::string waiter_error = co_await error_of(waiter);
    CHECK(sleeper_error == "cancelled: first");
    CHECK(waiter_error == "cancelled: first");
  });
}

TEST_CASE("of requests that nothing has taken the last one counts") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task(sleep(10s));
    task.cancel("first");
    task.cancel("second");
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: second");
  });
}

TEST_CASE("another error can be made of a cancellation and keep its message [case 46]") {
  run_virtual([]() -> Coroutine<> {
    auto task = create_task([]() -> Coroutine<> {
      try {
        co_await sleep(10s);
      } catch (const CancelledError&) {
        std::throw_with_nested(std::runtime_error("gave up"));
      }
    });
    co_await turns(1);
    task.cancel("because");
    const std::string error = co_await error_of(task);
    CHECK(error == "gave up");
    std::string cause;
    try {
      task.result();
    } catch (const std::nested_exception& nested) {
      cause = describe_exception(nested.nested_ptr());
    }
    CHECK(cause == "cancelled: because");
  });
}

TEST_CASE("the innermost coroutine sees the cancellation first [case 51]") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    std::vector<int> proof;
    const auto inner = [&]() -> Coroutine<> {
      try {
        co_await future;
      } catch (const CancelledError&) {
        proof.push_back(1);
        throw;
      }
    };
    auto task = create_task([&]() -> Coroutine<> {
      try {
        co_await inner();
      } catch (const CancelledError&) {
        proof.push_back(100);
        throw;
      }
    });
    co_await turns(1);
    task.cancel();
    co_await turns(1);
    CHECK(proof == std::vector<int>{1, 100});
    CHECK(task.cancelled());
    CHECK(future.cancelled());
  });
}

TEST_CASE("[fault 33] a cancellation during the clean-up is delivered there, each request once") {
  run_virtual([]() -> Coroutine<> {
    std::vector<std::string> log;
    const auto note = [&log](const CancelledError& cancelled) {
      log.push_back(cancelled.message());
    };
    const auto work = [&]() -> Coroutine<> {
      try {
        co_await sleep(1h);
      } catch (const CancelledError& cancelled) {
        note(cancelled);
      }
      try {
        co_await sleep(1h);  // the clean-up, which is interrupted too
      } catch (const CancelledError& cancelled) {
        note(cancelled);
      }
      co_await sleep(1s);  // and the clean-up of that, which is not
      log.push_back("tidied up");
    };
    auto task = create_task(work());
    co_await turns(1);
    task.cancel("first");
    co_await turns(2);
    task.cancel("second");
    co_await task;
    CHECK(log == std::vector<std::string>{"first", "second", "tidied up"});
    CHECK(now() == 1s);
    CHECK(task.cancelling() == 2);
  });
}

TEST_CASE("[fault 33] a shielded clean-up ends though its task is cancelled again") {
  run_virtual([]() -> Coroutine<> {
    std::vector<std::string> log;
    const auto tidy_up = [&]() -> Coroutine<> {
      co_await sleep(1s);
      log.push_back("tidied up");
    };
    const auto work = [&]() -> Coroutine<> {
      std::exception_ptr first;
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        first = std::current_exception();
      }
      auto cleanup = create_task(tidy_up());
      while (!cleanup.done()) {
        try {
          co_await shield(cleanup);
        } catch (const CancelledError& cancelled) {
          log.push_back(cancelled.message());
        }
      }
      std::rethrow_exception(first);
    };
    auto task = create_task(work());
    for (const char* message : {"first", "second", "third"}) {
      co_await turns(2);
      task.cancel(message);
    }
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: first");
    CHECK(log == std::vector<std::string>{"second", "third", "tidied up"});
    CHECK(task.cancelled());
    CHECK(now() == 1s);
  });
}

TEST_CASE("a cancelled task that has just been woken still is cancelled") {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<>::create();
    auto task = create_task(wait_and_return(future, 1));
    auto sleeper = create_task(sleep(0s));
    co_await turns(1);
    future.set_result();
    CHECK(task.cancel());
    CHECK(sleeper.cancel());
    co_await turns(1);
    CHECK(task.cancelled());
    CHECK(sleeper.cancelled());
    CHECK_FALSE(future.cancelled());
  });
}

}  // namespace
}  // namespace rondo::testing
