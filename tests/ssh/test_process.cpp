#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "with_sshd.h"

// Commands, shells and subsystems on OpenSSH's own server.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::on_connection;
using tests::options_for;
using tests::Sshd;
using tests::sshd_can_run;

/// The command's end in a sshd of its own.
CompletedProcess run_one(std::string command, ProcessOptions process_options = ProcessOptions(),
                         const std::vector<std::string>& configuration = {}) {
  const Sshd sshd(configuration);
  return on_connection(options_for(sshd), [&](Connection connection) {
    return connection.run(std::move(command), std::move(process_options));
  });
}

template <class Error, class T>
Coroutine<std::string> error_of(Coroutine<T> awaitable) {
  try {
    co_await awaitable;
  } catch (const Error& error) {
    co_return error.what();
  }
  co_return "nothing thrown";
}

/// Makes each turn of the loop long, so that all that a server says to a request arrives in one.
Coroutine<void> hold_the_loop() {
  for (;;) {
    co_await sleep(0s);
    std::this_thread::sleep_for(30ms);
  }
}

Coroutine<int> run_in_long_turns(Connection connection, std::string command) {
  auto held = create_task(hold_the_loop());
  const CompletedProcess done = co_await connection.run(std::move(command));
  held.cancel();
  co_return done.returncode().value_or(-1);
}

}  // namespace

TEST_CASE("a command's output, errors and exit status come apart") {
  if (!sshd_can_run()) return;
  const CompletedProcess done = run_one("echo out; echo err >&2; exit 3");
  CHECK(done.stdout_() == "out\n");
  CHECK(done.stderr_() == "err\n");
  CHECK(done.exit_status() == 3);
  CHECK(done.returncode() == 3);
  CHECK(!done.exit_signal());
  CHECK(done.command() == "echo out; echo err >&2; exit 3");
}

TEST_CASE("a command that a signal ends has its negative number as return code") {
  if (!sshd_can_run()) return;
  const CompletedProcess done = run_one("echo first; kill -TERM $$");
  CHECK(done.stdout_() == "first\n");
  CHECK(done.exit_status() == -1);
  REQUIRE(done.exit_signal());
  CHECK(done.exit_signal()->signal() == "TERM");
  CHECK(!done.exit_signal()->core_dumped());
  CHECK(done.returncode() == -SIGTERM);
}

TEST_CASE("a command reads its input and the end of it") {
  if (!sshd_can_run()) return;
  ProcessOptions options;
  options.input = tests::random_bytes(3'000'000);
  const CompletedProcess done = run_one("cat", options);
  CHECK(done.exit_status() == 0);
  CHECK((done.stdout_() == options.input));
  CHECK(run_one("cat").stdout_().empty());
}

TEST_CASE("a command that is over before its beginning was noticed has run all the same") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  for (int i = 0; i < 3; ++i) {
    const int returned = on_connection(options_for(sshd), [](Connection connection) {
      return run_in_long_turns(std::move(connection), "exit 3");
    });
    CHECK(returned == 3);
  }
}

TEST_CASE("a command that does not want its input ends all the same") {
  if (!sshd_can_run()) return;
  ProcessOptions options;
  options.input = std::string(5'000'000, 'x');
  const CompletedProcess done = run_one("exec 0<&-; echo done", options);
  CHECK(done.stdout_() == "done\n");
}

TEST_CASE("check throws what a failed command was, and no word of it in the text") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    co_await connection.run("true", check);
    std::string text;
    try {
      co_await connection.run("echo canary-7431; echo why >&2; exit 4", check);
    } catch (const ProcessError& error) {
      text = error.what();
      CHECK(error.process().exit_status() == 4);
      CHECK(error.process().stderr_() == "why\n");
    }
    CHECK(
        text.starts_with("127.0.0.1:" + std::to_string(sshd.port()) + ": the command returned 4"));
    CHECK(text.find("canary") == std::string::npos);
    text = co_await error_of<ProcessError>(connection.run("kill -KILL $$", check));
    CHECK(text.find("signal KILL") != std::string::npos);
    const Process process = co_await connection.create_process("exit 5");
    text = co_await error_of<ProcessError>(process.wait(check));
    CHECK(text.find("returned 5") != std::string::npos);
    CHECK(process.exit_status() == 5);
    co_return 0;
  });
}

TEST_CASE("a process talks while it runs, and knows of no exit status before its end") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Process process =
        co_await connection.create_process("while read l; do echo \"<$l>\"; done");
    process.stdin_().write("one\n");
    std::string line = co_await process.stdout_().readline();
    CHECK(line == "<one>\n");
    CHECK(!process.exit_status());
    CHECK(!process.returncode());
    CHECK(!process.is_closing());
    process.stdin_().write_eof();
    co_await process.wait_closed();
    CHECK(process.returncode() == 0);
    CHECK(process.is_closing());
    CHECK(process.stdin_().is_closing());
    co_return 0;
  });
}

TEST_CASE("variables that the server allows are set, the others left out") {
  if (!sshd_can_run()) return;
  ProcessOptions options;
  options.env["LC_RONDO"] = "a b'c";
  options.env["RONDO_REFUSED"] = "x";
  const CompletedProcess done =
      run_one("echo \"$LC_RONDO,$RONDO_REFUSED\"", options, {"AcceptEnv LC_*"});
  CHECK(done.stdout_() == "a b'c,\n");
  CHECK(done.exit_status() == 0);
}

TEST_CASE("a command has a terminal if it is asked for, and its size can change") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    ProcessOptions options;
    CompletedProcess done = co_await connection.run("tty; stty size");
    CHECK(done.stdout_() == "not a tty\n");
    options.term_type = "vt100";
    options.term_size = TermSize(101, 47);
    const Process process = co_await connection.create_process(
        "stty -echo; echo $TERM; stty size; read l; stty size", options);
    std::string text = co_await process.stdout_().readline();
    CHECK(text == "vt100\r\n");
    text = co_await process.stdout_().readline();
    CHECK(text == "47 101\r\n");
    process.change_terminal_size(TermSize(132, 50));
    process.stdin_().write("\n");
    done = co_await process.wait();
    CHECK(done.stdout_() == "50 132\r\n");
    co_return 0;
  });
}

TEST_CASE("a subsystem is started by its name, and one that is missing is refused") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"Subsystem shout /usr/bin/tr a-z A-Z"});
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    ProcessOptions options;
    options.subsystem = "shout";
    const Process process = co_await connection.create_process({}, options);
    const auto [text, errors] = co_await process.communicate("hello\n");
    CHECK(text == "HELLO\n");
    CHECK(errors.empty());
    options.subsystem = "netconf";
    const std::string error =
        co_await error_of<ChannelOpenError>(connection.create_process({}, options));
    CHECK_MESSAGE(error.find("no subsystem \"netconf\"") != std::string::npos, error);
    // The connection is as good as before.
    const CompletedProcess done = co_await connection.run("echo still here");
    CHECK(done.stdout_() == "still here\n");
    co_return 0;
  });
}

TEST_CASE("closing a process ends its command's input, and the connection lives on") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    for (int i = 0; i < 60; ++i) {  // more than MaxSessions allows at once
      const Process process = co_await connection.create_process("exec cat");
      process.close();
      co_await process.wait_closed();
    }
    {
      const Process forgotten = co_await connection.create_process("exec sleep 3");
    }
    const CompletedProcess done = co_await connection.run("echo on");
    CHECK(done.stdout_() == "on\n");
    co_return 0;
  });
}

TEST_CASE("a command whose connection breaks off throws ConnectionLost") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const std::string error = on_connection(options_for(sshd), [](Connection connection) {
    return error_of<ConnectionLost>(connection.run("kill -9 $PPID; sleep 10"));
  });
  CHECK_MESSAGE(error.starts_with("127.0.0.1:" + std::to_string(sshd.port())), error);
}

TEST_CASE("a zero byte in a command or a variable is refused here") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    std::string command("echo a\0b", 8);
    std::string error = co_await error_of<ValueError>(connection.run(command));
    CHECK(error.find("zero byte") != std::string::npos);
    ProcessOptions options;
    options.env["A"] = std::string(1, '\0');
    error = co_await error_of<ValueError>(connection.run("true", options));
    CHECK(error.find("zero byte") != std::string::npos);
    co_return 0;
  });
}

TEST_CASE("a cancelled communicate leaves the command, and what was read can be read again") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    // stdout ends at once, stderr later.
    const Process process =
        co_await connection.create_process("echo out; exec >&-; read l; echo err >&2");
    auto waiting = create_task(process.wait());
    co_await sleep(300ms);
    waiting.cancel();
    co_await gather(return_exceptions, waiting);
    process.stdin_().write("\n");
    const CompletedProcess done = co_await process.wait();
    CHECK(done.stdout_() == "out\n");
    CHECK(done.stderr_() == "err\n");
    CHECK(done.exit_status() == 0);
    co_return 0;
  });
}

}  // namespace rondo::ssh
