#include <array>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/gather.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

Coroutine<int> failing_after(Duration delay, std::string text) {
  co_await sleep(delay);
  throw std::runtime_error(text);
}

TEST_CASE("gather is done with its last child and keeps the order of its arguments [case 69]") {
  run_virtual([]() -> Coroutine<> {
    auto a = Future<int>::create();
    auto b = Future<int>::create();
    auto c = Future<int>::create();
    auto gathering = gather(a, b, c);
    b.set_result(1);
    a.set_result(2);
    co_await turns(2);
    CHECK_FALSE(gathering.done());
    c.set_result(3);
    CHECK_FALSE(gathering.done());
    co_await turns(1);
    CHECK(gathering.done());
    CHECK(gathering.result() == std::tuple(2, 1, 3));
  });
}

TEST_CASE("gather runs its children at the same time") {
  run_virtual([]() -> Coroutine<> {
    const auto [a, b, c] = co_await gather(after(3s, 1), after(1s, 2), after(2s, 3));
    CHECK(a == 1);
    CHECK(b == 2);
    CHECK(c == 3);
    CHECK(now() == 3s);
  });
}

TEST_CASE("the first exception ends gather at once, and the others go on [case 70]") {
  run_virtual([]() -> Coroutine<> {
    auto slow = create_task(after(3s, 1));
    auto bad = create_task(failing_after(1s, "first"));
    auto worse = create_task(failing_after(2s, "second"));
    const std::string error = co_await error_of(gather(slow, bad, worse));
    CHECK(error == "first");
    CHECK(now() == 1s);
    CHECK_FALSE(slow.done());
    CHECK_FALSE(worse.done());
    const int value = co_await slow;
    CHECK(value == 1);
    CHECK(worse.done());
    CHECK(worse.exception() != nullptr);
  });
}

TEST_CASE("return_exceptions waits for all and keeps everything in its place [case 71]") {
  run_virtual([]() -> Coroutine<> {
    auto cancelled = create_task(after(10s, 0));
    get_running_loop().call_later(1s, [&cancelled] { cancelled.cancel("why not"); });
    const auto [a, b, c] =
        co_await gather(return_exceptions, after(2s, 7), failing_after(1s, "boom"), cancelled);
    CHECK(now() == 2s);
    CHECK(a.value() == 7);
    CHECK_FALSE(b);
    CHECK(b.error() == "boom");
    CHECK(c.error() == "cancelled: why not");
  });
}

TEST_CASE("a cancelled child arrives as an exception; gather itself is not cancelled [case 72]") {
  run_virtual([]() -> Coroutine<> {
    auto a = create_task(after(1s, 1));
    auto b = create_task(after(1s, 2));
    auto gathering = gather(a, b);
    co_await turns(1);
    b.cancel("one of us");
    const std::string error = co_await error_of(gathering);
    CHECK(error == "cancelled: one of us");
    CHECK(gathering.done());
    CHECK_FALSE(gathering.cancelled());
    CHECK_THROWS_AS(gathering.result(), CancelledError);
    CHECK_FALSE(a.done());
    const int value = co_await a;
    CHECK(value == 1);
  });
}

TEST_CASE("a gather of nothing is done at once [case 76]") {
  run_virtual([]() -> Coroutine<> {
    auto nothing = gather();
    CHECK(nothing.done());
    CHECK(nothing.result() == std::tuple());
    auto empty = gather(std::vector<Coroutine<int>>());
    CHECK(empty.done());
    CHECK(empty.result().empty());
    auto outcomes = gather(return_exceptions, std::vector<Task<int>>());
    CHECK(outcomes.done());
    auto voids = gather(std::vector<Coroutine<>>());
    CHECK(voids.done());
    co_return;
  });
}

TEST_CASE("a gather of what is done already is done at once") {
  run_virtual([]() -> Coroutine<> {
    auto a = Future<int>::create();
    auto b = Future<int>::create();
    a.set_result(1);
    b.set_result(2);
    auto gathering = gather(a, b);
    CHECK(gathering.done());
    CHECK(gathering.result() == std::tuple(1, 2));

    auto failed = Future<int>::create();
    failed.set_exception(std::runtime_error("old news"));
    auto pending = Future<int>::create();
    auto failing = gather(pending, failed);
    CHECK(failing.done());
    CHECK(describe_exception(failing.exception()) == "old news");
    pending.cancel();
    co_await turns(2);
  });
}

TEST_CASE("futures of different loops cannot be gathered [case 76]") {
  Loop other(virtual_time());
  run_virtual([&other]() -> Coroutine<> {
    auto here = Future<int>::create();
    auto there = Future<int>::create_on(other);
    CHECK_THROWS_AS(gather(here, there), ValueError);
    CHECK_THROWS_AS(gather(std::vector{here, there}), ValueError);
    co_return;
  });
}

TEST_CASE("without a running loop nothing can be gathered") {
  CHECK_THROWS_WITH_AS(gather(after(1s, 1)), "no running event loop", RuntimeError);
}

TEST_CASE("the same task named three times runs once [case 76]") {
  run_virtual([]() -> Coroutine<> {
    int runs = 0;
    const auto body = [&runs]() -> Coroutine<int> {
      ++runs;
      co_await sleep(1s);
      co_return 5;
    };
    auto task = create_task(body());
    const auto [a, b, c] = co_await gather(task, task, task);
    CHECK(runs == 1);
    CHECK(a + b + c == 15);
  });
}

TEST_CASE("gather takes a vector of coroutines, of tasks, an array and a view") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Coroutine<int>> coroutines;
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 3; ++i) {
      coroutines.push_back(after(1s, i));
      tasks.push_back(create_task(after(1s, 10 + i)));
    }
    const std::vector<int> handed_over = co_await gather(std::move(coroutines));
    CHECK(handed_over == std::vector{0, 1, 2});
    const std::vector<int> copied = co_await gather(tasks);
    CHECK(copied == std::vector{10, 11, 12});
    CHECK(tasks.size() == 3);
    CHECK(tasks.at(0));
    const std::array<Task<int>, 2> pair{tasks.at(2), tasks.at(1)};
    const std::vector<int> from_array = co_await gather(pair);
    CHECK(from_array == std::vector{12, 11});
    auto lazily =
        std::views::iota(0, 4) | std::views::transform([](int i) { return after(1s, i * i); });
    const std::vector<int> from_view = co_await gather(lazily);
    CHECK(from_view == std::vector{0, 1, 4, 9});
    auto all_but_first = tasks | std::views::drop(1);
    const std::vector<int> from_tasks = co_await gather(all_but_first);
    CHECK(from_tasks == std::vector{11, 12});
    CHECK(tasks.at(1));
    CHECK(now() == 2s);
  });
}

TEST_CASE("a range with return_exceptions yields an outcome for each") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Coroutine<int>> coroutines;
    coroutines.push_back(after(1s, 1));
    coroutines.push_back(failing_after(2s, "boom"));
    coroutines.push_back(after(3s, 3));
    const auto outcomes = co_await gather(return_exceptions, std::move(coroutines));
    CHECK(outcomes.size() == 3);
    CHECK(*outcomes.at(0) == 1);
    CHECK(outcomes.at(1).error() == "boom");
    CHECK(*outcomes.at(2) == 3);
  });
}

Coroutine<> do_nothing(Duration delay) {
  co_await sleep(delay);
}

TEST_CASE("gather of void yields nothing, and a monostate among values") {
  run_virtual([]() -> Coroutine<> {
    co_await gather(do_nothing(1s), sleep(2s));
    CHECK(now() == 2s);
    const auto [nothing, value] = co_await gather(do_nothing(1s), after(1s, 3));
    static_assert(std::is_same_v<decltype(nothing), const std::monostate>);
    CHECK(value == 3);
    std::vector<Coroutine<>> many;
    many.push_back(do_nothing(1s));
    many.push_back(do_nothing(2s));
    co_await gather(std::move(many));
    CHECK(now() == 5s);
    const auto [outcome] = co_await gather(return_exceptions, do_nothing(1s));
    CHECK(outcome.has_value());
  });
}

Coroutine<std::unique_ptr<int>> make_next_turn(int value) {
  co_await turns(1);
  co_return std::make_unique<int>(value);
}

Coroutine<std::exception_ptr> exception_next_turn() {
  co_await turns(1);
  co_return std::make_exception_ptr(std::runtime_error("carried"));
}

TEST_CASE("gather passes results on that can only be moved, and exceptions as results") {
  run_virtual([]() -> Coroutine<> {
    const auto [first, second] = co_await gather(make_next_turn(1), make_next_turn(2));
    CHECK(*first + *second == 3);
    std::vector<Coroutine<std::unique_ptr<int>>> coroutines;
    coroutines.push_back(make_next_turn(3));
    coroutines.push_back(make_next_turn(4));
    const auto values = co_await gather(std::move(coroutines));
    CHECK(*values.at(0) + *values.at(1) == 7);
    const auto [outcome] = co_await gather(return_exceptions, make_next_turn(5));
    CHECK(*outcome.value() == 5);
    const auto [carried] = co_await gather(exception_next_turn());
    CHECK(describe_exception(carried) == "carried");
    const auto [kept] = co_await gather(return_exceptions, exception_next_turn());
    CHECK(kept.has_value());
    CHECK(kept.exception() == nullptr);
    CHECK(describe_exception(kept.value()) == "carried");
  });
}

TEST_CASE("a gather runs on when its future is dropped") {
  run_virtual([]() -> Coroutine<> {
    bool finished = false;
    const auto body = [&finished]() -> Coroutine<> {
      co_await sleep(1s);
      finished = true;
    };
    {
      auto dropped = gather(body(), sleep(2s));
    }
    co_await sleep(3s);
    CHECK(finished);
  });
}

TEST_CASE("a gather that a closing loop cuts off lets go of its children") {
  {
    Loop loop(virtual_time());
    Reports reports(loop);
    auto pending = Future<int>::create_on(loop);
    pending.add_done_callback([kept = Counted()](const AnyFuture&) {});
    loop.call_soon([&pending] { auto dropped = gather(pending, after(1s, 1)); });
    loop.call_soon([] { auto nested = gather(gather(after(1s, 1)), after(2s, 2)); });
    loop.stop();
    loop.run_forever();
    loop.close();
    CHECK(reports.size() == 3);  // the tasks
    CHECK(detail::live_frames == 0);
  }
  CHECK(Counted::alive == 0);
}

}  // namespace
}  // namespace rondo::testing
