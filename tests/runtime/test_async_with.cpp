#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/async_with.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

/// Writes down how it is used; entering and leaving take a second each.
class Recorder {
 public:
  explicit Recorder(Log& log) : log_(log) {}

  Coroutine<void> aenter() {
    co_await sleep(1s);
    log_.emplace_back("enter");
  }
  Coroutine<void> aexit(std::exception_ptr error) {
    co_await sleep(1s);
    log_.push_back("leave: " + describe_exception(error));
  }

 private:
  Log& log_;
};

/// Lets its body have a number, and swallows what that throws.
class Tolerant {
 public:
  Coroutine<int> aenter() { co_return 5; }
  Coroutine<bool> aexit(std::exception_ptr error) { co_return error != nullptr; }
};

/// Fails on the way in or out.
class Broken {
 public:
  explicit Broken(Log& log, bool at_the_door = false) : log_(log), at_the_door_(at_the_door) {}

  Coroutine<void> aenter() {
    if (at_the_door_) throw std::runtime_error("no entry");
    co_return;
  }
  Coroutine<void> aexit(std::exception_ptr) {
    log_.emplace_back("leave");
    co_await turns(1);
    throw std::runtime_error("no exit");
  }

 private:
  Log& log_;
  bool at_the_door_;
};

TEST_CASE("a resource is entered before the body and left after it, with its value kept") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto body = [&](Recorder&) -> Coroutine<std::unique_ptr<int>> {
      co_await sleep(1s);
      log.emplace_back("body");
      co_return std::make_unique<int>(7);
    };
    auto value = co_await async_with(Recorder(log), body);
    CHECK(*value == 7);
    CHECK(log == Log{"enter", "body", "leave: no exception"});
    CHECK(now() == 3s);
  });
}

TEST_CASE("a resource is left when the body throws, and the exception goes on") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto body = [](Recorder&) -> Coroutine<int> {
      co_await sleep(1s);
      throw std::runtime_error("boom");
    };
    Recorder recorder(log);
    const std::string error = co_await error_of(async_with(recorder, body));
    CHECK(error == "boom");
    CHECK(log == Log{"enter", "leave: boom"});
    CHECK(now() == 3s);
  });
}

TEST_CASE("a body that throws without being a coroutine is left as well") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto body = [](Recorder&) -> Coroutine<> { throw std::runtime_error("boom"); };
    const std::string error = co_await error_of(async_with(Recorder(log), body));
    CHECK(error == "boom");
    CHECK(log == Log{"enter", "leave: boom"});
  });
}

TEST_CASE("a resource is left, clean-up and all, when the body is cancelled") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto task = create_task([&log]() -> Coroutine<> {
      co_await async_with(Recorder(log), [](Recorder&) -> Coroutine<> { co_await sleep(1h); });
    });
    co_await sleep(2s);
    task.cancel("enough");
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: enough");
    CHECK(task.cancelled());
    CHECK(log == Log{"enter", "leave: cancelled: enough"});
    CHECK(now() == 3s);
  });
}

TEST_CASE("a resource that is cancelled on its way in is not left") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto task = create_task([&log]() -> Coroutine<> {
      co_await async_with(Recorder(log), [](Recorder&) -> Coroutine<> { co_return; });
    });
    co_await turns(2);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(log.empty());
  });
}

TEST_CASE("a second cancellation reaches the clean-up") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto task = create_task([&log]() -> Coroutine<> {
      co_await async_with(Recorder(log), [](Recorder&) -> Coroutine<> { co_await sleep(1h); });
    });
    co_await sleep(2s);
    task.cancel("first");
    co_await sleep(500ms);
    task.cancel("second");
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: second");
    CHECK(log == Log{"enter"});
    CHECK(now() == 2500ms);
  });
}

TEST_CASE("the body is given what the resource yields, which may swallow its exception") {
  run_virtual([]() -> Coroutine<> {
    int given = 0;
    co_await async_with(Tolerant(), [&given](int number) -> Coroutine<> {
      given = number;
      co_await turns(1);
      throw std::runtime_error("boom");
    });
    CHECK(given == 5);
    const int value =
        co_await async_with(Tolerant(), [](int number) -> Coroutine<int> { co_return number; });
    CHECK(value == 5);
    // Where a result would be missing, the exception cannot be swallowed.
    const auto failing = [](int) -> Coroutine<int> {
      co_await turns(1);
      throw std::runtime_error("boom");
    };
    const std::string error = co_await error_of(async_with(Tolerant(), failing));
    CHECK(error == "boom");
  });
}

TEST_CASE("an exception of the clean-up takes the place of the body's") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto fine = [](Broken&) -> Coroutine<> { co_return; };
    const auto failing = [](Broken&) -> Coroutine<> {
      co_await turns(1);
      throw std::runtime_error("boom");
    };
    const std::string after_success = co_await error_of(async_with(Broken(log), fine));
    const std::string after_failure = co_await error_of(async_with(Broken(log), failing));
    CHECK(after_success == "no exit");
    CHECK(after_failure == "no exit");
    CHECK(log == Log{"leave", "leave"});
  });
}

TEST_CASE("a resource that cannot be entered runs no body and is not left") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    bool ran = false;
    const auto body = [&ran](Broken&) -> Coroutine<> {
      ran = true;
      co_return;
    };
    const std::string error = co_await error_of(async_with(Broken(log, true), body));
    CHECK(error == "no entry");
    CHECK_FALSE(ran);
    CHECK(log.empty());
  });
}

TEST_CASE("resource and body live until the resource is left, and end once") {
  Counted::alive = 0;
  Counted::broken = 0;
  run_virtual([]() -> Coroutine<> {
    Log log;
    {
      const Counted counted(3);
      auto body = [counted](Recorder&) -> Coroutine<int> {
        co_await sleep(1s);
        co_return counted.number();
      };
      const int number = co_await async_with(Recorder(log), std::move(body));
      CHECK(number == 3);
    }
    CHECK(Counted::alive == 0);
  });
  CHECK(Counted::broken == 0);
}

TEST_CASE("stretches within stretches are left from the inside out") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto inner = [&log](Recorder&) -> Coroutine<> {
      log.emplace_back("body");
      co_await turns(1);
      throw std::runtime_error("boom");
    };
    const auto outer = [&](Recorder&) -> Coroutine<> {
      co_await async_with(Recorder(log), inner);
      log.emplace_back("not reached");
    };
    const std::string error = co_await error_of(async_with(Recorder(log), outer));
    CHECK(error == "boom");
    CHECK(log == Log{"enter", "enter", "body", "leave: boom", "leave: boom"});
  });
}

}  // namespace
}  // namespace rondo::testing
