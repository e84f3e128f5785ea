// Operations and their answers, over a kernel that answers when the test says so: what comes too
// late, in the wrong order or not at all, and what must not be freed meanwhile.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/task.h>

#include "captured_stderr.h"
#include "in_child.h"
#include "scripted_kernel.h"
#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using rondo::testing::CapturedStderr;
using namespace std::chrono_literals;

/// Part of a coroutine's frame. Notes, when it goes, how many operations the kernel still names.
class Memory {
 public:
  Memory(Loop& loop, std::optional<std::size_t>& in_flight_at_end) noexcept
      : loop_(loop), in_flight_at_end_(in_flight_at_end) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { in_flight_at_end_ = loop_.driver().in_flight(); }

  char byte = 0;

 private:
  Loop& loop_;
  std::optional<std::size_t>& in_flight_at_end_;
};

/// Receives a byte into its frame.
Coroutine<int> receive_a_byte(Loop& loop, int socket,
                              std::optional<std::size_t>& in_flight_at_end) {
  Memory memory(loop, in_flight_at_end);
  const Request request{Opcode::receive, socket, &memory.byte, 1};
  co_return co_await detail::perform(request);
}

Coroutine<int> ask() {
  const Request nop{};
  co_return co_await detail::perform(nop);
}

/// Runs what is ready, `turns` times over.
void turn(Loop& loop, int turns) {
  for (int i = 0; i < turns; ++i) {
    loop.stop();
    loop.run_forever();
  }
}

TEST_CASE("[fault 22] an ECANCELED that nobody asked for is a result, and cancels no task") {
  run_scripted([]() -> Coroutine<void> {
    auto task = create_task(ask());
    co_await let_run(2);
    kernel().answer(-ECANCELED);
    const int result = co_await task;
    CHECK(result == -ECANCELED);
    CHECK_FALSE(task.cancelled());
  });
}

TEST_CASE("[fault 25] a cancel that cannot stop the operation: the task waits for the answer") {
  run_scripted([]() -> Coroutine<void> {
    kernel().obeys_cancels = false;
    std::optional<std::size_t> in_flight_at_end;
    auto task = create_task(receive_a_byte(get_running_loop(), -1, in_flight_at_end));
    co_await let_run(2);
    task.cancel();
    kernel().answer_cancel(*kernel().asked().front().operation);
    co_await let_run(3);
    CHECK_FALSE(task.done());
    CHECK_FALSE(in_flight_at_end);
    CHECK(get_running_loop().driver().in_flight() == 1);
    kernel().answer(1);
    co_await let_run(2);
    CHECK(task.cancelled());
    CHECK(in_flight_at_end == 0);
  });
}

TEST_CASE("[fault 23] an operation that was answered is in flight until its cancel is too") {
  run_scripted([]() -> Coroutine<void> {
    kernel().obeys_cancels = false;
    std::optional<std::size_t> in_flight_at_end;
    auto task = create_task(receive_a_byte(get_running_loop(), -1, in_flight_at_end));
    co_await let_run(2);
    Operation& operation = *kernel().asked().front().operation;
    task.cancel();
    kernel().answer(-ECANCELED);
    co_await let_run(3);
    CHECK_FALSE(task.done());
    CHECK_FALSE(in_flight_at_end);
    kernel().answer_cancel(operation);
    co_await let_run(2);
    CHECK(task.cancelled());
    CHECK(in_flight_at_end == 0);
  });
}

TEST_CASE("[fault 29] a task whose handle is dropped keeps its memory until the answer") {
  run_scripted([]() -> Coroutine<void> {
    std::optional<std::size_t> in_flight_at_end;
    static_cast<void>(create_task(receive_a_byte(get_running_loop(), -1, in_flight_at_end)));
    co_await let_run(5);
    CHECK_FALSE(in_flight_at_end);
    kernel().answer(1);
    co_await let_run(2);
    CHECK(in_flight_at_end == 0);
  });
}

TEST_CASE("[fault 29] an exception of main destroys nothing that is in flight") {
  std::optional<std::size_t> in_flight_at_end;
  const auto fail = [](std::optional<std::size_t>& end) -> Coroutine<void> {
    static_cast<void>(create_task(receive_a_byte(get_running_loop(), -1, end)));
    co_await let_run(2);
    throw std::runtime_error("expected");
  };
  CHECK_THROWS_AS(run(fail(in_flight_at_end), scripted()), std::runtime_error);
  CHECK(in_flight_at_end == 0);
}

TEST_CASE("[fault 29] closing a stopped loop destroys a task when its operation has ended" *
          doctest::test_suite("real kernel")) {
  for (const bool real : {false, true}) {
    CAPTURE(real);
    auto [mine, peer] = socket_pair();
    const CapturedStderr reports;
    std::optional<std::size_t> in_flight_at_end;
    Loop loop(real ? LoopOptions() : scripted());
    static_cast<void>(create_task_on(loop, receive_a_byte(loop, mine.get(), in_flight_at_end)));
    turn(loop, 3);
    CHECK(loop.driver().in_flight() == 1);
    CHECK_FALSE(in_flight_at_end);
    loop.close();
    CHECK(in_flight_at_end == 0);
    CHECK(contains(reports.text(), "Task was destroyed but it is pending!"));
  }
}

class Unanswered final : public Operation {
  void complete(int) noexcept override {}
};

TEST_CASE("[fault 29] an operation that is destroyed in flight ends the process, with a reason") {
  const ChildReport report = in_child_that_may_die([] {
    ScriptedKernel kernel;
    Unanswered operation;
    kernel.prepare(operation, {});
    return std::string("went on");
  });
  CHECK(report.signal == SIGABRT);
  CHECK(contains(report.text, "an operation was destroyed before the kernel had answered it"));
  CHECK_FALSE(contains(report.text, "went on"));
}

/// Closes a loop whose kernel never answers; what is there afterwards, in words.
std::string close_without_answers(bool simulated) {
  const CapturedStderr reports;
  const std::size_t frames = detail::live_frames;
  std::optional<std::size_t> in_flight_at_end;
  std::string text;
  Task<int> task;
  {
    Loop loop(scripted());
    loop.close_patience = simulated ? Duration(1h) : 10ms;
    kernel_of(loop).obeys_cancels = false;
    kernel_of(loop).simulated = simulated;
    task = create_task_on(loop, receive_a_byte(loop, -1, in_flight_at_end));
    static_cast<void>(loop.call_later(1h, [] {}));
    turn(loop, 3);
    loop.close();
    loop.close();
    text += loop.is_closed() ? "closed, " : "open, ";
  }
  text += in_flight_at_end ? "freed, " : "kept, ";
  text += std::to_string(detail::live_frames - frames) + " frame, ";
  text += task.cancel() && !task.done() ? "pending, " : "ended, ";
  return text + reports.text();
}

TEST_CASE("[fault 34] an operation that cannot be cancelled is left to the kernel, and reported") {
  // In a child, since the memory is never freed.
  for (const bool simulated : {true, false}) {
    CAPTURE(simulated);
    const ChildReport report = in_child([simulated] { return close_without_answers(simulated); });
    CHECK_FALSE(report.failed);
    CHECK(report.text ==
          "closed, kept, 1 frame, pending, rondo: the event loop closes though the kernel has not "
          "answered 1 operation(s) that were cancelled; their memory is never freed\n");
  }
}

/// A kernel that cannot even be asked any more.
class BrokenKernel final : public Driver {
 public:
  void submit_and_wait(std::optional<Duration> timeout) override {
    if (timeout != Duration::zero()) throw OSError(EIO, "io_uring_enter");
  }
  std::size_t reap() override { return 0; }
  void wake() noexcept override {}
  std::string features() const override { return "broken kernel"; }

 private:
  void do_prepare(Operation&, const Request&) override {}
  void do_cancel(Operation&) override {}
};

TEST_CASE("[fault 34] a loop closes though its kernel fails, and frees nothing in flight") {
  const ChildReport report = in_child([] {
    const CapturedStderr reports;
    std::optional<std::size_t> in_flight_at_end;
    LoopOptions options;
    options.make_driver = [] { return std::make_unique<BrokenKernel>(); };
    Loop loop(options);
    static_cast<void>(create_task_on(loop, receive_a_byte(loop, -1, in_flight_at_end)));
    turn(loop, 2);
    loop.close();
    return (in_flight_at_end ? "freed, " : "kept, ") + reports.text();
  });
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "kept, rondo: the kernel cannot be waited for: "));
  CHECK(contains(report.text, "their memory is never freed"));
}

}  // namespace
