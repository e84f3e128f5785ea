#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "with_sshd.h"

// Many channels on one connection: flow control, fairness, refusals and cancellations.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::on_connection;
using tests::options_for;
using tests::Sshd;
using tests::sshd_can_run;

constexpr std::size_t mebibyte = 1024 * 1024;

/// A text that is nowhere the same, of `count` bytes.
std::string numbered(std::size_t count) {
  std::string text;
  text.reserve(count + 16);
  for (std::size_t i = 0; text.size() < count; ++i)
    text += std::to_string(i) + "\n";
  text.resize(count);
  return text;
}

Coroutine<void> send_all(StreamWriter writer, const std::string& bytes) {
  constexpr std::size_t at_once = 100'000;
  for (std::size_t sent = 0; sent < bytes.size(); sent += at_once) {
    writer.write(std::string_view(bytes).substr(sent, at_once));
    co_await writer.drain();
  }
  writer.write_eof();
}

/// Reads `expected` in pieces and compares them as they come; how much of it was right.
Coroutine<std::size_t> compare_all(StreamReader reader, const std::string& expected) {
  std::size_t right = 0;
  for (;;) {
    const std::string piece = co_await reader.read(64 * 1024);
    if (piece.empty()) co_return right;
    if (std::string_view(expected).substr(right, piece.size()) != piece) co_return right;
    right += piece.size();
  }
}

/// Both ways at once through `cat`; true if every byte came back.
Coroutine<bool> exchange_all(Connection connection, const std::string& bytes) {
  const Process process = co_await connection.create_process("cat");
  auto sending = create_task(send_all(process.stdin_(), bytes));
  const std::size_t right = co_await compare_all(process.stdout_(), bytes);
  co_await sending;
  co_await process.wait_closed();
  co_return right == bytes.size() && process.exit_status() == 0;
}

}  // namespace

TEST_CASE("a hundred commands run at once on one connection") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"MaxSessions 200"});
  const auto outputs = on_connection(
      options_for(sshd), [](Connection connection) -> Coroutine<std::vector<std::string>> {
        // Each waits for its input, so that all of them run before the first one ends.
        std::vector<Coroutine<Process>> starting;
        for (int i = 0; i < 100; ++i)
          starting.push_back(connection.create_process("read l; echo $l; echo $l >&2"));
        const std::vector<Process> processes = co_await gather(std::move(starting));
        std::vector<Coroutine<std::pair<std::string, std::string>>> ending;
        for (std::size_t i = 0; i < processes.size(); ++i)
          ending.push_back(processes[i].communicate(std::to_string(i) + "\n"));
        const auto ends = co_await gather(std::move(ending));
        std::vector<std::string> texts;
        for (const auto& [out, err] : ends)
          texts.push_back(out + err);
        co_return texts;
      });
  REQUIRE(outputs.size() == 100);
  for (std::size_t i = 0; i < 100; ++i)
    CHECK(outputs[i] == std::to_string(i) + "\n" + std::to_string(i) + "\n");
}

TEST_CASE("64 MiB come and go byte for byte while the keys change all the time") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"RekeyLimit 4M"});
  const std::string bytes = numbered(64 * mebibyte);
  CHECK(on_connection(options_for(sshd),
                      [&bytes](Connection connection) { return exchange_all(connection, bytes); }));
}

TEST_CASE("several channels survive new keys at every mebibyte") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"RekeyLimit 1M"});
  const std::string bytes = numbered(4 * mebibyte);
  const std::vector<bool> right = on_connection(
      options_for(sshd), [&bytes](Connection connection) -> Coroutine<std::vector<bool>> {
        std::vector<Coroutine<bool>> channels;
        for (int i = 0; i < 4; ++i)
          channels.push_back(exchange_all(connection, bytes));
        const std::vector<bool> all = co_await gather(std::move(channels));
        co_return all;
      });
  CHECK(right == std::vector<bool>(4, true));
}

TEST_CASE("a flood on one channel, either way, leaves the others their turn") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Process in = co_await connection.create_process("exec yes");
    const auto swallow = [](StreamReader reader) -> Coroutine<void> {
      for (;;) {
        const std::string bytes = co_await reader.read(64 * 1024);
        if (bytes.empty()) co_return;
      }
    };
    const Process out = co_await connection.create_process("exec cat >/dev/null");
    const auto pour = [](StreamWriter writer) -> Coroutine<void> {
      const std::string bytes(64 * 1024, 'x');
      for (;;) {
        writer.write(bytes);
        co_await writer.drain();
      }
    };
    auto swallowing = create_task(swallow(in.stdout_()));
    auto pouring = create_task(pour(out.stdin_()));
    for (int i = 0; i < 20; ++i) {
      const CompletedProcess done = co_await connection.run("echo turn");
      CHECK(done.stdout_() == "turn\n");
    }
    CHECK(!swallowing.done());
    CHECK(!pouring.done());
    swallowing.cancel();
    pouring.cancel();
    co_await gather(return_exceptions, swallowing, pouring);
    co_return 0;
  });
}

TEST_CASE("a reader that does not read holds no more than its limit, and loses nothing") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    ProcessOptions options;
    options.limit = 10'000;
    const Process process =
        co_await connection.create_process("seq 1 1000000; seq 1 1000000 >&2", options);
    // Another command's whole life passes, and many a packet.
    CompletedProcess done = co_await connection.run("head -c 3000000 /dev/zero");
    CHECK(done.stdout_().size() == 3'000'000);
    CHECK(process.stdout_().buffered() > 0);
    CHECK(process.stdout_().buffered() < 64 * 1024);
    const std::string expected = numbered(6'888'898).substr(2);
    // Now stdout alone, line by line at first; stderr waits at its limit too.
    for (int i = 1; i <= 1000; ++i) {
      const std::string line = co_await process.stdout_().readline();
      if (line != std::to_string(i) + "\n") FAIL_CHECK(line);
    }
    std::string rest =
        co_await process.stdout_().readexactly(static_cast<std::ptrdiff_t>(expected.size()) - 3893);
    CHECK(rest == expected.substr(3893));
    co_await sleep(100ms);
    CHECK(process.stderr_().buffered() < 64 * 1024);
    done = co_await process.wait();
    CHECK((done.stderr_() == expected));
    co_return 0;
  });
}

TEST_CASE("a command that does not read is waited for by drain, and what is written arrives") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const std::string go = "/tmp/rondo-test-go-$PPID";
    const Process process = co_await connection.create_process(
        "until [ -e " + go + " ]; do sleep 0.05; done; rm " + go + "; wc -c");
    // sshd takes its window, and a pipe what it holds; no more than that goes.
    process.stdin_().write(std::string(10 * mebibyte, 'x'));
    bool held = false;
    try {
      co_await wait_for(process.stdin_().drain(), 500ms);
    } catch (const TimeoutError&) {
      held = true;
    }
    CHECK(held);
    CHECK(process.stdin_().transport()->get_write_buffer_size() > 5 * mebibyte);
    co_await connection.run("touch " + go);
    co_await process.stdin_().drain();
    process.stdin_().write_eof();
    const CompletedProcess done = co_await process.wait();
    CHECK(done.stdout_() == std::to_string(10 * mebibyte) + "\n");
    co_return 0;
  });
}

TEST_CASE("a session more than the server allows is a ChannelOpenError, and one less is not") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"MaxSessions 2"});
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Process one = co_await connection.create_process("cat");
    Process two = co_await connection.create_process("cat");
    std::string text = "nothing thrown";
    try {
      co_await connection.run("true");
    } catch (const ChannelOpenError& error) {
      text = error.what();
    }
    CHECK_MESSAGE(text.find("the server refuses a session: ") != std::string::npos, text);
    two.close();
    co_await two.wait_closed();
    // sshd forgets a session when its process has been waited for, a moment later.
    for (int attempt = 0; attempt < 100 && text != "third\n"; ++attempt) {
      try {
        const CompletedProcess done = co_await connection.run("echo third");
        text = done.stdout_();
      } catch (const ChannelOpenError&) {
        text.clear();
      }
      if (text.empty()) co_await sleep(50ms);
    }
    CHECK(text == "third\n");
    co_return 0;
  });
}

TEST_CASE(
    "a thousand cancellations at every stage of a command leave connection and server as new") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"MaxSessions 10", "LogLevel INFO"});
  const int cancelled =
      on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
        ProcessOptions options;
        options.env["LC_A"] = "b";
        int count = 0;
        for (int i = 0; i < 1000; ++i) {
          auto task = create_task(connection.run("echo some output", options));
          // From before its first step to behind its end, in turns of the loop.
          for (int turn = i % 40; turn > 0 && !task.done(); --turn)
            co_await sleep(i % 3 == 0 ? Duration(100us) : Duration::zero());
          task.cancel();
          co_await gather(return_exceptions, task);
          if (task.cancelled()) ++count;
          if (i % 100 == 99) {
            // Ten at once is all that the server allows: none of the cancelled ones is left.
            std::string text;
            for (int attempt = 0; attempt < 200 && text != "fine\n"; ++attempt) {
              try {
                const CompletedProcess done = co_await connection.run("echo fine");
                text = done.stdout_();
              } catch (const ChannelOpenError&) {
                text.clear();
              }
              if (text.empty()) co_await sleep(20ms);
            }
            CHECK(text == "fine\n");
          }
        }
        co_return count;
      });
  CHECK(cancelled > 500);
}

}  // namespace rondo::ssh
