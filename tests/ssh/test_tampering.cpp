#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include "leaks_of_libssh2.h"
#include "login_outcome.h"
#include "relay.h"

// A login whose bytes somebody changes on their way ends in an error of ours, in time.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::Relay;
using tests::Sshd;

/// What a login with a wrong password came to: none may succeed.
Coroutine<std::string> log_in_at(std::uint16_t port, Duration login_timeout) {
  Options options;
  options.port = port;
  options.username = Sshd::username;
  options.password = "canary-7431";
  options.host_key_policy = HostKeyPolicy::insecure;
  options.login_timeout = login_timeout;
  try {
    co_await connect("127.0.0.1", options);
  } catch (const Error& error) {
    co_return std::string("Error: ") + error.what();
  } catch (const TimeoutError& error) {
    co_return std::string("Error: ") + error.what();
  }
  co_return std::string("connected");
}

/// Serves one login by a server's behaviour.
Coroutine<std::string> log_in_to(ClientConnected behaviour, Duration login_timeout) {
  Server server = co_await start_server(std::move(behaviour), "127.0.0.1", 0);
  const std::string outcome = co_await log_in_at(server.sockets()[0].port(), login_timeout);
  server.close();
  server.abort_clients();
  co_await server.wait_closed();
  co_return outcome;
}

std::string outcome_of(ClientConnected behaviour, Duration login_timeout) {
  return run(wait_for(log_in_to(std::move(behaviour), login_timeout), 60s));
}

/// What sshd says to a client that fails to log in.
std::string recorded(const Sshd& sshd) {
  Relay relay(sshd.port());
  const auto serve = [&relay](StreamReader reader, StreamWriter writer) {
    return relay(reader, writer);
  };
  const std::string outcome = outcome_of(serve, 20s);
  REQUIRE(tests::contains(outcome, "permission denied"));
  return relay.from_server();
}

/// Says what was recorded, whatever it hears, and hangs up.
Coroutine<void> replay(std::string bytes, StreamReader reader, StreamWriter writer) {
  writer.write(bytes);
  writer.write_eof();
  co_await reader.read();
  writer.close();
}

void check_replay(std::string bytes, std::size_t place) {
  const auto serve = [&bytes](StreamReader reader, StreamWriter writer) {
    return replay(bytes, reader, writer);
  };
  const std::string outcome = outcome_of(serve, 20s);
  CHECK_MESSAGE(outcome.starts_with("Error: 127.0.0.1:"), "at ", place, ": ", outcome);
}

}  // namespace

TEST_CASE("a recorded handshake with a bit flipped, or cut, at any place is an error [fault 67]") {
  if (!tests::sshd_can_run("a handshake that is tampered with")) return;
  const tests::LeaksOfLibssh2 unseen;
  const Sshd sshd;
  const std::string bytes = recorded(sshd);
  REQUIRE(bytes.size() > 1000);
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    std::string flipped = bytes;
    flipped[place] = static_cast<char>(flipped[place] ^ 1 << place % 8);
    check_replay(flipped, place);
    if (place % 5 == 0) check_replay(bytes.substr(0, place), place);
  }
}

TEST_CASE("a login with a bit flipped on the way ends in an error, in time [fault 67]") {
  if (!tests::sshd_can_run("a login that is tampered with")) return;
  const tests::LeaksOfLibssh2 unseen;
  const Sshd sshd;
  const std::size_t size = recorded(sshd).size();
  for (std::size_t place = 5; place < size; place += 37) {
    Relay relay(sshd.port());
    relay.change = [place](std::size_t offset, std::string& bytes) {
      if (place < offset || place - offset >= bytes.size()) return;
      bytes[place - offset] = static_cast<char>(bytes[place - offset] ^ 1 << place % 8);
    };
    const auto serve = [&relay](StreamReader reader, StreamWriter writer) {
      return relay(reader, writer);
    };
    // A length that has grown makes the client wait for what never comes.
    const std::string outcome = outcome_of(serve, 1s);
    CHECK_MESSAGE(outcome.starts_with("Error: 127.0.0.1:"), "at ", place, ": ", outcome);
  }
}

}  // namespace rondo::ssh
