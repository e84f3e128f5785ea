#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "other_server.h"
#include "relay.h"
#include "with_sshd.h"

// Is the server still there, and is the connection still used?

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::options_for;
using tests::OtherServer;
using tests::Relay;
using tests::run_limited;
using tests::Sshd;

/// A relay to a server that counts the pieces that come from it, and can stop passing them on.
class Line {
 public:
  explicit Line(std::uint16_t port) : relay_(port) {
    relay_.change = [this](std::size_t, std::string& bytes) {
      ++pieces;
      if (dead) bytes.clear();
    };
  }
  Coroutine<void> start() {
    const auto serve = [this](StreamReader reader, StreamWriter writer) {
      return relay_(reader, writer);
    };
    server_ = co_await start_server(serve, "127.0.0.1", 0);
  }
  Coroutine<void> stop() {
    server_->close();
    server_->abort_clients();
    co_await server_->wait_closed();
  }
  /// The options for the server, changed so that they lead here.
  Options lead_here(Options options) const {
    options.port = server_->sockets()[0].port();
    options.host_key_policy = HostKeyPolicy::insecure;
    return options;
  }

  int pieces = 0;
  bool dead = false;

 private:
  Relay relay_;
  std::optional<Server> server_;
};

/// What ends a command that says nothing.
Coroutine<std::string> end_of_sleeper(Connection connection) {
  try {
    co_await connection.run("exec sleep 60");
  } catch (const ConnectionLost& error) {
    co_return error.what();
  }
  co_return "nothing thrown";
}

/// Waits until the server has answered so often.
Coroutine<void> wait_for_answers(const Line& line, int answers) {
  const int before = line.pieces;
  while (line.pieces < before + answers)
    co_await sleep(5ms);
}

/// Logs in by a relay and is asked again and again; then the connection is as good as before.
Coroutine<void> keep_alive(Options options) {
  Line line(options.port);
  co_await line.start();
  options = line.lead_here(options);
  options.keepalive_interval = 20ms;
  options.keepalive_count_max = 1000;
  {
    const Connection connection = co_await connect("127.0.0.1", options);
    co_await wait_for_answers(line, 5);
    CompletedProcess done = co_await connection.run("echo on");
    CHECK(done.stdout_() == "on\n");
    // No answer is left lying about that this could take for its own.
    const std::uint16_t port = tests::free_port();  // dropbear chooses none by itself
    const Listener listener = co_await connection.forward_remote_port("127.0.0.1", port, "::1", 1);
    listener.close();
    co_await listener.wait_closed();
    co_await wait_for_answers(line, 2);
    done = co_await connection.run("echo still on");
    CHECK(done.stdout_() == "still on\n");
  }
  co_await line.stop();
}

}  // namespace

TEST_CASE("a connection on which nothing is said is kept alive at OpenSSH's server") {
  if (!tests::sshd_can_run()) return;
  const Sshd sshd;
  run_limited(keep_alive(options_for(sshd)));
}

TEST_CASE("a connection on which nothing is said is kept alive at asyncssh's server and dropbear") {
  for (const auto kind : {OtherServer::Kind::asyncssh, OtherServer::Kind::dropbear}) {
    if (const std::string why = OtherServer::unavailable(kind); !why.empty()) {
      std::printf("SKIP keep-alives: %s\n", why.c_str());
      continue;
    }
    const OtherServer server(kind);
    run_limited(keep_alive(server.options()));
  }
}

TEST_CASE("a server that does not answer any more is lost, directly and through a jump host") {
  if (!tests::sshd_can_run()) return;
  const Sshd sshd;
  for (const bool through_jump_host : {false, true}) {
    run_limited([](const Sshd& server, bool jump) -> Coroutine<void> {
      Line line(server.port());
      co_await line.start();
      {
        Options options = line.lead_here(options_for(server));
        if (jump) {
          options.tunnel = co_await connect("127.0.0.1", options_for(server));
        }
        options.keepalive_interval = 300ms;  // within it sshd answers on a busy machine too
        options.keepalive_count_max = 2;
        const Connection connection = co_await connect("127.0.0.1", options);
        // One that has begun, and one that is begun when it is too late.
        const Process process = co_await connection.create_process("exec sleep 60");
        line.dead = true;
        if (!jump) co_await end_of_sleeper(connection);
        std::string text = "nothing thrown";
        try {
          co_await process.wait();
        } catch (const ConnectionLost& error) {
          text = error.what();
        }
        CHECK_MESSAGE(text == connection.peer() +
                                  ": the server has not answered 2 times when it was asked whether "
                                  "it is still there",
                      text);
      }
      co_await line.stop();
    }(sshd, through_jump_host));
  }
}

TEST_CASE("a connection that is not used is closed, however often the server is asked") {
  if (!tests::sshd_can_run()) return;
  const Sshd sshd;
  Options options = options_for(sshd);
  options.keepalive_interval = 20ms;
  options.keepalive_count_max = 1000;
  options.idle_timeout = 1s;
  run_limited([](Options with) -> Coroutine<void> {
    Connection connection = co_await connect("127.0.0.1", with);
    // Bytes that come now and then are use enough.
    const CompletedProcess done =
        co_await connection.run("for i in 1 2 3 4 5 6 7; do echo $i; sleep 0.2; done");
    CHECK(done.stdout_() == "1\n2\n3\n4\n5\n6\n7\n");
    const std::string text = co_await end_of_sleeper(connection);
    CHECK_MESSAGE(text == connection.peer() + ": the connection was idle for 1000 ms", text);
    // Nobody waits: it is closed all the same.
    connection = co_await connect("127.0.0.1", with);
    co_await connection.wait_closed();
  }(options));
}

TEST_CASE("times that make no sense are told") {
  Options options;
  options.port = 1;
  const auto refusal = [](const Options& with) -> std::string {
    try {
      run(connect("127.0.0.1", with));
    } catch (const ValueError& error) {
      return error.what();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  CHECK(refusal(options) == "127.0.0.1:1: connect: Connection refused");
  options.keepalive_count_max = 0;
  CHECK(refusal(options) == "Options::keepalive_count_max is 0, but one is the least");
  options.idle_timeout = -1s;
  CHECK(refusal(options) == "Options::idle_timeout is negative");
}

}  // namespace rondo::ssh
