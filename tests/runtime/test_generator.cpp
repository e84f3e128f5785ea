// This file is long because it goes through one class case by case.

#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/generator.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

static_assert(std::ranges::input_range<Generator<int>>);
static_assert(!std::is_base_of_v<std::exception, GeneratorExit>);

Generator<int> count(int from, int to) {
  for (int i = from; i < to; ++i)
    co_yield i;
}

/// The running average of what is sent.
Generator<double, double> averager() {
  double total = 0;
  double average = 0;
  for (int i = 1;; ++i) {
    total += co_yield average;
    average = total / i;
  }
}

using Log = std::vector<std::string>;

TEST_CASE("a generator yields its values in order, then nothing for ever") {
  auto generator = count(3, 5);
  CHECK(generator.next() == 3);
  CHECK(generator.next() == 4);
  CHECK_FALSE(generator.ended());
  CHECK(generator.next() == std::nullopt);
  CHECK(generator.ended());
  CHECK(generator.next() == std::nullopt);
}

TEST_CASE("nothing of a generator runs before its first next") {
  Log log;
  const auto body = [](Log& notes) -> Generator<int> {
    notes.push_back("begun");
    co_yield 1;
    notes.push_back("ended");
  };
  auto generator = body(log);
  CHECK(log.empty());
  generator.next();
  CHECK(log == Log{"begun"});
  generator.next();
  CHECK(log == Log{"begun", "ended"});
}

TEST_CASE("range-for takes what is left of a generator") {
  auto generator = count(0, 6);
  CHECK(generator.next() == 0);
  int sum = 0;
  for (const int value : generator) {
    sum += value;
    if (value == 3) break;
  }
  CHECK(sum == 6);
  for (int& value : generator)
    sum += value;
  CHECK(sum == 15);
  std::vector<int> odd;
  for (const int value : count(0, 6) | std::views::filter([](int n) { return n % 2 == 1; }))
    odd.push_back(value);
  CHECK(odd == std::vector{1, 3, 5});
}

TEST_CASE("a generator hands over what can only be moved") {
  const auto boxes = []() -> Generator<std::unique_ptr<int>, void, std::unique_ptr<int>> {
    co_yield std::make_unique<int>(1);
    co_yield nullptr;
    co_return std::make_unique<int>(2);
  };
  auto generator = boxes();
  auto first = generator.next();
  REQUIRE(first);
  CHECK(**first == 1);
  CHECK(*generator.next() == nullptr);
  CHECK(generator.next() == std::nullopt);
  const auto last = std::move(generator.result());
  CHECK(*last == 2);
}

TEST_CASE("what is sent is what co_yield yields") {
  auto average = averager();
  CHECK(average.next() == 0.0);
  CHECK(average.send(10.0) == 10.0);
  CHECK(average.send(20.0) == 15.0);
  CHECK(average.next() == 10.0);  // sends 0
}

TEST_CASE("next sends nothing to a generator that takes an optional") {
  const auto echo = []() -> Generator<std::string, std::optional<std::string>> {
    std::optional<std::string> sent;
    while (true)
      sent = co_yield sent.value_or("nothing");
  };
  auto generator = echo();
  CHECK(generator.send(std::nullopt) == "nothing");
  CHECK(generator.send("a") == "a");
  CHECK(generator.next() == "nothing");
}

TEST_CASE("only a default value can be sent to a generator that was just started") {
  auto average = averager();
  CHECK(error_from([&] { return average.send(1.0); }) ==
        "can't send non-None value to a just-started generator");
  CHECK(average.send(0.0) == 0.0);
  CHECK(average.send(1.0) == 1.0);
}

TEST_CASE("a generator's return value can be had after its end, and not before") {
  const auto body = []() -> Generator<int, void, std::string> {
    co_yield 1;
    co_return "done";
  };
  auto generator = body();
  CHECK(error_from([&] { return generator.result(); }) == "the generator has not returned a value");
  for (const int value : generator)
    CHECK(value == 1);
  CHECK(generator.result() == "done");
  CHECK(generator.result() == "done");
}

TEST_CASE("an exception ends a generator and is thrown once") {
  const auto body = []() -> Generator<int, void, int> {
    co_yield 1;
    throw std::runtime_error("broken");
  };
  auto generator = body();
  CHECK(generator.next() == 1);
  CHECK(error_from([&] { return generator.next(); }) == "broken");
  CHECK(generator.next() == std::nullopt);
  CHECK(error_from([&] { return generator.result(); }) == "the generator has not returned a value");
}

TEST_CASE("what is thrown into a generator is thrown at its co_yield") {
  const auto body = []() -> Generator<std::string> {
    std::string said = "ready";
    while (true) {
      try {
        co_yield said;
      } catch (const std::exception& error) {
        said = error.what();
      }
    }
  };
  auto generator = body();
  CHECK(generator.next() == "ready");
  CHECK(generator.throw_in(std::runtime_error("caught")) == "caught");
  CHECK(generator.next() == "caught");
  CHECK(error_from([&] { return generator.throw_in(CancelledError("not caught")); }) ==
        "cancelled: not caught");
  CHECK(generator.ended());
}

TEST_CASE("what is thrown into a generator that is not at a co_yield is thrown back") {
  auto unstarted = count(0, 2);
  CHECK(error_from([&] { return unstarted.throw_in(ValueError("no")); }) == "no");
  CHECK(unstarted.ended());
  CHECK(unstarted.next() == std::nullopt);
  CHECK(error_from([&] { return unstarted.throw_in(ValueError("no more")); }) == "no more");
}

TEST_CASE("close throws GeneratorExit at the co_yield") {
  Log log;
  const auto body = [](Log& notes) -> Generator<int> {
    try {
      co_yield 1;
      co_yield 2;
    } catch (const GeneratorExit&) {
      notes.push_back("closing");
      throw;
    }
  };
  auto generator = body(log);
  generator.next();
  generator.close();
  CHECK(log == Log{"closing"});
  CHECK(generator.next() == std::nullopt);
  generator.close();
  auto unstarted = body(log);
  unstarted.close();
  CHECK(unstarted.ended());
  CHECK(log == Log{"closing"});
}

TEST_CASE("a generator may answer close by returning, or by another exception") {
  const auto body = [](bool fails) -> Generator<int, void, int> {
    try {
      co_yield 1;
    } catch (const GeneratorExit&) {
      if (fails) throw ValueError("clean-up failed");
    }
    co_return 7;
  };
  auto returns = body(false);
  returns.next();
  returns.close();
  CHECK(returns.result() == 7);
  auto fails = body(true);
  fails.next();
  CHECK(error_from([&] {
          fails.close();
          return 0;
        }) == "clean-up failed");
  CHECK(fails.ended());
}

TEST_CASE("a generator that yields during close is an error, and can go on") {
  const auto body = []() -> Generator<int> {
    bool closed = false;
    try {
      co_yield 1;
    } catch (const GeneratorExit&) {
      closed = true;
    }
    if (closed) co_yield 2;
    co_yield 3;
  };
  auto generator = body();
  generator.next();
  CHECK(error_from([&] {
          generator.close();
          return 0;
        }) == "generator ignored GeneratorExit");
  CHECK(generator.next() == 3);
  generator.close();
  CHECK(generator.ended());
}

TEST_CASE("a generator cannot be resumed from inside itself") {
  Generator<int>* self = nullptr;
  std::vector<std::string> errors;
  const auto body = [&]() -> Generator<int> {
    errors.push_back(error_from([&] { return self->next(); }));
    errors.push_back(error_from([&] { return self->throw_in(ValueError("x")); }));
    errors.push_back(error_from([&] {
      self->close();
      return 0;
    }));
    co_yield 1;
  };
  auto generator = body();
  self = &generator;
  CHECK(generator.next() == 1);
  CHECK(errors == Log(3, "generator already executing"));
  CHECK(generator.next() == std::nullopt);
}

TEST_CASE("dropping a suspended generator destroys its locals and throws nothing in it") {
  Log log;
  const auto body = [](Log& notes) -> Generator<int> {
    const Trace trace(notes, "local gone");
    try {
      co_yield 1;
    } catch (...) {
      notes.push_back("thrown");
      throw;
    }
  };
  {
    auto generator = body(log);
    generator.next();
    auto moved = std::move(generator);
    CHECK(log.empty());
    CHECK(generator.ended());
  }
  CHECK(log == Log{"local gone"});
  {
    auto unstarted = body(log);
  }
  CHECK(log == Log{"local gone"});
}

TEST_CASE("delegation yields the inner generator's elements and what it returns") {
  const auto inner = [](int from) -> Generator<int, void, int> {
    co_yield from;
    co_yield from + 1;
    co_return from + 2;
  };
  const auto outer = [&]() -> Generator<int, void, std::string> {
    const int first = co_yield elements_of(inner(1));
    co_yield first * 100;
    const int second = co_yield elements_of(inner(first));
    co_return std::to_string(second);
  };
  auto generator = outer();
  std::vector<int> values;
  for (const int value : generator)
    values.push_back(value);
  CHECK(values == std::vector{1, 2, 300, 3, 4});
  CHECK(generator.result() == "5");
}

TEST_CASE("what is sent or thrown in arrives at the innermost generator") {
  using Talker = Generator<std::string, std::string, int>;
  const auto inner = []() -> Talker {
    std::string heard = co_yield "inner begins";
    try {
      heard = co_yield "inner heard " + heard;
    } catch (const std::exception& error) {
      heard = error.what();
    }
    heard = co_yield "inner caught " + heard;
    throw std::runtime_error("inner failed on " + heard);
  };
  const auto middle = [&]() -> Talker {
    const int result = co_yield elements_of(inner());
    co_return result;
  };
  const auto outer = [&]() -> Talker {
    std::string error;
    try {
      co_yield elements_of(middle());
    } catch (const std::exception& caught) {
      error = caught.what();
    }
    const std::string heard = co_yield "outer caught " + error;
    co_return static_cast<int>(heard.size());
  };
  auto generator = outer();
  CHECK(generator.next() == "inner begins");
  CHECK(generator.send("a") == "inner heard a");
  CHECK(generator.throw_in(ValueError("b")) == "inner caught b");
  CHECK(generator.send("c") == "outer caught inner failed on c");
  CHECK(generator.send("four") == std::nullopt);
  CHECK(generator.result() == 4);
}

TEST_CASE("close reaches the innermost generator first, and each one outside it") {
  Log log;
  const auto inner = [](Log& notes, bool swallows) -> Generator<int> {
    const Trace trace(notes, "inner gone");
    try {
      co_yield 1;
    } catch (const GeneratorExit&) {
      notes.push_back("inner closing");
      if (!swallows) throw;
    }
  };
  const auto outer = [&](bool swallows) -> Generator<int> {
    const Trace trace(log, "outer gone");
    try {
      co_yield elements_of(inner(log, swallows));
      log.push_back("not reached");
    } catch (const GeneratorExit&) {
      log.push_back("outer closing");
      throw;
    }
  };
  for (const bool swallows : {false, true}) {
    log.clear();
    auto generator = outer(swallows);
    generator.next();
    generator.close();
    CHECK(log == Log{"inner closing", "inner gone", "outer closing", "outer gone"});
  }
}

TEST_CASE("clean-up during close may delegate to what yields nothing") {
  Log log;
  const auto clean = [](Log& notes) -> Generator<int> {
    notes.push_back("cleaned");
    co_return;
  };
  const auto body = [&]() -> Generator<int> {
    std::exception_ptr error;
    try {
      co_yield 1;
    } catch (...) {
      error = std::current_exception();
    }
    co_yield elements_of(clean(log));
    log.push_back("closed");
    if (error) std::rethrow_exception(error);
  };
  auto generator = body();
  generator.next();
  generator.close();
  CHECK(log == Log{"cleaned", "closed"});
}

TEST_CASE("a generator that was begun, or has ended, can be delegated to") {
  const auto total = [](int from, int to) -> Generator<int, void, int> {
    int sum = 0;
    for (int i = from; i < to; ++i) {
      co_yield i;
      sum += i;
    }
    co_return sum;
  };
  const auto nested = [&]() -> Generator<int, void, int> {
    const int sum = co_yield elements_of(total(1, 4));
    co_return sum;
  };
  const auto outer = [](Generator<int, void, int> inner) -> Generator<int, void, int> {
    const int sum = co_yield elements_of(std::move(inner));
    co_return sum * 10;
  };
  auto begun = nested();
  CHECK(begun.next() == 1);
  CHECK(begun.next() == 2);
  auto generator = outer(std::move(begun));
  CHECK(generator.next() == 3);
  CHECK(generator.next() == std::nullopt);
  CHECK(generator.result() == 60);

  auto finished = total(1, 3);
  while (finished.next())
    continue;
  auto empty = outer(std::move(finished));
  CHECK(empty.next() == std::nullopt);
  CHECK(empty.result() == 30);
}

TEST_CASE("an inner generator that was begun is sent a default value first, as by next") {
  const auto outer = [](Generator<double, double> inner) -> Generator<double, double> {
    co_yield -1.0;
    co_yield elements_of(std::move(inner));
  };
  auto average = averager();
  average.next();
  average.send(30.0);
  auto generator = outer(std::move(average));
  generator.next();
  CHECK(generator.send(99.0) == 15.0);  // 99 was for outer's co_yield
  CHECK(generator.send(30.0) == 20.0);
}

TEST_CASE("dropping a delegating generator destroys the innermost locals first") {
  Log log;
  const auto inner = [](Log& notes) -> Generator<int> {
    const Trace trace(notes, "inner gone");
    co_yield 1;
  };
  const auto outer = [&]() -> Generator<int> {
    const Trace trace(log, "outer gone");
    co_yield elements_of(inner(log));
  };
  {
    auto generator = outer();
    CHECK(generator.next() == 1);
  }
  CHECK(log == Log{"inner gone", "outer gone"});
}

struct Tree {
  int value;
  std::unique_ptr<Tree> left, right;
};

std::unique_ptr<Tree> make_tree(int from, int to) {
  if (from == to) return nullptr;
  const int middle = from + (to - from) / 2;
  auto tree = std::make_unique<Tree>();
  tree->value = middle;
  tree->left = make_tree(from, middle);
  tree->right = make_tree(middle + 1, to);
  return tree;
}

Generator<int> in_order(const Tree* tree) {
  if (tree == nullptr) co_return;
  co_yield elements_of(in_order(tree->left.get()));
  co_yield tree->value;
  co_yield elements_of(in_order(tree->right.get()));
}

TEST_CASE("a tree is walked in order by a generator that delegates to itself") {
  const auto tree = make_tree(0, 1000);
  int expected = 0;
  for (const int value : in_order(tree.get())) {
    CHECK(value == expected);
    ++expected;
  }
  CHECK(expected == 1000);
}

Generator<std::size_t, std::size_t, std::size_t> nested_generators(std::size_t depth) {
  if (depth > 0) {
    const std::size_t below = co_yield elements_of(nested_generators(depth - 1));
    co_return below + 1;
  }
  std::size_t sum = 0;
  for (int i = 0; i < 1000; ++i)
    sum += co_yield sum;
  co_return 0;
}

TEST_CASE("a chain of a hundred thousand generators is begun, used, ended and dropped" *
          doctest::test_suite("heavy")) {
  constexpr std::size_t depth = 100'000;
  auto generator = nested_generators(depth);
  CHECK(generator.next() == 0);
  for (std::size_t i = 1; i < 1000; ++i) {
    const auto sum = generator.send(1);
    if (sum != i) FAIL("wrong sum");
  }
  CHECK(generator.send(1) == std::nullopt);
  CHECK(generator.result() == depth);

  auto dropped = nested_generators(depth);
  dropped.next();
  auto closed = nested_generators(depth / 10);
  closed.next();
  closed.close();
  CHECK(closed.ended());
}

TEST_CASE("a million inner generators that end at once do not grow the stack" *
          doctest::test_suite("heavy")) {
  const auto nothing = []() -> Generator<int, void, int> { co_return 1; };
  const auto outer = [&]() -> Generator<int, void, int> {
    int sum = 0;
    for (int i = 0; i < 1'000'000; ++i)
      sum += co_yield elements_of(nothing());
    co_return sum;
  };
  auto generator = outer();
  CHECK(generator.next() == std::nullopt);
  CHECK(generator.result() == 1'000'000);
}

TEST_CASE("a generator may use another one, and one may be used inside a task") {
  const auto squares = [](int to) -> Generator<int> {
    for (const int value : count(0, to))
      co_yield value* value;
  };
  const int sum = run_virtual([&]() -> Coroutine<int> {
    int total = 0;
    for (const int value : squares(4)) {
      co_await turns(1);
      total += value;
    }
    co_return total;
  });
  CHECK(sum == 14);
}

TEST_CASE("generators destroy arguments, locals, elements and results exactly once") {
  using Carrier = Generator<Counted, std::optional<Counted>, Counted>;
  const auto inner = [](Counted argument) -> Carrier {
    const auto sent = co_yield argument;
    co_yield Counted(sent->number());
    co_return Counted(30);
  };
  const auto outer = [&](Counted argument) -> Carrier {
    const Counted result = co_yield elements_of(inner(Counted(1)));
    co_yield result;
    co_yield Counted(argument);
    co_return Counted(40);
  };
  {
    auto generator = outer(Counted(2));
    CHECK(generator.next()->number() == 1);
    CHECK(generator.send(Counted(20))->number() == 20);
    CHECK(generator.next()->number() == 30);
    CHECK(generator.next()->number() == 2);
    CHECK_FALSE(generator.next().has_value());
    CHECK(Counted::alive == 1);
    CHECK(generator.result().number() == 40);
    auto dropped = outer(Counted(2));
    dropped.next();
    auto unstarted = outer(Counted(2));
  }
  CHECK(Counted::alive == 0);
  CHECK(Counted::broken == 0);
}

}  // namespace
}  // namespace rondo::testing
