// create_subprocess_exec, create_subprocess_shell and Process: asyncio's cases 174 to 183.

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "subprocess_fixture.h"
#include "virtual_run.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using rondo::testing::Reports;

TEST_CASE("cat gives back what is written to it, and ends when its stdin does [case 174]") {
  run_bounded([]() -> Coroutine<void> {
    const Process process = co_await create_subprocess_exec("cat", piped());
    CHECK(process.pid() > 0);
    CHECK_FALSE(process.returncode());
    const StreamWriter to = process.stdin_();
    to.write("some data\n");
    co_await to.drain();
    const std::string line = co_await process.stdout_().readline();
    CHECK(line == "some data\n");
    to.write("more");
    to.close();
    const std::string rest = co_await process.stdout_().read();
    CHECK(rest == "more");
    const int code = co_await process.wait();
    CHECK(code == 0);
    CHECK(process.returncode() == 0);
  });
  CHECK(no_child_left());
}

TEST_CASE("communicate sends the input, reads all output and waits [case 174]") {
  run_bounded([]() -> Coroutine<void> {
    const Process process = co_await create_subprocess_exec("cat", piped());
    const auto [output, errors] = co_await process.communicate("some data");
    CHECK(output == "some data");
    CHECK(errors.empty());
    CHECK(process.returncode() == 0);
    const Process without = co_await create_subprocess_exec("cat", piped());
    const auto [nothing, no_errors] = co_await without.communicate();
    CHECK(nothing.empty());
    CHECK(without.returncode() == 0);
  });
}

TEST_CASE("communicate reads both outputs at once, however much comes of either [case 174]") {
  run_bounded([]() -> Coroutine<void> {
    SubprocessOptions options = piped();
    options.stderr_(subprocess::PIPE);
    const Process process = co_await create_subprocess_shell(
        "head -c 1000000 /dev/zero >&2; cat; head -c 1000000 /dev/zero >&2", options);
    const std::string input(1'000'000, 'i');
    const auto [output, errors] = co_await process.communicate(input);
    CHECK(output == input);
    CHECK(errors == std::string(2'000'000, '\0'));
  });
}

TEST_CASE("an input without a pipe to send it through is refused") {
  run_bounded([]() -> Coroutine<void> {
    const Process process = co_await create_subprocess_exec("true");
    const auto error = co_await thrown_by<ValueError>(process.communicate("input"));
    REQUIRE(error);
    CHECK(std::string(error->what()).find("stdin_(subprocess::PIPE)") != std::string::npos);
    CHECK_THROWS_AS(process.stdin_(), RuntimeError);
    CHECK_THROWS_AS(process.stdout_(), RuntimeError);
    CHECK_THROWS_AS(process.stderr_(), RuntimeError);
    co_await process.wait();
  });
}

TEST_CASE("the return code is what it returned, or minus the signal that ended it [case 175]") {
  run_bounded([]() -> Coroutine<void> {
    const int seven = co_await code_of(create_subprocess_shell("exit 7"));
    CHECK(seven == 7);
    const auto ended_by = [](int signal_number) -> Coroutine<int> {
      const Process process = co_await create_subprocess_exec("sleep", "1000");
      if (signal_number == SIGKILL) process.kill();
      if (signal_number == SIGTERM) process.terminate();
      if (signal_number == SIGHUP) process.send_signal(SIGHUP);
      CHECK_FALSE(process.returncode());
      const int code = co_await process.wait();
      co_return code;
    };
    for (const int signal_number : {SIGKILL, SIGTERM, SIGHUP}) {
      const int code = co_await ended_by(signal_number);
      CHECK(code == -signal_number);
    }
  });
}

TEST_CASE("a process that has ended takes no signal, and none is sent to another [case 175]") {
  run_bounded([]() -> Coroutine<void> {
    const Process process = co_await create_subprocess_exec("true");
    CHECK_THROWS_AS(process.send_signal(12345), ValueError);
    co_await process.wait();
    CHECK_THROWS_AS(process.terminate(), ProcessLookupError);
    CHECK_THROWS_AS(process.kill(), ProcessLookupError);
    std::string text;
    try {
      process.send_signal(SIGUSR1);
    } catch (const ProcessLookupError& error) {
      text = error.what();
    }
    CHECK(text.find(std::to_string(process.pid()) + " (true), which has ended") !=
          std::string::npos);
  });
}

TEST_CASE("a child that ends before it has read everything breaks the pipe [case 176] [fault 8]") {
  run_bounded([]() -> Coroutine<void> {
    const std::string too_much(1024 * 1024, 'x');
    SubprocessOptions options;
    options.stdin_(subprocess::PIPE);
    const Process process = co_await create_subprocess_exec("true", options);
    const StreamWriter to = process.stdin_();
    to.write(too_much);
    const auto error = co_await thrown_by<ConnectionError>(to.drain());
    CHECK(error);
    const int code = co_await process.wait();
    CHECK(code == 0);

    const Process again = co_await create_subprocess_exec("true", options);
    co_await again.communicate(too_much);
    CHECK(again.returncode() == 0);
  });
}

TEST_CASE("a child does not inherit the pipes of another one [case 177]") {
  run_bounded([]() -> Coroutine<void> {
    const Process first = co_await create_subprocess_exec("cat", piped());
    const Process second = co_await create_subprocess_exec("sleep", "1000");
    // If the second one had first's stdin, first would never see the end of it.
    const auto [output, errors] = co_await first.communicate("some data");
    CHECK(output == "some data");
    second.kill();
    co_await second.wait();
  });
}

TEST_CASE("DEVNULL is nothing to read, and takes what is written [case 178]") {
  run_bounded([]() -> Coroutine<void> {
    SubprocessOptions no_input = captured();
    no_input.stdin_(subprocess::DEVNULL);
    const std::string nothing = co_await output_of(create_subprocess_exec("cat", no_input));
    CHECK(nothing.empty());

    SubprocessOptions no_output;
    no_output.stdout_(subprocess::DEVNULL).stderr_(subprocess::DEVNULL);
    const Process process =
        co_await create_subprocess_shell("echo output; echo errors >&2; exit 3", no_output);
    const auto [output, errors] = co_await process.communicate();
    CHECK((output.empty() && errors.empty()));
    CHECK(process.returncode() == 3);
    CHECK_THROWS_AS(process.stdout_(), RuntimeError);
  });
}

TEST_CASE("a cancelled wait leaves the process alone, and ten may wait at once [case 179]") {
  run_bounded([]() -> Coroutine<void> {
    const Process process = co_await create_subprocess_exec("sleep", "1000");
    auto waiting = create_task(process.wait());
    co_await let_run(3);
    waiting.cancel();
    const auto cancelled = co_await thrown_by<CancelledError>(waiting);
    CHECK(cancelled);
    CHECK_FALSE(process.returncode());
    std::vector<Task<int>> all;
    for (int i = 0; i < 10; ++i)
      all.push_back(create_task(process.wait()));
    co_await let_run(3);
    process.kill();
    for (const Task<int>& one : all) {
      const int code = co_await one;
      CHECK(code == -SIGKILL);
    }
    const int again = co_await process.wait();
    CHECK(again == -SIGKILL);
  });
}

TEST_CASE("a cancelled communicate leaves the process alone, and what it has written [case 179]") {
  run_bounded([]() -> Coroutine<void> {
    const Process process = co_await create_subprocess_exec("cat", piped());
    process.stdin_().write("first ");
    auto talking = create_task(process.communicate());
    co_await let_run(10);
    talking.cancel();
    const auto cancelled = co_await thrown_by<CancelledError>(talking);
    CHECK(cancelled);
    const auto [output, errors] = co_await process.communicate();
    CHECK(output == "first ");
    CHECK(process.returncode() == 0);
  });
}

TEST_CASE("a creation that is cancelled leaves no child behind, whenever that is [case 180]") {
  run_bounded([]() -> Coroutine<void> {
    int started = 0;
    for (int turns = 0; turns < 40; ++turns) {
      auto starting = create_task(create_subprocess_exec("sleep", "1000", piped()));
      co_await let_run(turns / 2);
      if (turns % 2 == 1) co_await sleep(std::chrono::microseconds(50 * turns));
      starting.cancel();
      try {
        const Process process = co_await starting;
        ++started;
        process.kill();
        co_await process.wait();
      } catch (const CancelledError&) {
        // As it should be: and what there was of it is gone by now.
      }
      CHECK(no_child_left());
    }
    CHECK(started < 40);
  });
}

TEST_CASE("a creation that is cancelled twice, or by a scope, is cleaned up after [case 180]") {
  run_bounded([]() -> Coroutine<void> {
    for (int turns = 0; turns < 20; ++turns) {
      auto starting = create_task(create_subprocess_exec("sleep", "1000", piped()));
      co_await let_run(2);
      starting.cancel();
      co_await let_run(turns);
      starting.cancel();
      const auto cancelled = co_await thrown_by<CancelledError>(starting);
      CHECK(cancelled);
      co_await until(no_child_left);

      CancelScope scope;
      get_running_loop().call_later(std::chrono::microseconds(100 * turns),
                                    [&scope] { scope.cancel(); });
      co_await async_with(scope, [](CancelScope&) -> Coroutine<void> {
        co_await create_subprocess_exec("sleep", "1000", piped());
        co_await sleep(1h);
      });
      co_await until(no_child_left);
    }
  });
}

TEST_CASE("a creation that fails leaves nothing behind [case 180]") {
  run_bounded([]() -> Coroutine<void> {
    Reports reports(get_running_loop());
    for (int round = 0; round < 10; ++round) {
      const auto error = co_await thrown_by<FileNotFoundError>(
          create_subprocess_exec("rondo-has-no-such-program", piped()));
      REQUIRE(error);
      CHECK(std::string(error->what()).find("\"rondo-has-no-such-program\"") != std::string::npos);
      CHECK(no_child_left());
    }
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("closing a running process kills it; closing one that has ended does not [case 181]") {
  run_bounded([]() -> Coroutine<void> {
    const Process running = co_await create_subprocess_exec("cat", piped());
    running.close();
    const int code = co_await running.wait();
    CHECK(code == -SIGKILL);
    const auto gone = co_await thrown_by<ConnectionResetError>(running.stdin_().drain());
    CHECK(gone);
    const Process ended = co_await create_subprocess_exec("true", piped());
    co_await ended.wait();
    ended.close();
    ended.close();
    const int still = co_await ended.wait();
    CHECK(still == 0);
  });
}

TEST_CASE(
    "a process whose last handle goes is killed, one whose stream is held is not [case 181]") {
  run_bounded([]() -> Coroutine<void> {
    {
      const Process forgotten = co_await create_subprocess_exec("sleep", "1000");
    }
    co_await until(no_child_left);

    std::optional<Process> process;
    process.emplace(co_await create_subprocess_exec("cat", piped()));
    std::optional<StreamWriter> writer = process->stdin_();
    const StreamReader reader = process->stdout_();
    process.reset();
    writer->write("still here");
    const std::string heard = co_await reader.readexactly(10);
    CHECK(heard == "still here");
    CHECK_FALSE(no_child_left());
    writer->close();
    const std::string end = co_await reader.read();
    CHECK(end.empty());
  });
  CHECK(no_child_left());
}

TEST_CASE("when the loop ends, so do its processes, held or not [case 181]") {
  std::vector<Process> kept;
  run_bounded([&kept]() -> Coroutine<void> {
    for (int i = 0; i < 5; ++i) {
      const Process process = co_await create_subprocess_exec("cat", piped());
      kept.push_back(process);
    }
  });
  CHECK(no_child_left());
  for (const Process& process : kept)
    CHECK(process.returncode() == -SIGKILL);
}

TEST_CASE("all output can be read though the child has ended [case 182]") {
  run_bounded([]() -> Coroutine<void> {
    constexpr std::size_t size = 256 * 1024;
    SubprocessOptions options = captured();
    options.limit(size);
    const Process process =
        co_await create_subprocess_exec("head", "-c", std::to_string(size), "/dev/zero", options);
    co_await process.wait();
    const std::string output = co_await process.stdout_().read();
    CHECK(output.size() == size);
  });
}

TEST_CASE("output over the limit stops the child until somebody reads it [case 182]") {
  run_bounded([]() -> Coroutine<void> {
    SubprocessOptions options = captured();
    options.limit(1000);
    const Process process =
        co_await create_subprocess_exec("head", "-c", "1000000", "/dev/zero", options);
    co_await sleep(20ms);
    CHECK_FALSE(process.returncode());
    const std::string output = co_await process.stdout_().read();
    CHECK(output.size() == 1'000'000);
    const int code = co_await process.wait();
    CHECK(code == 0);
  });
}

template <class Options>
concept HasTextMode = requires(Options options) { options.text(true); } ||
                      requires(Options options) { options.encoding("utf-8"); };

TEST_CASE("variables reach both forms; there is no text mode to ask for [case 183]") {
  static_assert(!HasTextMode<SubprocessOptions>);
  run_bounded([]() -> Coroutine<void> {
    SubprocessOptions options = captured();
    options.env("RONDO_VARIABLE", "bar");
    const std::string exec =
        co_await output_of(create_subprocess_exec("printenv", "RONDO_VARIABLE", options));
    CHECK(exec == "bar\n");
    const std::string shell =
        co_await output_of(create_subprocess_shell("echo $RONDO_VARIABLE", options));
    CHECK(shell == "bar\n");
    options.env({{"ONLY", "this"}, {"RONDO_VARIABLE", "not that"}});
    const std::string all = co_await output_of(create_subprocess_exec("/usr/bin/env", options));
    CHECK(all == "ONLY=this\nRONDO_VARIABLE=bar\n");
    options.env("A=B", "C");
    const auto refused =
        co_await thrown_by<ValueError>(create_subprocess_exec("/usr/bin/env", options));
    CHECK(refused);
  });
}

}  // namespace

TEST_SUITE_END();
