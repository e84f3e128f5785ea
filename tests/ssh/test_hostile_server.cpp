#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "sshd.h"

// The client against servers that mean no good: every one ends in a typed error, in bounded time.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;

/// What connecting to a server of our own threw, as text.
Coroutine<std::string> connect_to(ClientConnected server_behaviour, Duration login_timeout) {
  Server server = co_await start_server(std::move(server_behaviour), "127.0.0.1", 0);
  Options options;
  options.port = server.sockets()[0].port();
  options.username = "nobody";
  options.password = "canary-7431";
  options.host_key_policy = HostKeyPolicy::insecure;
  options.login_timeout = login_timeout;
  std::string text = "connected";
  try {
    co_await connect("127.0.0.1", options);
  } catch (const ConnectionLost& error) {
    text = std::string("ConnectionLost: ") + error.what();
  } catch (const KeyExchangeFailed& error) {
    text = std::string("KeyExchangeFailed: ") + error.what();
  } catch (const TimeoutError& error) {
    text = std::string("TimeoutError: ") + error.what();
  } catch (const Error& error) {
    text = std::string("Error: ") + error.what();
  }
  server.close();
  server.abort_clients();
  co_await server.wait_closed();
  co_return text;
}

std::string outcome(ClientConnected server_behaviour, Duration login_timeout = 20s) {
  return run(wait_for(connect_to(std::move(server_behaviour), login_timeout), 60s));
}

Coroutine<void> say_nothing(StreamReader reader, StreamWriter writer) {
  co_await reader.read();
  writer.close();
}

Coroutine<void> hang_up(StreamReader, StreamWriter writer) {
  writer.close();
  co_return;
}

Coroutine<void> talk_nonsense(StreamReader reader, StreamWriter writer) {
  writer.write("220 mail.example ESMTP\r\n");
  writer.write(std::string(100'000, '\xff'));
  co_await reader.read();
  writer.close();
}

Coroutine<void> greet_and_break(StreamReader reader, StreamWriter writer) {
  writer.write("SSH-2.0-Broken\r\n");
  writer.write(std::string(4, '\xff') + std::string(200, 'z'));
  co_await reader.read();
  writer.close();
}

Coroutine<void> talk_for_ever(StreamReader, StreamWriter writer) {
  for (;;) {
    writer.write("this is a banner and not a greeting\r\n");
    co_await writer.drain();
    co_await sleep(1ms);
  }
}

/// Passes everything on to another server and back; the server's bytes one at a time, or all until
/// so many have gone, and then hangs up.
class Proxy {
 public:
  Proxy(std::uint16_t port, std::size_t cut_after) : port_(port), cut_after_(cut_after) {}

  Coroutine<void> operator()(StreamReader reader, StreamWriter writer) const {
    return serve(port_, cut_after_, reader, writer);
  }

 private:
  static Coroutine<void> pass(StreamReader from, StreamWriter to, std::size_t at_most) {
    std::size_t passed = 0;
    while (passed < at_most) {
      std::string bytes = co_await from.read(16 * 1024);
      if (bytes.empty()) break;
      bytes.resize(std::min(bytes.size(), at_most - passed));
      passed += bytes.size();
      to.write(bytes);
      co_await to.drain();
    }
  }
  static Coroutine<void> serve(std::uint16_t port, std::size_t cut_after, StreamReader reader,
                               StreamWriter writer) {
    auto [server_reader, server_writer] = co_await open_connection("127.0.0.1", port);
    auto upwards = create_task(pass(reader, server_writer, SIZE_MAX));
    co_await pass(server_reader, writer, cut_after);
    upwards.cancel();
    writer.close();
    server_writer.close();
  }

  std::uint16_t port_;
  std::size_t cut_after_;
};

Coroutine<void> dribble(std::uint16_t port, StreamReader reader, StreamWriter writer) {
  auto [server_reader, server_writer] = co_await open_connection("127.0.0.1", port);
  const auto up = [](StreamReader from, StreamWriter to) -> Coroutine<void> {
    for (;;) {
      const std::string bytes = co_await from.read(16 * 1024);
      if (bytes.empty()) co_return;
      to.write(bytes);
    }
  };
  auto upwards = create_task(up(reader, server_writer));
  for (;;) {
    const std::string byte = co_await server_reader.read(1);
    if (byte.empty()) break;
    writer.write(byte);
    co_await sleep(0s);
    co_await sleep(0s);
  }
  upwards.cancel();
  writer.close();
}

}  // namespace

TEST_CASE("a server that says nothing ends in a time-out that says what was waited for") {
  const std::string text = outcome(say_nothing, 200ms);
  CHECK_MESSAGE(text.starts_with("TimeoutError: 127.0.0.1:"), text);
  CHECK(text.find("no SSH login in time") != std::string::npos);
}

TEST_CASE("a server that talks for ever without a greeting ends in an error or a time-out") {
  const std::string text = outcome(talk_for_ever, 500ms);
  CHECK_MESSAGE((text.starts_with("TimeoutError") || text.starts_with("KeyExchangeFailed")), text);
}

TEST_CASE("a server that hangs up at once is a lost connection") {
  CHECK(outcome(hang_up).starts_with("ConnectionLost: 127.0.0.1:"));
}

TEST_CASE("a server that is no SSH server fails within its time") {
  const std::string text = outcome(talk_nonsense, 2s);
  CHECK_MESSAGE((text.starts_with("KeyExchangeFailed") || text.starts_with("TimeoutError")), text);
}

TEST_CASE("a packet of impossible length is an error") {
  const std::string text = outcome(greet_and_break, 2s);
  CHECK_MESSAGE((text.starts_with("KeyExchangeFailed") || text.starts_with("ConnectionLost")),
                text);
}

TEST_CASE("a connection cut anywhere in handshake and login is an error, and nothing is left") {
  if (const std::string why = tests::Sshd::unavailable(); !why.empty()) {
    std::printf("SKIP the cut connections: %s\n", why.c_str());
    return;
  }
  const tests::Sshd sshd;
  for (std::size_t cut = 0; cut < 1700; cut += 61) {
    const std::string text = outcome(Proxy(sshd.port(), cut), 20s);
    // The user does not exist, so a cut after the server's answer is a refusal.
    CHECK_MESSAGE((text.starts_with("ConnectionLost") ||
                   (cut > 1400 && text.find("permission denied") != std::string::npos)),
                  "cut after ", cut, " bytes: ", text);
  }
}

TEST_CASE("a login whose every byte comes alone succeeds") {
  if (const std::string why = tests::Sshd::unavailable(); !why.empty()) {
    std::printf("SKIP the dribbling server: %s\n", why.c_str());
    return;
  }
  const tests::Sshd sshd;
  const std::string text = run(
      [](std::uint16_t port) -> Coroutine<std::string> {
        const auto relay = [port](StreamReader reader, StreamWriter writer) {
          return dribble(port, reader, writer);
        };
        Server server = co_await start_server(relay, "127.0.0.1", 0);
        Options options;
        options.port = server.sockets()[0].port();
        options.username = tests::Sshd::username;
        options.password = tests::Sshd::password;
        options.host_key_policy = HostKeyPolicy::insecure;
        Connection connection = co_await connect("127.0.0.1", options);
        auto [writer, reader, errors] = co_await connection.open_session("dumb", TermSize(80, 24));
        writer.write("PS1=; stty -echo; echo rea''dy\n");
        co_await reader.readuntil("ready\r\n");
        server.close();
        co_return "ready";
      },
      sshd.port());
  CHECK(text == "ready");
}

}  // namespace rondo::ssh
