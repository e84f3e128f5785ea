// This file is long because it goes through one class case by case.

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/async_generator.h>
#include <rondo/runtime/async_with.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

using Log = std::vector<std::string>;

AsyncGenerator<int> count_seconds(int from, int to) {
  for (int i = from; i < to; ++i) {
    co_await sleep(1s);
    co_yield i;
  }
}

/// Yields 1 and 2, and awaits in its clean-up: the idiom for Python's try/finally.
AsyncGenerator<int> with_cleanup(Log& log) {
  std::exception_ptr error;
  try {
    co_yield 1;
    co_await sleep(10s);
    co_yield 2;
  } catch (const GeneratorExit&) {
    log.push_back("closing");
    error = std::current_exception();
  } catch (...) {
    log.push_back(describe_exception(std::current_exception()));
    error = std::current_exception();
  }
  co_await sleep(1s);
  log.push_back("clean");
  if (error) std::rethrow_exception(error);
  log.push_back("after");
}

TEST_CASE("an async generator yields in order, then nothing for ever [case 199]") {
  run_virtual([]() -> Coroutine<> {
    auto generator = count_seconds(1, 4);
    std::vector<int> values;
    while (auto item = co_await generator.next())
      values.push_back(*item);
    CHECK(values == std::vector{1, 2, 3});
    CHECK(now() == 3s);
    for (int i = 0; i < 3; ++i) {
      const auto item = co_await generator.next();
      CHECK_FALSE(item.has_value());
    }
  });
}

TEST_CASE("an async generator that never suspends does not need a turn of the loop" *
          doctest::test_suite("heavy")) {
  run_virtual([]() -> Coroutine<> {
    const auto plain = [](int to) -> AsyncGenerator<int> {
      for (int i = 0; i < to; ++i)
        co_yield i;
    };
    auto generator = plain(1'000'000);
    const auto turns_before = get_running_loop().turns();
    long sum = 0;
    while (auto item = co_await generator.next())
      sum += *item;
    CHECK(sum == 499'999'500'000);
    CHECK(get_running_loop().turns() == turns_before);
  });
}

TEST_CASE("what ends an async generator is thrown once [case 199]") {
  run_virtual([]() -> Coroutine<> {
    const auto body = []() -> AsyncGenerator<int> {
      co_yield 1;
      co_await sleep(1s);
      throw std::runtime_error("broken");
    };
    auto generator = body();
    const auto first = co_await generator.next();
    CHECK(first == 1);
    const std::string error = co_await error_of(generator.next());
    CHECK(error == "broken");
    const auto last = co_await generator.next();
    CHECK_FALSE(last.has_value());
  });
}

TEST_CASE("aclose runs the clean-up, which may await, and not what comes after it [case 200]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto generator = with_cleanup(log);
    const auto item = co_await generator.next();
    CHECK(item == 1);
    co_await generator.aclose();
    CHECK(log == Log{"closing", "clean"});
    CHECK(now() == 1s);
    const auto last = co_await generator.next();
    CHECK_FALSE(last.has_value());
  });
}

TEST_CASE("aclose of a generator that was not started ends it without running it") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto generator = with_cleanup(log);
    co_await generator.aclose();
    CHECK(log.empty());
    const auto item = co_await generator.next();
    CHECK_FALSE(item.has_value());
  });
}

TEST_CASE("aclose passes on what the clean-up throws") {
  run_virtual([]() -> Coroutine<> {
    const auto body = []() -> AsyncGenerator<int> {
      try {
        co_yield 1;
      } catch (const GeneratorExit&) {
      }
      co_await sleep(1s);
      throw std::runtime_error("clean-up failed");
    };
    auto generator = body();
    co_await generator.next();
    const std::string error = co_await error_of(generator.aclose());
    CHECK(error == "clean-up failed");
  });
}

TEST_CASE("a yield during aclose is an error, and the generator is destroyed [case 201]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto body = [](Log& notes) -> AsyncGenerator<int> {
      const Trace trace(notes, "gone");
      try {
        co_yield 1;
      } catch (const GeneratorExit&) {
      }
      co_await sleep(1s);
      co_yield 2;
      notes.push_back("not reached");
    };
    auto generator = body(log);
    co_await generator.next();
    const std::string error = co_await error_of(generator.aclose());
    CHECK(error == "async generator ignored GeneratorExit");
    CHECK(log == Log{"gone"});
    const auto last = co_await generator.next();
    CHECK_FALSE(last.has_value());
    co_await generator.aclose();
  });
}

TEST_CASE("aclose twice, or after the end, is no error [case 202]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto closed = with_cleanup(log);
    co_await closed.next();
    co_await closed.aclose();
    co_await closed.aclose();
    auto exhausted = count_seconds(0, 0);
    co_await exhausted.next();
    co_await exhausted.aclose();
    CHECK(log == Log{"closing", "clean"});
  });
}

TEST_CASE("two cannot await a generator at the same time [case 202]") {
  run_virtual([]() -> Coroutine<> {
    auto generator = count_seconds(5, 7);
    auto first = create_task(as_coroutine(generator.next()));
    co_await turns(1);
    const std::string next_error = co_await error_of(generator.next());
    CHECK(next_error == "anext(): asynchronous generator is already running");
    const std::string throw_error = co_await error_of(generator.athrow(ValueError("x")));
    CHECK(throw_error == "athrow(): asynchronous generator is already running");
    const std::string close_error = co_await error_of(generator.aclose());
    CHECK(close_error == "aclose(): asynchronous generator is already running");
    const auto item = co_await first;
    CHECK(item == 5);
    const auto second = co_await generator.next();  // none of it did any harm
    CHECK(second == 6);
  });
}

TEST_CASE("a generator cannot await itself") {
  run_virtual([]() -> Coroutine<> {
    AsyncGenerator<int>* self = nullptr;
    std::string error;
    const auto body = [&]() -> AsyncGenerator<int> {
      error = co_await error_of(self->next());
      co_yield 1;
    };
    auto generator = body();
    self = &generator;
    const auto item = co_await generator.next();
    CHECK(item == 1);
    CHECK(error == "anext(): asynchronous generator is already running");
  });
}

TEST_CASE("different tasks may take elements in turn") {
  run_virtual([]() -> Coroutine<> {
    auto generator = count_seconds(0, 4);
    const auto take = [&]() -> Coroutine<int> {
      const auto item = co_await generator.next();
      co_return item.value_or(-1);
    };
    std::vector<int> values;
    for (int i = 0; i < 5; ++i)
      values.push_back(co_await create_task(take()));
    CHECK(values == std::vector{0, 1, 2, 3, -1});
  });
}

TEST_CASE("a dropped generator is destroyed with its locals, and does not run [case 203]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto body = [](Log& notes) -> AsyncGenerator<int> {
      const Trace trace(notes, "gone");
      try {
        co_yield 1;
      } catch (...) {
        notes.push_back("thrown");
        throw;
      }
    };
    {
      auto generator = body(log);
      const auto item = co_await generator.next();
      CHECK(item == 1);
      const auto moved = std::move(generator);
      const auto nothing = co_await generator.next();
      CHECK_FALSE(nothing.has_value());
      CHECK(log.empty());
    }
    CHECK(log == Log{"gone"});
    co_await turns(2);
    CHECK(log == Log{"gone"});
    {
      auto unstarted = body(log);
    }
    CHECK(log == Log{"gone"});
  });
}

TEST_CASE("a dropped generator is no coroutine that was never awaited") {
  run_virtual([]() -> Coroutine<> {
    get_running_loop().set_debug(true);
    Reports reports(get_running_loop());
    {
      auto unstarted = count_seconds(0, 2);
      auto suspended = count_seconds(0, 2);
      co_await suspended.next();
    }
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("a cancellation is thrown at the await inside the generator [case 204]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto generator = with_cleanup(log);
    const auto consume = [&]() -> Coroutine<> {
      while (auto item = co_await generator.next())
        log.push_back(std::to_string(*item));
    };
    auto task = create_task(consume());
    co_await sleep(5s);
    CHECK(log == Log{"1"});
    task.cancel("enough");
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled: enough");
    CHECK(log == Log{"1", "cancelled: enough", "clean"});
    CHECK(now() == 6s);
    const auto last = co_await generator.next();
    CHECK_FALSE(last.has_value());
  });
}

TEST_CASE("a cancellation of the loop's body closes the generator under async_with [case 204]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto body = [&](AsyncGenerator<int>& generator) -> Coroutine<> {
      while (auto item = co_await generator.next())
        co_await sleep(100s);
    };
    const auto consume = [&]() -> Coroutine<> {
      co_await async_with(aclosing(with_cleanup(log)), body);
    };
    auto task = create_task(consume());
    co_await sleep(5s);
    task.cancel();
    const std::string error = co_await error_of(task);
    CHECK(error == "cancelled");
    CHECK(log == Log{"closing", "clean"});
    CHECK(now() == 6s);
  });
}

TEST_CASE("aclosing closes the generator after a break, an exception and the end [case 204]") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    const auto takes_one = [&](AsyncGenerator<int>& generator) -> Coroutine<int> {
      const auto item = co_await generator.next();
      co_return *item;
    };
    const int item = co_await async_with(aclosing(with_cleanup(log)), takes_one);
    CHECK(item == 1);
    CHECK(log == Log{"closing", "clean"});
    log.clear();
    const auto fails = [&](AsyncGenerator<int>& generator) -> Coroutine<> {
      co_await generator.next();
      throw std::runtime_error("body failed");
    };
    const std::string error = co_await error_of(async_with(aclosing(with_cleanup(log)), fails));
    CHECK(error == "body failed");
    CHECK(log == Log{"closing", "clean"});
    log.clear();
    const auto takes_all = [&](AsyncGenerator<int>& generator) -> Coroutine<> {
      while (co_await generator.next())
        continue;
    };
    co_await async_with(aclosing(with_cleanup(log)), takes_all);
    CHECK(log == Log{"clean", "after"});
  });
}

TEST_CASE("an error of the clean-up inside aclosing replaces the body's [case 204]") {
  run_virtual([]() -> Coroutine<> {
    const auto generate = []() -> AsyncGenerator<int> {
      try {
        co_yield 1;
      } catch (const GeneratorExit&) {
      }
      co_await turns(1);
      throw std::runtime_error("clean-up failed");
    };
    const auto body = [](AsyncGenerator<int>& generator) -> Coroutine<> {
      co_await generator.next();
      throw std::runtime_error("body failed");
    };
    const std::string error = co_await error_of(async_with(aclosing(generate()), body));
    CHECK(error == "clean-up failed");
  });
}

TEST_CASE("asend answers co_yield, athrow throws there") {
  run_virtual([]() -> Coroutine<> {
    const auto echo = []() -> AsyncGenerator<std::string, std::string> {
      std::string said = "ready";
      while (true) {
        try {
          said = co_yield said;
        } catch (const std::exception& error) {
          said = error.what();
        }
        co_await sleep(1s);
      }
    };
    auto generator = echo();
    const std::string early = co_await error_of(generator.asend("too early"));
    CHECK(early == "can't send non-None value to a just-started async generator");
    auto said = co_await generator.next();
    CHECK(said == "ready");
    said = co_await generator.asend("a");
    CHECK(said == "a");
    said = co_await generator.athrow(ValueError("b"));
    CHECK(said == "b");
    said = co_await generator.next();
    CHECK(said == "");
    const std::string uncaught = co_await error_of(generator.athrow(CancelledError("c")));
    CHECK(uncaught == "cancelled: c");
    const auto last = co_await generator.asend("d");
    CHECK_FALSE(last.has_value());
    auto unstarted = echo();
    const std::string thrown = co_await error_of(unstarted.athrow(ValueError("e")));
    CHECK(thrown == "e");
    const auto nothing = co_await unstarted.next();
    CHECK_FALSE(nothing.has_value());
  });
}

TEST_CASE("an element may be waited for with a limit, which ends the generator") {
  run_virtual([]() -> Coroutine<> {
    Log log;
    auto generator = with_cleanup(log);
    const auto item = co_await wait_for(generator.next(), 1s);
    CHECK(item == 1);
    const bool timed_out = co_await throws<TimeoutError>(wait_for(generator.next(), 1s));
    CHECK(timed_out);
    CHECK(log == Log{"cancelled", "clean"});
    const auto last = co_await generator.next();
    CHECK_FALSE(last.has_value());
  });
}

TEST_CASE("a generator may be made of another one") {
  run_virtual([]() -> Coroutine<> {
    const auto squares = [](AsyncGenerator<int> source) -> AsyncGenerator<int> {
      while (auto item = co_await source.next())
        co_yield *item** item;
    };
    auto generator = squares(count_seconds(1, 4));
    int sum = 0;
    while (auto item = co_await generator.next())
      sum += *item;
    CHECK(sum == 14);
  });
}

AsyncGenerator<int> pass_on(int depth, Future<int> innermost) {
  if (depth == 0) {
    co_yield co_await innermost;
    co_return;
  }
  auto inner = pass_on(depth - 1, innermost);
  while (auto item = co_await inner.next())
    co_yield *item + 1;
}

TEST_CASE("a chain of ten thousand async generators runs, and ends by a cancellation" *
          doctest::test_suite("heavy")) {
  run_virtual([]() -> Coroutine<> {
    auto future = Future<int>::create();
    auto generator = pass_on(10'000, future);
    auto task = create_task(as_coroutine(generator.next()));
    co_await turns(1);
    future.set_result(1);
    const auto item = co_await task;
    CHECK(item == 10'001);
    const auto last = co_await generator.next();
    CHECK_FALSE(last.has_value());
    auto never = Future<int>::create();
    auto cancelled = pass_on(10'000, never);
    auto waiting = create_task(as_coroutine(cancelled.next()));
    co_await turns(1);
    waiting.cancel();
    const std::string error = co_await error_of(waiting);
    CHECK(error == "cancelled");
  });
}

TEST_CASE("the coroutine that awaits an element has the generator's frame destroyed with it") {
  Log log;
  const auto endless = [](Log& notes) -> AsyncGenerator<int> {
    const Trace trace(notes, "generator gone");
    co_await Future<>::create();
    co_yield 1;
  };
  auto generator = endless(log);
  {
    Loop loop(virtual_time());
    loop.set_exception_handler(
        [&log](Loop&, const ExceptionContext& context) { log.push_back(context.message); });
    const auto consume = [&]() -> Coroutine<> {
      const Trace trace(log, "consumer gone");
      co_await generator.next();
    };
    create_task_on(loop, consume());
    loop.call_later(1s, [&loop] { loop.stop(); });
    loop.run_forever();
    CHECK(log.empty());
  }
  CHECK(log == Log{"Task was destroyed but it is pending!", "generator gone", "consumer gone"});
}

// g++ 12 does not run a coroutine to its end that has no local variable and a co_await in the
// condition of its loop, as a plain `while (co_await …)`. The idiom declares a variable there.
Coroutine<> sum_without_locals(AsyncGenerator<Counted>& generator, int& sum) {
  while (auto item = co_await generator.next())
    sum += item->number();
}

TEST_CASE("hazard: while (auto item = co_await generator.next()) without any other variable") {
  run_virtual([]() -> Coroutine<> {
    int sum = 0;
    const auto counted = [](Counted argument) -> AsyncGenerator<Counted> {
      co_yield argument;
      co_await turns(1);
      co_yield Counted(2);
    };
    auto generator = counted(Counted(1));
    co_await sum_without_locals(generator, sum);
    CHECK(sum == 3);
    CHECK(Counted::alive == 0);
    auto dropped = counted(Counted(1));
    const auto item = co_await dropped.next();
    CHECK(item->number() == 1);
  });
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

TEST_CASE("hazard: async_with over a generator made in place, with values sent to it") {
  run_virtual([]() -> Coroutine<> {
    using Carrier = AsyncGenerator<Counted, std::optional<Counted>>;
    const auto carrier = [](Counted argument) -> Carrier {
      const auto sent = co_yield argument;
      co_await turns(1);
      co_yield Counted(sent->number() + 1);
    };
    const auto body = [](Carrier& generator) -> Coroutine<Counted> {
      const auto first = co_await generator.next();
      auto second = co_await generator.asend(Counted(first->number() * 10));
      co_return std::move(*second);
    };
    const Counted result = co_await async_with(aclosing(carrier(Counted(1))), body);
    CHECK(result.number() == 11);
    CHECK(Counted::alive == 1);
  });
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

}  // namespace
}  // namespace rondo::testing
