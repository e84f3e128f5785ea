#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "leaks_of_libssh2.h"
#include "tiny_server.h"

// A connection that is cut at any byte of a whole session, and what is left of it.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::TinyServer;

/// Serves one client, and hangs up after so many bytes.
Coroutine<void> serve(std::size_t at_most, std::size_t& sent, StreamReader reader,
                      StreamWriter writer) {
  TinyServer server(tests::polite_answers);
  std::string next = server.greeting();
  for (;;) {
    next.resize(std::min(next.size(), at_most - sent));
    sent += next.size();
    writer.write(next);
    if (sent == at_most) break;
    const std::string bytes = co_await reader.read(16 * 1024);
    if (bytes.empty()) break;
    next = server.receive(bytes);
  }
  writer.close();
}

struct Outcome {
  std::string text;
  std::size_t sent = 0;  // bytes, by the server
};

Coroutine<Outcome> run_cut_after(std::size_t at_most) {
  Outcome outcome;
  const auto behaviour = [&](StreamReader reader, StreamWriter writer) {
    return serve(at_most, outcome.sent, reader, writer);
  };
  Server server = co_await start_server(behaviour, "127.0.0.1", 0);
  Options options;
  options.port = server.sockets()[0].port();
  options.username = "somebody";
  options.password = "something";
  options.host_key_policy = HostKeyPolicy::insecure;
  try {
    const Connection connection = co_await connect("127.0.0.1", options);
    const CompletedProcess done = co_await connection.run("a command");
    outcome.text =
        done.stdout_() + done.stderr_() + std::to_string(done.exit_status().value_or(-1));
  } catch (const ConnectionLost& error) {
    outcome.text = std::string("ConnectionLost: ") + error.what();
  } catch (const Error& error) {
    outcome.text = std::string("Error: ") + error.what();
  }
  server.close();
  server.abort_clients();
  co_await server.wait_closed();
  co_return outcome;
}

Outcome cut_after(std::size_t at_most) {
  return run(wait_for(run_cut_after(at_most), 60s));
}

}  // namespace

TEST_CASE("a session cut at every byte of handshake, login and command is lost, or it is whole") {
  const tests::LeaksOfLibssh2 not_ours;
  const std::string expected = "some output\nan error\n3";
  const Outcome whole = cut_after(SIZE_MAX);
  REQUIRE(whole.text == expected);
  std::size_t complete = 0;
  for (std::size_t at_most = 0; at_most < whole.sent; ++at_most) {
    const std::string text = cut_after(at_most).text;
    if (text == expected) {
      ++complete;
    } else {
      CHECK_MESSAGE(text.starts_with("ConnectionLost: 127.0.0.1:"), at_most, ": ", text);
    }
  }
  // When the exit status has come the command is whole; two packets, the ends of its output and of
  // the channel, are all that is left to say.
  CHECK(complete < 200);
}

}  // namespace rondo::ssh
