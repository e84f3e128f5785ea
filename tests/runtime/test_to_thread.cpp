#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/runtime.h>
#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/simulated_kernel.h>

#include "gate.h"
#include "virtual_run.h"

TEST_SUITE_BEGIN("real kernel");

namespace rondo::testing {
namespace {

/// A value that counts how often it was copied.
struct Precious {
  Precious() = default;
  Precious(const Precious& other) : copies(other.copies + 1) {}
  Precious(Precious&&) noexcept = default;
  Precious& operator=(const Precious&) = delete;
  Precious& operator=(Precious&&) noexcept = default;
  ~Precious() = default;
  int copies = 0;
};

/// Options of a loop whose kernel is simulated.
LoopOptions simulated(std::uint64_t seed) {
  LoopOptions options = virtual_time();
  options.make_driver = [seed] { return std::make_unique<SimulatedKernel>(seed); };
  return options;
}

TEST_CASE("to_thread calls a function once, on another thread, and yields its value [case 172]") {
  run_virtual([]() -> Coroutine<> {
    std::atomic<int> calls{0};
    const auto work = [&calls] {
      ++calls;
      return std::this_thread::get_id();
    };
    const std::thread::id thread = co_await to_thread(work);
    CHECK(thread != std::this_thread::get_id());
    CHECK(calls == 1);
  });
}

TEST_CASE("an exception crosses from the thread to the await [case 172] [fault 58]") {
  run_virtual([]() -> Coroutine<> {
    const auto fail = [](int number) -> int { throw ValueError("no " + std::to_string(number)); };
    const std::string error = co_await error_of(to_thread(fail, 3));
    CHECK(error == "no 3");
    const auto give_up = [] { throw CancelledError("by the job"); };
    const bool cancelled = co_await throws<CancelledError>(to_thread(give_up));
    CHECK(cancelled);
  });
}

TEST_CASE("arguments are forwarded, also those that can only be moved [case 172]") {
  run_virtual([]() -> Coroutine<> {
    const auto join = [](const std::string& a, std::unique_ptr<std::string> b, const char* c) {
      return std::make_unique<std::string>(a + *b + c);
    };
    auto second = std::make_unique<std::string>("b");
    auto joined = co_await to_thread(join, std::string("a"), std::move(second), "c");
    CHECK(*joined == "abc");

    int number = 1;
    co_await to_thread([](int& value) { value = 2; }, std::ref(number));
    CHECK(number == 2);

    const std::string text = "four";
    const std::size_t length = co_await to_thread(&std::string::size, text);
    CHECK(length == 4);
  });
}

TEST_CASE("a result is moved all the way") {
  run_virtual([]() -> Coroutine<> {
    const Precious value = co_await to_thread([] { return Precious(); });
    CHECK(value.copies == 0);
  });
}

TEST_CASE("a named lambda with captures, moved or copied, works on every compiler") {
  const auto shared = std::make_shared<std::string>("a name");
  run_virtual([&shared]() -> Coroutine<> {
    auto work = [captured = shared] { return *captured + "!"; };
    CHECK(shared.use_count() == 2);
    const std::string copied = co_await to_thread(work);
    CHECK(copied == "a name!");
    CHECK(shared.use_count() == 2);  // a capture that is destroyed twice would make it less
    const std::string moved = co_await to_thread(std::move(work));
    CHECK(moved == "a name!");
    CHECK(shared.use_count() == 1);
  });
  CHECK(shared.use_count() == 1);
}

TEST_CASE("ten calls at the same time give their values in order [case 172]") {
  run_virtual([]() -> Coroutine<> {
    std::vector<Coroutine<int>> calls;
    calls.reserve(10);
    for (int i = 0; i < 10; ++i)
      calls.push_back(to_thread([](int value) { return value * value; }, i));
    const std::vector<int> values = co_await gather(std::move(calls));
    CHECK(values == std::vector<int>{0, 1, 4, 9, 16, 25, 36, 49, 64, 81});
  });
}

TEST_CASE("calls really run at the same time") {
  run_virtual([]() -> Coroutine<> {
    get_running_loop().set_default_executor(std::make_shared<ThreadPoolExecutor>(10));
    // Each lets the next one pass, so one thread alone would never come to an end.
    std::vector<Gate> gates(11);
    std::vector<Coroutine<bool>> calls;
    for (std::size_t i = 0; i < 10; ++i) {
      const auto work = [](Gate& mine, Gate& previous) {
        const bool passed = mine.pass();
        previous.open();
        return passed;
      };
      calls.push_back(to_thread(work, std::ref(gates[i + 1]), std::ref(gates[i])));
    }
    gates[10].open();
    const std::vector<bool> passed = co_await gather(std::move(calls));
    CHECK(passed == std::vector<bool>(10, true));
  });
}

TEST_CASE("the function runs in a copy of the present context [case 172]") {
  ContextVar<std::string> variable("variable", "default");
  run_virtual([&variable]() -> Coroutine<> {
    variable.set("parrot");
    const auto work = [](ContextVar<std::string>& given) {
      std::string before = given.get();
      given.set("thread");
      return before + ", " + given.get();
    };
    const std::string seen = co_await to_thread(work, std::ref(variable));
    CHECK(seen == "parrot, thread");
    CHECK(variable.get() == "parrot");
  });
}

TEST_CASE("nothing starts before it is awaited or made a task") {
  run_virtual([]() -> Coroutine<> {
    auto executor = std::make_shared<ThreadPoolExecutor>(1);
    get_running_loop().set_default_executor(executor);
    auto call = to_thread([] {});
    auto dropped = std::make_unique<Coroutine<>>(to_thread([] {}));
    co_await turns(3);
    dropped.reset();
    CHECK(executor->workers() == 0);
    auto task = create_task(std::move(call));
    co_await task;
    CHECK(executor->workers() == 1);
  });
}

TEST_CASE("no coroutine frame lives on a worker's thread") {
  run_virtual([]() -> Coroutine<> {
    get_running_loop().set_default_executor(std::make_shared<ThreadPoolExecutor>(1));
    for (int i = 0; i < 3; ++i) {
      const std::size_t frames = co_await to_thread([] { return detail::live_frames; });
      CHECK(frames == 0);
    }
  });
}

TEST_CASE("a cancelled call ends at once, its function later, and nobody hears of it [case 164]") {
  Gate begun;
  Gate gate;
  bool passed = false;
  run_virtual([&]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    const auto work = [](Gate& started, Gate& opened, bool& done) -> int {
      done = begin_and_pass(started, opened);
      throw ValueError("too late");
    };
    auto task = create_task(to_thread(work, std::ref(begun), std::ref(gate), std::ref(passed)));
    co_await turns(1);
    CHECK(begun.pass());
    task.cancel("enough");
    const std::string error = co_await error_of(task);
    CHECK(error.find("enough") != std::string::npos);
    CHECK(task.cancelled());
    CHECK(!gate.is_open());
    gate.open();
    co_await get_running_loop().shutdown_default_executor();
    co_await turns(3);
    CHECK(passed);
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("what a cancelled call was given lives until its function returns [case 164]") {
  Gate begun;
  Gate gate;
  auto value = std::make_shared<int>(42);
  const std::weak_ptr<int> watch = value;
  std::atomic<int> seen{0};
  run_virtual([&]() -> Coroutine<> {
    const auto work = [&](const std::shared_ptr<int>& given) {
      begin_and_pass(begun, gate);
      seen = *given;
    };
    {
      auto task = create_task(to_thread(work, std::move(value)));
      co_await turns(1);
      CHECK(begun.pass());
      task.cancel();
      const bool cancelled = co_await throws<CancelledError>(task);
      CHECK(cancelled);
    }
    CHECK(!watch.expired());
    gate.open();
  });
  CHECK(seen == 42);
  CHECK(watch.expired());
}

TEST_CASE("a call that is cancelled before its function begins never begins [case 19]") {
  Gate gate;
  bool ran = false;
  run_virtual([&]() -> Coroutine<> {
    get_running_loop().set_default_executor(std::make_shared<ThreadPoolExecutor>(1));
    auto running = create_task(to_thread(pass, std::ref(gate)));
    auto queued = create_task(to_thread([](bool& done) { done = true; }, std::ref(ran)));
    co_await turns(1);
    queued.cancel();
    const bool cancelled = co_await throws<CancelledError>(queued);
    CHECK(cancelled);
    gate.open();
    const bool passed = co_await running;
    CHECK(passed);
  });
  CHECK(!ran);
}

TEST_CASE("gather, wait_for and timeout take a call as any other coroutine [case 172]") {
  Gate gate;
  run_virtual([&gate]() -> Coroutine<> {
    const auto one = [] { return 1; };
    const auto two = [] { return std::string("two"); };
    const auto both = co_await gather(to_thread(one), to_thread(two));
    CHECK(both == std::tuple<int, std::string>(1, "two"));
    const int in_time = co_await wait_for(to_thread(one), 1h);
    CHECK(in_time == 1);

    // While a function runs time passes as on the wall.
    const bool late = co_await throws<TimeoutError>(wait_for(to_thread(pass, std::ref(gate)), 1ms));
    CHECK(late);
    const auto limited = [&gate]() -> Coroutine<> {
      co_await async_with(timeout(1ms), [&gate](Timeout&) -> Coroutine<> {
        co_await to_thread(pass, std::ref(gate));
      });
    };
    const bool late_again = co_await throws<TimeoutError>(limited());
    CHECK(late_again);
    gate.open();
  });
}

TEST_CASE("the virtual clock does not jump while a function runs") {
  run_virtual([]() -> Coroutine<> {
    bool rang = false;
    auto alarm = get_running_loop().call_later(24h, [&rang] { rang = true; });
    const int value = co_await to_thread([] { return 1; });
    CHECK(value == 1);
    CHECK(!rang);
    CHECK(now() < 1h);
    co_await sleep(24h);
    CHECK(rang);
  });
}

TEST_CASE("the virtual clock does not wait for a function that nobody waits for any more") {
  Gate begun;
  Gate gate;
  bool passed = false;
  Runner runner(virtual_time());
  runner.run([](Gate& started, Gate& opened, bool& done) -> Coroutine<> {
    const auto work = [&] { done = begin_and_pass(started, opened); };
    auto task = create_task(to_thread(work));
    co_await turns(1);
    started.pass();
    task.cancel();
    const bool cancelled = co_await throws<CancelledError>(task);
    CHECK(cancelled);
    co_await sleep(24h);
  }(begun, gate, passed));
  // With nothing else to wait for this is a deadlock, found before the gate is opened.
  auto never = Future<>::create_on(runner.get_loop());
  CHECK_THROWS_AS(runner.get_loop().run_until_complete(never), RuntimeError);
  CHECK(!passed);
  gate.open();
  runner.close();
  CHECK(passed);
}

TEST_CASE("calls end on a simulated kernel too, and those that do not can time out") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("RONDO_SEED=", seed);
    Gate gate;
    Runner runner(simulated(seed));
    runner.run([](Gate& closed) -> Coroutine<> {
      const int value = co_await to_thread([] { return 42; });
      CHECK(value == 42);
      const bool late =
          co_await throws<TimeoutError>(wait_for(to_thread(pass, std::ref(closed)), 1ms));
      CHECK(late);
      CHECK(now() < 1h);
      closed.open();
    }(gate));
  }
}

TEST_CASE("a simulated kernel goes on while a function runs") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("RONDO_SEED=", seed);
    Runner runner(simulated(seed));
    runner.run([]() -> Coroutine<> {
      std::array<int, 2> ends{};
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
      const FileDescriptor theirs(ends[1]);
      auto stream = std::make_shared<detail::Stream>(StreamReader::default_limit);
      DescriptorTransport::start(get_running_loop(), FileDescriptor(ends[0]), stream);
      auto reader = detail::Stream::reader_of(detail::Stream::handle_of(stream));
      // The function writes, and then waits until the loop has read.
      Gate gate;
      const auto work = [&gate, fd = theirs.get()] {
        const ssize_t written = ::write(fd, "word", 4);
        return written == 4 && gate.pass();
      };
      auto call = create_task(to_thread(work));
      const std::string word = co_await reader.readexactly(4);
      CHECK(word == "word");
      CHECK(!call.done());
      gate.open();
      const bool passed = co_await call;
      CHECK(passed);
    }());
  }
}

TEST_CASE("a call whose executor was shut down throws") {
  run_virtual([]() -> Coroutine<> {
    co_await get_running_loop().shutdown_default_executor();
    const std::string error = co_await error_of(to_thread([] {}));
    CHECK(error == "Executor shutdown has been called");
  });
}

}  // namespace
}  // namespace rondo::testing

TEST_SUITE_END();
