#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "with_sshd.h"

// Connections through a server: direct ones, forwarded ports, and another SSH connection.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::on_connection;
using tests::options_for;
using tests::Sshd;
using tests::sshd_can_run;

/// A server of our own that says everything back and ends when the client does.
Coroutine<Server> start_echo() {
  const auto echo = [](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
    for (;;) {
      const std::string bytes = co_await reader.read(32 * 1024);
      if (bytes.empty()) break;
      writer.write(bytes);
      co_await writer.drain();
    }
    writer.close();
  };
  return start_server(echo, "127.0.0.1", 0);
}

/// Sends bytes and the end, and reads up to the end, at the same time.
Coroutine<std::string> exchange(StreamReader reader, StreamWriter writer, std::string bytes) {
  const auto send = [](StreamWriter to, std::string all) -> Coroutine<void> {
    to.write(all);
    co_await to.drain();
    to.write_eof();
  };
  auto sending = create_task(send(writer, std::move(bytes)));
  std::string answer = co_await reader.read();
  co_await sending;
  co_return answer;
}

Coroutine<std::string> exchange_at(std::uint16_t port, std::string bytes) {
  auto [reader, writer] = co_await rondo::open_connection("127.0.0.1", port);
  std::string answer = co_await exchange(reader, writer, std::move(bytes));
  writer.close();
  co_return answer;
}

Coroutine<void> stop(Server server) {
  server.close();
  server.abort_clients();
  co_await server.wait_closed();
}

}  // namespace

TEST_CASE("a connection through the server carries bytes both ways, and each direction's end") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    Server echo = co_await start_echo();
    auto [reader, writer] =
        co_await connection.open_connection("127.0.0.1", echo.sockets()[0].port());
    const std::string bytes = tests::random_bytes(1'000'000);
    const std::string answer = co_await exchange(reader, writer, bytes);
    CHECK((answer == bytes));
    co_await writer.wait_closed();
    co_await stop(echo);
    co_return 0;
  });
}

TEST_CASE("where the server cannot connect, or must not, is a ChannelOpenError") {
  if (!sshd_can_run()) return;
  for (const bool allowed : {true, false}) {
    std::vector<std::string> configuration;
    if (!allowed) configuration.emplace_back("AllowTcpForwarding no");
    const Sshd sshd(configuration);
    const std::string error =
        on_connection(options_for(sshd), [](Connection connection) -> Coroutine<std::string> {
          std::string text = "nothing thrown";
          try {
            co_await connection.open_connection("127.0.0.1", 1);
          } catch (const ChannelOpenError& refused) {
            text = refused.what();
          }
          const CompletedProcess done = co_await connection.run("echo on");
          CHECK(done.stdout_() == "on\n");
          co_return text;
        });
    CHECK_MESSAGE(error.find("does not connect to 127.0.0.1:1: ") != std::string::npos, error);
  }
}

TEST_CASE("a local port is forwarded to where the server connects, for many clients at once") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    Server echo = co_await start_echo();
    const Listener listener = co_await connection.forward_local_port("127.0.0.1", 0, "127.0.0.1",
                                                                     echo.sockets()[0].port());
    std::vector<Coroutine<std::string>> clients;
    for (unsigned i = 0; i < 20; ++i)
      clients.push_back(exchange_at(listener.port(), tests::random_bytes(200'000, i)));
    const std::vector<std::string> answers = co_await gather(std::move(clients));
    for (unsigned i = 0; i < 20; ++i)
      CHECK((answers[i] == tests::random_bytes(200'000, i)));
    CHECK(!listener.is_closing());
    listener.close();
    CHECK(listener.is_closing());
    co_await listener.wait_closed();
    CHECK_THROWS_AS(co_await exchange_at(listener.port(), "x"), ConnectionRefusedError);
    co_await stop(echo);
    co_return 0;
  });
}

TEST_CASE("a port that is forwarded to nowhere closes on its clients") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Listener listener =
        co_await connection.forward_local_port("127.0.0.1", 0, "127.0.0.1", 1);
    auto [reader, writer] = co_await rondo::open_connection("127.0.0.1", listener.port());
    const std::string answer = co_await reader.read();
    CHECK(answer.empty());
    co_return 0;
  });
}

TEST_CASE("a port of the server is forwarded to where we connect") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    Server echo = co_await start_echo();
    const Listener listener = co_await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1",
                                                                      echo.sockets()[0].port());
    CHECK(listener.port() != 0);
    std::vector<Coroutine<std::string>> clients;
    for (unsigned i = 0; i < 20; ++i)
      clients.push_back(exchange_at(listener.port(), tests::random_bytes(200'000, i)));
    const std::vector<std::string> answers = co_await gather(std::move(clients));
    for (unsigned i = 0; i < 20; ++i)
      CHECK((answers[i] == tests::random_bytes(200'000, i)));
    listener.close();
    co_await listener.wait_closed();
    const CompletedProcess done = co_await connection.run("echo on");
    CHECK(done.stdout_() == "on\n");
    CHECK_THROWS_AS(co_await exchange_at(listener.port(), "x"), ConnectionRefusedError);
    co_await stop(echo);
    co_return 0;
  });
}

TEST_CASE("a server that does not forward its ports is a ChannelListenError") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"AllowTcpForwarding local"});
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    std::string text = "nothing thrown";
    try {
      co_await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1);
    } catch (const ChannelListenError& error) {
      text = error.what();
    }
    CHECK_MESSAGE(text.find("does not listen at 127.0.0.1:0") != std::string::npos, text);
    co_return 0;
  });
}

TEST_CASE("forwarded ports are closed when the connection ends") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    const Listener here = co_await connection.forward_local_port("127.0.0.1", 0, "127.0.0.1", 1);
    const Listener there = co_await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1);
    connection.close();
    co_await connection.wait_closed();
    co_await here.wait_closed();
    co_await there.wait_closed();
    CHECK(here.is_closing());
    CHECK(there.is_closing());
    co_return 0;
  });
}

TEST_CASE("a connection through a jump host, and through two, is like any other") {
  if (!sshd_can_run()) return;
  const Sshd jump;
  const Sshd target;
  on_connection(options_for(jump), [&](Connection first) -> Coroutine<int> {
    Options options = options_for(target);
    options.tunnel = first;
    const Connection second = co_await connect("127.0.0.1", options);
    ProcessOptions process_options;
    process_options.input = tests::random_bytes(1'000'000);
    CompletedProcess done = co_await second.run("cat; exit 7", process_options);
    CHECK((done.stdout_() == process_options.input));
    CHECK(done.exit_status() == 7);
    Options back = options_for(jump);
    back.tunnel = second;
    const Connection third = co_await connect("127.0.0.1", back);
    done = co_await third.run("echo $SSH_CONNECTION");
    CHECK(done.stdout_().find(" " + std::to_string(jump.port()) + "\n") != std::string::npos);
    co_return 0;
  });
}

TEST_CASE("a jump host is kept as long as the connection through it, and no longer") {
  if (!sshd_can_run()) return;
  const Sshd jump;
  const Sshd target;
  tests::run_limited([](Options to_jump, Options to_target) -> Coroutine<void> {
    {
      const Connection first = co_await connect("127.0.0.1", to_jump);
      to_target.tunnel = first;
    }
    Connection second = co_await connect("127.0.0.1", to_target);
    to_target.tunnel.reset();
    const CompletedProcess done = co_await second.run("echo through");
    CHECK(done.stdout_() == "through\n");
    second.close();
    co_await second.wait_closed();
  }(options_for(jump), options_for(target)));
}

TEST_CASE("a jump host that ends takes the connection through it along") {
  if (!sshd_can_run()) return;
  const Sshd jump;
  const Sshd target;
  for (const bool aborted : {true, false}) {
    CAPTURE(aborted);
    const std::string error =
        on_connection(options_for(jump), [&](Connection first) -> Coroutine<std::string> {
          Options options = options_for(target);
          options.tunnel = first;
          const Connection second = co_await connect("127.0.0.1", options);
          const Process process = co_await second.create_process("echo started; sleep 100");
          co_await process.stdout_().readline();
          aborted ? first.abort() : first.close();
          std::string text = "nothing thrown";
          try {
            co_await process.wait();
          } catch (const ConnectionLost& lost) {
            text = lost.what();
          }
          co_return text;
        });
    CHECK(error ==
          "127.0.0.1:" + std::to_string(target.port()) + ": the connection below it has ended");
  }
}

TEST_CASE("a target that cannot be reached through the jump host says so, and both names") {
  if (!sshd_can_run()) return;
  const Sshd jump;
  const std::string error =
      on_connection(options_for(jump), [&](Connection first) -> Coroutine<std::string> {
        Options options;
        options.port = 1;
        options.tunnel = first;
        std::string text = "nothing thrown";
        try {
          co_await connect("127.0.0.1", options);
        } catch (const ChannelOpenError& refused) {
          text = refused.what();
        }
        co_return text;
      });
  CHECK_MESSAGE(error.starts_with("127.0.0.1:" + std::to_string(jump.port()) + ": "), error);
  CHECK_MESSAGE(error.find("127.0.0.1:1") != std::string::npos, error);
}

}  // namespace rondo::ssh
