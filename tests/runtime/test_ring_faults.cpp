// Drivers when the kernel fails: for a moment, for ever, for one request, or by dropping answers.

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/task.h>

#include "captured_stderr.h"
#include "counted_operation.h"
#include "drivers.h"
#include "in_child.h"
#include "intercepted.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// What a call throws, as text; nothing if it does not throw.
template <class Error>
std::string text_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

void say_skipped(const char* what) {
  std::printf("SKIP %s: system calls cannot be intercepted here\n", what);
}

std::atomic<int> broken_pipes = 0;

TEST_CASE("[fault 8] sending to who has gone is EPIPE, and raises no signal") {
  struct sigaction action{};
  struct sigaction previous{};
  action.sa_handler = [](int) { ++broken_pipes; };
  REQUIRE(::sigaction(SIGPIPE, &action, &previous) == 0);
  auto [mine, peer] = socket_pair();
  {
    const FileDescriptor gone = std::move(peer);
  }
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    char byte = 'x';
    CountedOperation operation;
    operation.ask(*driver, {Opcode::send, mine.get(), &byte, 1});
    CHECK(finish(*driver, 10));
    CHECK(operation.result == -EPIPE);
    CHECK(broken_pipes == 0);
  }
  ::sigaction(SIGPIPE, &previous, nullptr);
}

TEST_CASE("[fault 11] a call that fails for the moment loses no operation and repeats none") {
  if (skip_without_ring("[fault 11]")) return;
  std::atomic<int> left = 0;  // calls until the one that fails
  std::atomic<int> error = 0;
  const auto fail_once = [&]() -> MadeUp { return --left == 0 ? MadeUp(-error) : MadeUp(); };
  std::string wrong;
  const bool ran = run_intercepted(fail_once, [&] {
    for (const int error_number : {EINTR, EAGAIN, EBUSY, ENOMEM}) {
      for (int nth = 1; nth <= 20; ++nth) {
        Ring ring(with_entries(4));
        std::vector<CountedOperation> operations(30);
        error = error_number;
        left = nth;
        for (CountedOperation& operation : operations)
          operation.ask(ring, {}, 3);
        bool right = finish(ring, 1000);
        for (const CountedOperation& operation : operations)
          right = right && operation.answers == 4 && operation.result == 0;
        // Every one of the twenty calls was made, or the failure was none.
        right = right && left <= 0;
        if (!right) wrong += std::to_string(error_number) + "@" + std::to_string(nth) + " ";
      }
    }
  });
  if (!ran) return say_skipped("[fault 11]");
  CHECK(wrong.empty());
}

TEST_CASE("[fault 11] streams and timers work though every second call fails") {
  if (skip_without_ring("[fault 11]")) return;
  constexpr std::array<int, 4> errors{EINTR, EAGAIN, EBUSY, ENOMEM};
  std::size_t calls = 0;
  const auto fail_half = [&]() -> MadeUp {
    ++calls;
    return calls % 2 == 0 ? MadeUp() : MadeUp(-errors[calls / 2 % errors.size()]);
  };
  std::string received;
  const std::string sent(1024 * 1024, 'x');
  const bool ran = run_intercepted(fail_half, [&] {
    run_bounded(
        [&]() -> Coroutine<void> {
          auto [mine, theirs] = socket_pair();
          auto [reader, writer] = stream_over(std::move(mine));
          auto [peer_reader, peer_writer] = stream_over(std::move(theirs));
          writer.write(sent);
          co_await sleep(1ms);
          received = co_await peer_reader.readexactly(static_cast<std::ptrdiff_t>(sent.size()));
        },
        rings().front().options());
  });
  if (!ran) return say_skipped("[fault 11]");
  CHECK(received == sent);
  CHECK(calls > 4);
}

TEST_CASE("[fault 12] of four requests a bad one fails, and the others are answered") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    std::array<CountedOperation, 4> operations;
    for (std::size_t i = 0; i < operations.size(); ++i)
      operations[i].ask(*driver, i == 1 ? Request{nonsense} : Request{});
    CHECK(finish(*driver, 10));
    for (std::size_t i = 0; i < operations.size(); ++i) {
      CHECK(operations[i].answers == 1);
      CHECK(operations[i].result == (i == 1 ? -EINVAL : 0));
    }
  }
}

TEST_CASE("[fault 12] only the task that asked for nonsense hears of it") {
  run_bounded([]() -> Coroutine<void> {
    const auto ask = [](Opcode opcode) -> Coroutine<int> {
      const Request request{opcode};
      co_return co_await detail::perform(request);
    };
    std::vector<Coroutine<int>> questions;
    for (int i = 0; i < 4; ++i)
      questions.push_back(ask(i == 1 ? nonsense : Opcode::nop));
    const std::vector<int> answers = co_await gather(std::move(questions));
    CHECK(answers == std::vector<int>{0, -EINVAL, 0, 0});
  });
}

TEST_CASE("[fault 13] calls that take nothing are repeated, and if that never ends, an error") {
  if (skip_without_ring("[fault 13]")) return;
  std::atomic<int> take_nothing = 3;
  const auto refuse = [&]() -> MadeUp { return take_nothing-- > 0 ? MadeUp(0) : MadeUp(); };
  bool progressed = false;
  bool recovered = false;
  std::size_t enters = 0;
  std::string error;
  const bool ran = run_intercepted(refuse, [&] {
    Ring ring;
    CountedOperation first;
    first.ask(ring);
    progressed = finish(ring, 10) && first.answers == 1;

    take_nothing = 1'000'000;
    CountedOperation second;
    second.ask(ring);
    const std::size_t before = ring.enters();
    error = text_of<OSError>([&] { finish(ring, 1'000'000); });
    enters = ring.enters() - before;

    take_nothing = 0;
    recovered = finish(ring, 10) && second.answers == 1;
  });
  if (!ran) return say_skipped("[fault 13]");
  CHECK(progressed);
  CHECK(contains(error, "the kernel takes no requests"));
  CHECK(enters <= 1001);  // in a second, where a busy loop makes a million
  CHECK(recovered);
}

TEST_CASE("[fault 15] on another thread every use of a driver is an error, and harms nothing") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    CountedOperation mine;
    mine.ask(*driver);
    CountedOperation foreign;
    std::array<std::string, 3> errors;
    std::thread([&] {
      errors[0] = text_of<RuntimeError>([&] { foreign.ask(*driver); });
      errors[1] = text_of<RuntimeError>([&] { driver->cancel(mine); });
      errors[2] = text_of<RuntimeError>([&] { driver->submit_and_wait(1s); });
    }).join();
    for (const std::string& error : errors)
      CHECK(contains(error, "on the thread that made it"));
    CHECK_FALSE(foreign.in_flight());
    CHECK(finish(*driver, 10));
    CHECK(mine.answers == 1);
  }
}

TEST_CASE("[fault 15] a loop cannot be run on another thread than the one that made it") {
  Loop loop;
  std::string error;
  std::thread([&] {
    error = text_of<RuntimeError>([&] {
      loop.stop();
      loop.run_forever();
    });
  }).join();
  CHECK(contains(error, "on the thread that made it"));
  CHECK(loop.run_until_complete(sleep(1ms, 42)) == 42);
}

/// Where this process has mapped the queues of rings.
std::set<std::uintptr_t> mapped_queues() {
  std::set<std::uintptr_t> addresses;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (!contains(line, "io_uring")) continue;
    std::istringstream fields(line);
    std::uintptr_t begin = 0;
    std::string rest;
    std::string offset;
    fields >> std::hex >> begin >> rest >> rest >> offset;
    if (offset == "00000000") addresses.insert(begin);
  }
  return addresses;
}

/// The kernel's count of dropped answers of the only ring that is open.
unsigned& dropped_answers() {
  const auto before = mapped_queues();
  REQUIRE(before.size() == 1);
  io_uring other{};
  REQUIRE(io_uring_queue_init(4, &other, 0) == 0);
  const auto place =
      reinterpret_cast<char*>(other.cq.koverflow) - reinterpret_cast<char*>(other.cq.ring_ptr);
  io_uring_queue_exit(&other);
  return *reinterpret_cast<unsigned*>(*before.begin() + static_cast<std::uintptr_t>(place));
}

TEST_CASE("[fault 18] a completion that the kernel has dropped is an error, told once") {
  if (skip_without_ring("[fault 18]")) return;
  Ring ring;
  CountedOperation operation;
  operation.ask(ring);
  dropped_answers() += 2;
  const std::string error = text_of<RuntimeError>([&] { ring.submit_and_wait(1s); });
  CHECK(contains(error, "2 completion(s)"));
  CHECK(finish(ring, 10));
  CHECK(operation.answers == 1);
}

TEST_CASE("[fault 18] a loop whose answer was dropped ends with the error, and closes") {
  if (skip_without_ring("[fault 18]")) return;
  const ChildReport report = in_child([] {
    const rondo::testing::CapturedStderr reports;
    auto [mine, peer] = socket_pair();
    Loop loop(rings().front().options());
    loop.close_patience = 10ms;
    const auto receive_for_ever = [](int socket) -> Coroutine<int> {
      char byte = 0;
      const Request request{Opcode::receive, socket, &byte, 1};
      co_return co_await detail::perform(request);
    };
    auto task = create_task_on(loop, receive_for_ever(mine.get()));
    loop.call_soon([&loop] {
      ++dropped_answers();
      loop.call_later(1ms, [] {});  // where the kernel itself would end the wait
    });
    return text_of<RuntimeError>([&] { loop.run_until_complete(task); });
  });
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "1 completion(s)"));
}

TEST_CASE("[fault 20] the wake-up outlives an overflow, which ends the kernel's part of it") {
  if (skip_without_ring("[fault 20]")) return;
  Ring ring(with_entries(4));
  std::vector<CountedOperation> operations(200);
  for (int round = 0; round < 3; ++round) {
    for (CountedOperation& operation : operations)
      operation.ask(ring);
    ring.wake();
    ring.submit_and_wait(1s);
    ring.wake();
    CHECK(finish(ring, 1000));
    // Now nothing but the wake-up can end the wait.
    ring.submit_and_wait(Duration::zero());
    ring.reap();
    const auto before = std::chrono::steady_clock::now();
    std::thread waker([&ring] { ring.wake(); });
    ring.submit_and_wait(10s);
    ring.reap();
    waker.join();
    CHECK(std::chrono::steady_clock::now() - before < 10s);
  }
}

TEST_CASE("[fault 54] a wait of less than nothing makes no system call") {
  if (skip_without_ring("[fault 54]")) return;
  Ring ring;
  ring.submit_and_wait(Duration::zero());
  const std::size_t enters = ring.enters();
  ring.submit_and_wait(-1s);
  CHECK(ring.enters() == enters);
}

}  // namespace

TEST_SUITE_END();
