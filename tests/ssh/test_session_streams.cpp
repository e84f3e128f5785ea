#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "with_sshd.h"

// The reader and the writer of a session: what a program does with them, one after the other.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::on_connection;
using tests::options_for;
using tests::Sshd;
using tests::sshd_can_run;

}  // namespace

TEST_CASE("a session's reader reads by number, line and separator, and knows its end") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Process process = co_await connection.create_process(
        "printf 'first\\nlogin as> password: 12345rest\\na\\nb\\nlast'");
    const StreamReader reader = process.stdout_();
    std::string text = co_await reader.readline();
    CHECK(text == "first\n");
    text = co_await reader.readuntil("#", "> ");
    CHECK(text == "login as> ");
    text = co_await reader.readuntil(": ");
    CHECK(text == "password: ");
    text = co_await reader.readexactly(5);
    CHECK(text == "12345");
    text = co_await reader.read(4);
    CHECK(text == "rest");
    CHECK(!reader.at_eof());
    std::vector<std::string> lines;
    while (auto line = co_await reader.next())
      lines.push_back(*line);
    CHECK(lines == std::vector<std::string>{"\n", "a\n", "b\n", "last"});
    CHECK(reader.at_eof());
    text = co_await reader.read();
    CHECK(text.empty());
    CHECK_THROWS_AS(co_await reader.readexactly(1), IncompleteReadError);
    co_return 0;
  });
}

TEST_CASE("a session's writer writes, ends its direction, drains and closes") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    const Process process = co_await connection.create_process("cat");
    const StreamWriter writer = process.stdin_();
    CHECK(writer.can_write_eof());
    CHECK(!writer.is_closing());
    CHECK(writer.get_extra_info("peername") == "127.0.0.1:" + std::to_string(sshd.port()));
    CHECK(writer.get_extra_info("no such thing").empty());
    REQUIRE(writer.transport() != nullptr);
    const std::vector<std::string> lines{"a\n", "b\n"};
    writer.writelines(lines);
    co_await writer.drain();
    writer.write_eof();
    CHECK_THROWS_AS(writer.write("more"), RuntimeError);
    std::string text = co_await process.stdout_().read();
    CHECK(text == "a\nb\n");
    writer.close();
    CHECK(writer.is_closing());
    co_await writer.wait_closed();
    CHECK(writer.transport() == nullptr);
    co_return 0;
  });
}

TEST_CASE("what was written before close still arrives, though its echo has no reader any more") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    // Three windows: `tee` must be rid of its output, or it stops to read.
    const std::string file = "/tmp/rondo-test-$PPID";
    const Process process = co_await connection.create_process("tee -p " + file);
    process.stdin_().write(std::string(6'000'000, 'x'));
    process.stdin_().close();
    std::string count;
    for (int attempt = 0; attempt < 200 && count != "6000000\n"; ++attempt) {
      co_await sleep(20ms);
      const CompletedProcess done = co_await connection.run("wc -c <" + file);
      count = done.stdout_();
    }
    CHECK(count == "6000000\n");
    co_await connection.run("rm " + file);
    co_return 0;
  });
}

TEST_CASE("cancelled reads lose no byte, wherever they are cancelled") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Process process = co_await connection.create_process("seq 1 200000");
    std::string all;
    std::string expected;
    for (int i = 1; i <= 200'000; ++i)
      expected += std::to_string(i) + "\n";
    for (int i = 0; all.size() < expected.size(); ++i) {
      auto task = create_task([&]() -> Coroutine<std::string> {
        std::string bytes;
        if (i % 3 == 0) bytes = co_await process.stdout_().read(777);
        if (i % 3 == 1) bytes = co_await process.stdout_().readline();
        try {
          if (i % 3 == 2) bytes = co_await process.stdout_().readuntil("7\n", "3");
        } catch (const IncompleteReadError& end) {
          bytes = end.partial();
        }
        co_return bytes;
      });
      for (int turn = i % 5; turn > 0; --turn)
        co_await sleep(0s);
      task.cancel();
      const auto outcome = co_await gather(return_exceptions, task);
      const auto& ended = std::get<0>(outcome);
      if (ended) {
        all += *ended;
      } else if (i % 5 == 4) {
        all += co_await process.stdout_().read(1);
      }
    }
    CHECK((all == expected));
    co_return 0;
  });
}

TEST_CASE("a time-out of readuntil leaves what had come to be read") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Process process = co_await connection.create_process("echo a router; cat");
    bool timed_out = false;
    try {
      co_await wait_for(process.stdout_().readuntil(">", "#"), 500ms);
    } catch (const TimeoutError&) {
      timed_out = true;
    }
    CHECK(timed_out);
    std::string text = co_await process.stdout_().read(1000);
    CHECK(text == "a router\n");
    co_return 0;
  });
}

}  // namespace rondo::ssh
