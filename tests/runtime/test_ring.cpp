// The ring: every request is answered exactly once, however little room its queues have.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/time.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/task.h>

#include "counted_operation.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

constexpr Request nop{};

LoopOptions over(RingOptions ring) {
  LoopOptions options;
  options.make_driver = [ring] { return std::make_unique<Ring>(ring); };
  return options;
}

TEST_CASE("[fault 9] a ring of 4 entries takes 1000 requests in one turn") {
  Ring ring(with_entries(4));
  std::vector<CountedOperation> operations(1000);
  for (CountedOperation& operation : operations)
    operation.ask(ring);
  CHECK(ring.in_flight() == 1000);
  REQUIRE(finish(ring, 1000));
  for (const CountedOperation& operation : operations) {
    CHECK(operation.answers == 1);
    CHECK(operation.result == 0);
  }
}

TEST_CASE("[fault 9] over a ring of 4 entries 1000 tasks await the kernel at once") {
  run_bounded(
      []() -> Coroutine<void> {
        const auto ask = []() -> Coroutine<int> { co_return co_await detail::perform(nop); };
        std::vector<Coroutine<int>> questions;
        for (int i = 0; i < 1000; ++i)
          questions.push_back(ask());
        const std::vector<int> answers = co_await gather(std::move(questions));
        CHECK(answers == std::vector<int>(1000, 0));
      },
      over(with_entries(4)));
}

TEST_CASE("[fault 16] answers that overflow the completion queue are all delivered, none twice") {
  Ring ring(with_entries(8));
  std::vector<CountedOperation> operations(100);
  for (CountedOperation& operation : operations)
    operation.ask(ring);
  ring.submit_and_wait(1s);
  const std::size_t at_first = ring.reap();
  CHECK(at_first > 0);
  CHECK(at_first < operations.size());  // or the queue did not overflow
  REQUIRE(finish(ring, 100));
  for (const CountedOperation& operation : operations)
    CHECK(operation.answers == 1);
}

TEST_CASE("[fault 17] requests made from answers do not starve those that overflowed") {
  Ring ring(with_entries(8));
  std::vector<CountedOperation> operations(100);
  for (CountedOperation& operation : operations)
    operation.ask(ring, {}, 50);
  std::vector<CountedOperation> late(100);
  for (CountedOperation& operation : late)
    operation.ask(ring);
  int turns = 0;
  const auto all_late_are_answered = [&late] {
    return std::ranges::all_of(late, [](const auto& operation) { return operation.answers == 1; });
  };
  for (; !all_late_are_answered(); ++turns) {
    REQUIRE(turns < 100);
    ring.submit_and_wait(1s);
    ring.reap();
  }
  REQUIRE(finish(ring, 1000));
  for (const CountedOperation& operation : operations)
    CHECK(operation.answers == 51);
}

TEST_CASE("an operation in flight cannot be prepared again, and an idle one cannot be cancelled") {
  Ring ring;
  CountedOperation operation;
  ring.cancel(operation);
  CHECK(ring.in_flight() == 0);
  operation.ask(ring);
  CHECK_THROWS_AS(operation.ask(ring), RuntimeError);
  CHECK(ring.in_flight() == 1);
  REQUIRE(finish(ring, 10));
  CHECK(operation.answers == 1);
}

TEST_CASE("[fault 24] a cancel that comes too late changes nothing, but for the time") {
  Ring ring;
  CountedOperation operation;
  operation.ask(ring);
  ring.submit_and_wait(1s);  // answered, and not reaped
  ring.cancel(operation);
  ring.cancel(operation);
  CHECK(operation.in_flight());
  REQUIRE(finish(ring, 10));
  CHECK(operation.answers == 1);
  CHECK(operation.result == 0);
}

TEST_CASE("a wait ends at its timeout, and one of nothing makes no system call") {
  Ring ring;
  const auto before = std::chrono::steady_clock::now();
  ring.submit_and_wait(20ms);
  CHECK(std::chrono::steady_clock::now() - before >= 20ms);
  CHECK(ring.reap() == 0);
  const std::size_t enters = ring.enters();
  ring.submit_and_wait(Duration::zero());
  CHECK(ring.enters() == enters);
  CountedOperation operation;
  operation.ask(ring);
  ring.submit_and_wait(1s);
  CHECK(ring.enters() == enters + 1);
  CHECK(ring.reap() == 1);
}

/// What a receive into its own byte ends with.
Coroutine<int> receive_byte(int socket) {
  char byte = 0;
  const Request request{Opcode::receive, socket, &byte, 1};
  co_return co_await detail::perform(request);
}

TEST_CASE("[fault 23] a cancelled receive ends as cancelled, and once however often it is asked") {
  run_bounded([]() -> Coroutine<void> {
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
  });
}

TEST_CASE("[fault 32] 10000 receives in flight are cancelled at once, and all of them end") {
  for (const unsigned entries : {4U, 256U}) {
    CAPTURE(entries);
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
        over(with_entries(entries)));
  }
}

TEST_CASE(
    "[fault 32] a cancel that finds the queue full is not lost, nor one of a queued request") {
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
      over(with_entries(4)));
}

TEST_CASE("[fault 6] every way to set the ring up does the same, and says which it is") {
  RingOptions cooperative;
  cooperative.defer_taskrun = false;
  RingOptions plain;
  plain.defer_taskrun = plain.coop_taskrun = false;
  CHECK(Ring(plain).features().find(", plain") != std::string::npos);
  CHECK(Ring(cooperative).features().find("deferred") == std::string::npos);
  CHECK(Ring().features().find("io_uring, 256 entries, ") == 0);

  for (RingOptions options : {RingOptions(), cooperative, plain}) {
    for (const unsigned entries : {4U, 64U}) {
      options.entries = entries;
      const std::string features = Ring(options).features();
      CAPTURE(features);
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
          over(options));
    }
  }
}

TEST_CASE("[fault 52] answers arrive though the loop always has something to run") {
  RingOptions cooperative;
  cooperative.defer_taskrun = false;
  for (const RingOptions options : {RingOptions(), cooperative}) {
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
        over(options));
  }
}

// What the signal handler below works with.
std::atomic<int> signals_seen = 0;
std::atomic<int> signalled_socket = -1;
constexpr int enough_signals = 20;

TEST_CASE("[fault 53] signals during the wait disturb neither receives nor timers") {
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

  run_bounded([socket = mine.get()]() -> Coroutine<void> {
    const int count = co_await receive_byte(socket);
    CHECK(count == 1);
    CHECK(signals_seen >= enough_signals);
    const TimePoint before = get_running_loop().time();
    co_await sleep(20ms);
    CHECK(get_running_loop().time() - before >= 20ms);
  });

  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &previous, nullptr);
}

TEST_CASE("another thread wakes a loop by a message and, where there are none, by an eventfd") {
  RingOptions options;
  SUBCASE("as the kernel can") {}
  SUBCASE("without messages") {
    options.send_messages = false;
  }
  Loop loop(over(options));
  const std::string features = loop.driver().features();
  if (!options.send_messages) CHECK(features.find("eventfd") != std::string::npos);
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

}  // namespace

TEST_SUITE_END();
