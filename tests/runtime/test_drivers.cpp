// What every way to the kernel must do: the ring with each set of flags, and epoll.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/time.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/task.h>

#include "counted_operation.h"
#include "drivers.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

TEST_CASE("[fault 9] a driver takes 1000 requests in one turn, and answers each once") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    std::vector<CountedOperation> operations(1000);
    for (CountedOperation& operation : operations)
      operation.ask(*driver);
    CHECK(driver->in_flight() == 1000);
    REQUIRE(finish(*driver, 1000));
    for (const CountedOperation& operation : operations) {
      CHECK(operation.answers == 1);
      CHECK(operation.result == 0);
    }
  }
}

TEST_CASE("[fault 17] requests made from answers do not starve those that came before") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    std::vector<CountedOperation> operations(100);
    for (CountedOperation& operation : operations)
      operation.ask(*driver, {}, 50);
    std::vector<CountedOperation> late(100);
    for (CountedOperation& operation : late)
      operation.ask(*driver);
    int turns = 0;
    const auto all_late_are_answered = [&late] {
      return std::ranges::all_of(late,
                                 [](const auto& operation) { return operation.answers == 1; });
    };
    for (; !all_late_are_answered(); ++turns) {
      REQUIRE(turns < 100);
      driver->submit_and_wait(1s);
      driver->reap();
    }
    REQUIRE(finish(*driver, 1000));
    for (const CountedOperation& operation : operations)
      CHECK(operation.answers == 51);
  }
}

TEST_CASE("an operation in flight cannot be prepared again, and an idle one cannot be cancelled") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    CountedOperation operation;
    driver->cancel(operation);
    CHECK(driver->in_flight() == 0);
    operation.ask(*driver);
    CHECK_THROWS_AS(operation.ask(*driver), RuntimeError);
    CHECK(driver->in_flight() == 1);
    REQUIRE(finish(*driver, 10));
    CHECK(operation.answers == 1);
  }
}

TEST_CASE("[fault 24] a cancel that comes too late changes nothing, but for the time") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    CountedOperation operation;
    operation.ask(*driver);
    driver->submit_and_wait(1s);  // answered, and not reaped
    driver->cancel(operation);
    driver->cancel(operation);
    CHECK(operation.in_flight());
    REQUIRE(finish(*driver, 10));
    CHECK(operation.answers == 1);
    CHECK(operation.result == 0);
  }
}

TEST_CASE(
    "[fault 54] a wait ends at its timeout, not before, and one of less than nothing at once") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    // One that is interrupted may end early, and so a wait is not taken for an answer.
    int whole = 0;
    for (int i = 0; i < 5; ++i) {
      const auto before = std::chrono::steady_clock::now();
      driver->submit_and_wait(2100us);
      if (std::chrono::steady_clock::now() - before >= 2100us) ++whole;
      CHECK(driver->reap() == 0);
    }
    CHECK(whole >= 3);
    driver->submit_and_wait(-1s);
    driver->submit_and_wait(Duration::zero());
    CHECK(driver->reap() == 0);
  }
}

TEST_CASE("[fault 54] a wait of years goes on until somebody wakes the driver") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    for (const Duration years : {Duration(std::chrono::years(10)), Duration::max()}) {
      driver->reap();
      std::thread waker([&driver] { driver->wake(); });
      CHECK_NOTHROW(driver->submit_and_wait(years));
      waker.join();
    }
  }
}

/// What a receive into its own byte ends with.
Coroutine<int> receive_byte(int socket) {
  char byte = 0;
  const Request request{Opcode::receive, socket, &byte, 1};
  co_return co_await detail::perform(request);
}

TEST_CASE("[fault 23] a cancelled receive ends as cancelled, and once however often it is asked") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    run_bounded(
        []() -> Coroutine<void> {
          auto [mine, peer] = socket_pair();
          std::string log;
          const auto receive_and_tidy_up = [&log](int socket) -> Coroutine<void> {
            try {
              co_await receive_byte(socket);
            } catch (const CancelledError& cancelled) {
              log += "cancelled " + cancelled.message();
            }
            co_await sleep(0s);  // as asyncio: both requests came before the first was delivered
            log += ", tidied up";
          };
          auto task = create_task(receive_and_tidy_up(mine.get()));
          co_await let_run(2);
          task.cancel("first");
          task.cancel("twice");
          co_await task;
          CHECK(log == "cancelled first, tidied up");
        },
        kind.options());
  }
}

TEST_CASE("[fault 32] 10000 receives in flight are cancelled at once, and all of them end") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    run_bounded(
        []() -> Coroutine<void> {
          auto [mine, peer] = socket_pair();
          auto [mine2, peer2] = socket_pair();
          std::vector<Task<int>> receives;
          for (int i = 0; i < 10000; ++i)
            receives.push_back(create_task(receive_byte(i % 2 == 0 ? mine.get() : mine2.get())));
          co_await let_run(3);
          CHECK(get_running_loop().driver().in_flight() == 10000);
          for (auto& task : receives)
            task.cancel();
          const auto outcomes = co_await gather(return_exceptions, receives);
          CHECK(std::ranges::all_of(receives, [](const auto& task) { return task.cancelled(); }));
          CHECK(outcomes.size() == 10000);
          // Nobody was left behind to take it.
          send_now(peer, "x");
          send_now(peer2, "y");
          const int x = co_await receive_byte(mine.get());
          const int y = co_await receive_byte(mine2.get());
          CHECK(x + y == 2);
        },
        kind.options());
  }
}

TEST_CASE(
    "[fault 32] a cancel that finds the queue full is not lost, nor one of a queued request") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    run_bounded(
        []() -> Coroutine<void> {
          auto [mine, peer] = socket_pair();
          auto old = create_task(receive_byte(mine.get()));
          co_await let_run(2);
          // In one turn: far more requests than entries, then a cancel of the one in the kernel and
          // of some that have not got there yet.
          std::vector<Task<int>> fresh;
          for (int i = 0; i < 100; ++i)
            fresh.push_back(create_task(receive_byte(mine.get())));
          get_running_loop().call_soon([&] {
            old.cancel();
            for (auto& task : fresh)
              task.cancel();
          });
          const auto outcomes = co_await gather(return_exceptions, fresh);
          CHECK(outcomes.size() == 100);
          CHECK(std::ranges::all_of(fresh, [](const auto& task) { return task.cancelled(); }));
          const auto error = co_await thrown_by<CancelledError>(old);
          CHECK(error);
          CHECK(get_running_loop().driver().in_flight() == 0);
        },
        kind.options());
  }
}

TEST_CASE("[fault 6] in every way to set the driver up streams, timers and cancels do the same") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    run_bounded(
        []() -> Coroutine<void> {
          auto [mine, theirs] = socket_pair();
          auto [reader, writer] = stream_over(std::move(mine));
          auto [peer_reader, peer_writer] = stream_over(std::move(theirs));
          const std::string sent(1024 * 1024, 'x');
          for (int round = 0; round < 2; ++round) {
            writer.write(sent);
            const std::string received =
                co_await peer_reader.readexactly(static_cast<std::ptrdiff_t>(sent.size()));
            CHECK(received == sent);
            peer_writer.write(received);
            const std::string back =
                co_await reader.readexactly(static_cast<std::ptrdiff_t>(sent.size()));
            CHECK(back == sent);
          }
          const auto timed_out = co_await thrown_by<TimeoutError>(wait_for(reader.read(1), 5ms));
          CHECK(timed_out);
          auto [bare, silent] = socket_pair();
          auto cancelled = create_task(receive_byte(bare.get()));
          co_await let_run(2);
          cancelled.cancel();
          const auto error = co_await thrown_by<CancelledError>(cancelled);
          CHECK(error);
          writer.close();
          co_await writer.wait_closed();
          const std::string end = co_await peer_reader.read();
          CHECK(end.empty());
        },
        kind.options());
  }
}

TEST_CASE("[fault 52] answers arrive though the loop always has something to run") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    run_bounded(
        []() -> Coroutine<void> {
          auto [mine, peer] = socket_pair();
          auto receiving = create_task(receive_byte(mine.get()));
          co_await let_run(2);
          send_now(peer, "x");
          for (int turn = 0; turn < 1000 && !receiving.done(); ++turn)
            co_await sleep(0s);
          CHECK(receiving.done());
          co_await receiving;
        },
        kind.options());
  }
}

// What the signal handler below works with.
std::atomic<int> signals_seen = 0;
std::atomic<int> signalled_socket = -1;
constexpr int enough_signals = 20;

TEST_CASE("[fault 53] signals during the wait disturb neither receives nor timers") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    // The byte comes from the handler, once the wait was interrupted often enough.
    auto [mine, peer] = socket_pair();
    signals_seen = 0;
    signalled_socket = peer.get();
    struct sigaction action{};
    struct sigaction previous{};
    action.sa_handler = [](int) {
      if (++signals_seen != enough_signals) return;
      [[maybe_unused]] const ssize_t sent = ::send(signalled_socket, "x", 1, MSG_NOSIGNAL);
    };
    REQUIRE(::sigaction(SIGALRM, &action, &previous) == 0);
    const itimerval every_millisecond{{0, 1000}, {0, 1000}};
    REQUIRE(::setitimer(ITIMER_REAL, &every_millisecond, nullptr) == 0);

    const auto main = [socket = mine.get()]() -> Coroutine<void> {
      const int count = co_await receive_byte(socket);
      CHECK(count == 1);
      CHECK(signals_seen >= enough_signals);
      const TimePoint before = get_running_loop().time();
      co_await sleep(20ms);
      CHECK(get_running_loop().time() - before >= 20ms);
    };
    run_bounded(main, kind.options());

    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &previous, nullptr);
  }
}

TEST_CASE("another thread wakes a loop, whatever the driver sleeps in") {
  std::vector<DriverKind> kinds = real_drivers();
  RingOptions without_messages;
  without_messages.send_messages = false;
  if (!io_uring_is_missing()) {
    kinds.push_back(kind_of("ring that is woken by an eventfd", without_messages));
  }
  for (const DriverKind& kind : kinds) {
    CAPTURE(kind.name);
    Loop loop(kind.options());
    int calls = 0;
    std::thread other([&] {
      for (int i = 0; i < 100; ++i) {
        loop.call_soon_threadsafe([&] {
          if (++calls == 100) loop.stop();
        });
        if (i % 10 == 0) std::this_thread::sleep_for(1ms);
      }
    });
    loop.run_forever();
    other.join();
    CHECK(calls == 100);
    CHECK(loop.driver().in_flight() == 0);
  }
}

}  // namespace

TEST_SUITE_END();
