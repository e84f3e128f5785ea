// Signals that are awaited: wait_for_signal and SignalStream.

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include <rondo/runtime.h>
#include <rondo/runtime/keyboard_interrupt.h>

#include "in_child.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

void send(int signal_number) {
  ::kill(::getpid(), signal_number);
}

/// What the signal does now.
auto disposition(int signal_number) {
  struct sigaction action{};
  ::sigaction(signal_number, nullptr, &action);
  return action.sa_handler;
}

TEST_CASE("a signal is awaited, and does afterwards what it did before") {
  const auto before = disposition(SIGUSR1);
  run_bounded([before]() -> Coroutine<void> {
    get_running_loop().call_later(1ms, send, SIGUSR1);
    const int signal_number = co_await wait_for_signal(SIGUSR1);
    CHECK(signal_number == SIGUSR1);
    const bool restored = disposition(SIGUSR1) == before;
    CHECK(restored);
  });
}

TEST_CASE("a signal is caught from the call on, before anybody awaits it") {
  run_bounded([]() -> Coroutine<void> {
    auto waiting = wait_for_signal(SIGUSR1, SIGUSR2);
    send(SIGUSR2);
    const int signal_number = co_await waiting;
    CHECK(signal_number == SIGUSR2);
  });
}

TEST_CASE("a stream of signals loses none that came while nobody was looking") {
  run_bounded([]() -> Coroutine<void> {
    const SignalStream stream = signals(SIGUSR1, SIGUSR2);
    std::vector<int> expected;
    for (int i = 0; i < 3; ++i) {
      send(SIGUSR2);
      expected.push_back(SIGUSR2);
    }
    co_await let_run(2);
    send(SIGUSR1);
    expected.push_back(SIGUSR1);
    std::vector<int> came;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const int signal_number = co_await stream.next();
      came.push_back(signal_number);
    }
    CHECK(came == expected);
    auto more = create_task(stream.next());
    co_await let_run(3);
    CHECK_FALSE(more.done());
  });
}

TEST_CASE("each of ten thousand signals in a row is seen [fault 53]") {
  run_bounded([]() -> Coroutine<void> {
    constexpr int count = 10'000;
    const SignalStream stream = signals(SIGUSR1);
    for (int i = 0; i < count; ++i)
      ::raise(SIGUSR1);
    for (int i = 0; i < count; ++i)
      co_await stream.next();
    auto more = create_task(stream.next());
    co_await let_run(3);
    CHECK_FALSE(more.done());
  });
}

TEST_CASE("all who await a signal see it, and so does the loop's handler") {
  run_bounded([]() -> Coroutine<void> {
    Loop& loop = get_running_loop();
    int handled = 0;
    loop.add_signal_handler(SIGUSR1, [&handled] { ++handled; });
    const SignalStream one = signals(SIGUSR1);
    const SignalStream two = signals(SIGUSR1, SIGHUP);
    auto three = create_task(wait_for_signal(SIGUSR1));
    send(SIGUSR1);
    const int first = co_await one.next();
    const int second = co_await two.next();
    const int third = co_await three;
    CHECK((first == SIGUSR1 && second == SIGUSR1 && third == SIGUSR1));
    co_await let_run(2);
    CHECK(handled == 1);
    CHECK(loop.remove_signal_handler(SIGUSR1));
    send(SIGUSR1);
    co_await one.next();
    CHECK(handled == 1);
  });
}

TEST_CASE("of two tasks at one stream each gets signals of its own, and a cancelled one none") {
  run_bounded([]() -> Coroutine<void> {
    const SignalStream stream = signals(SIGUSR1);
    auto first = create_task(stream.next());
    auto second = create_task(stream.next());
    auto third = create_task(stream.next());
    co_await let_run(2);
    send(SIGUSR1);
    first.cancel();
    co_await second;
    CHECK(first.cancelled());
    CHECK_FALSE(third.done());
    send(SIGUSR1);
    co_await third;
  });
}

TEST_CASE("every loop that awaits a signal sees it, on whichever thread it is") {
  std::optional<int> seen;
  Runner runner;
  std::atomic<bool> ready{false};
  std::thread other([&] {
    seen = run([&ready]() -> Coroutine<int> {
      auto waiting = wait_for_signal(SIGUSR2);
      ready = true;
      co_return co_await waiting;
    });
  });
  const int here = runner.run([](std::atomic<bool>& go) -> Coroutine<int> {
    auto waiting = wait_for_signal(SIGUSR2);
    co_await until([&go] { return go.load(); });
    send(SIGUSR2);
    co_return co_await waiting;
  }(ready));
  other.join();
  CHECK(here == SIGUSR2);
  CHECK(seen == SIGUSR2);
}

TEST_CASE("a signal that was ignored is ignored again, also after the loop was closed") {
  const auto before = ::signal(SIGUSR1, SIG_IGN);
  std::optional<SignalStream> kept;
  run_bounded([&kept]() -> Coroutine<void> {
    kept.emplace(signals(SIGUSR1));
    send(SIGUSR1);
    co_await kept->next();
  });
  const bool ignored = disposition(SIGUSR1) == SIG_IGN;
  CHECK(ignored);
  kept.reset();  // a stream may outlive its loop
  ::signal(SIGUSR1, before);
}

TEST_CASE("whoever takes a signal over from us keeps it") {
  run_bounded([]() -> Coroutine<void> {
    const auto theirs = [](int) {};
    {
      const SignalStream stream = signals(SIGUSR1);
      ::signal(SIGUSR1, theirs);
    }
    const bool kept = disposition(SIGUSR1) == static_cast<void (*)(int)>(theirs);
    CHECK(kept);
    ::signal(SIGUSR1, SIG_DFL);
    co_return;
  });
}

TEST_CASE("what is no signal, or cannot be caught, cannot be awaited") {
  run_bounded([]() -> Coroutine<void> {
    CHECK_THROWS_AS(signals(SIGUSR1, 0), ValueError);
    CHECK_THROWS_AS(signals(SIGUSR1, NSIG + 1), ValueError);
    CHECK_THROWS_AS(static_cast<void>(wait_for_signal(SIGKILL)), RuntimeError);
    const bool not_watched = disposition(SIGUSR1) == SIG_DFL;
    CHECK(not_watched);
    co_return;
  });
  CHECK_THROWS_AS(signals(SIGUSR1), RuntimeError);  // no loop
}

TEST_CASE("who awaits SIGTERM does so instead of run, which has it again afterwards [case 171]") {
  const ChildReport report = in_child_that_may_die([]() -> std::string {
    ::signal(SIGTERM, SIG_DFL);
    std::string told;
    try {
      run([](std::string& text) -> Coroutine<void> {
        get_running_loop().call_soon(send, SIGTERM);
        co_await wait_for_signal(SIGTERM);
        text += "awaited, ";
        send(SIGTERM);
        co_await sleep(1h);
      }(told));
    } catch (const KeyboardInterrupt& interrupt) {
      told += "interrupted by " + std::to_string(interrupt.signal_number());
    }
    return told;
  });
  CHECK(report.text == "awaited, interrupted by 15");
}

}  // namespace

TEST_SUITE_END();
