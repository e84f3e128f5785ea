#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "login_outcome.h"

// The client against OpenSSH's own server.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::contains;
using tests::options_for;
using tests::run_limited;
using tests::Sshd;
using tests::sshd_can_run;

/// What connecting threw, as "type: text".
Coroutine<std::string> connect_error(Options options) {
  try {
    Connection connection = co_await connect("127.0.0.1", options);
  } catch (const HostKeyNotVerifiable& error) {
    co_return std::string("HostKeyNotVerifiable: ") + error.what();
  } catch (const PermissionDenied& error) {
    co_return std::string("PermissionDenied: ") + error.what();
  } catch (const KeyExchangeFailed& error) {
    co_return std::string("KeyExchangeFailed: ") + error.what();
  } catch (const ConnectionLost& error) {
    co_return std::string("ConnectionLost: ") + error.what();
  } catch (const TimeoutError& error) {
    co_return std::string("TimeoutError: ") + error.what();
  } catch (const ConnectionRefusedError& error) {
    co_return std::string("ConnectionRefusedError: ") + error.what();
  } catch (const std::exception& error) {
    co_return std::string("other: ") + error.what();
  }
  co_return std::string("connected");
}

Coroutine<std::string> run_in_shell(Connection connection, std::string command) {
  auto [writer, reader, errors] = co_await connection.open_session("dumb", TermSize(200, 24));
  writer.write("PS1=; stty -echo; echo rea''dy\n");
  co_await reader.readuntil("ready\r\n");
  writer.write(command + "; echo do''ne\n");
  std::string output = co_await reader.readuntil("done\r\n");
  writer.close();
  co_await writer.wait_closed();
  output.resize(output.size() - 6);
  co_return output;
}

}  // namespace

TEST_CASE("a shell session types and reads like a person") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const std::string output = run_limited([](Options options) -> Coroutine<std::string> {
    Connection connection = co_await connect("127.0.0.1", options);
    std::string text = co_await run_in_shell(connection, "echo $TERM $(stty size)");
    connection.close();
    co_await connection.wait_closed();
    co_return text;
  }(options_for(sshd)));
  CHECK(output == "dumb 24 200\r\n");
}

TEST_CASE("several sessions share one connection, and several connections one loop") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const auto on_one_connection = [](Options options) -> Coroutine<std::vector<std::string>> {
    Connection connection = co_await connect("127.0.0.1", options);
    std::vector<Coroutine<std::string>> sessions;
    for (int i = 0; i < 8; ++i) {
      sessions.push_back(run_in_shell(connection, "echo " + std::to_string(i)));
    }
    co_return co_await gather(std::move(sessions));
  };
  const auto outputs = run_limited(
      [](auto one, Options options) -> Coroutine<std::vector<std::vector<std::string>>> {
        std::vector<Coroutine<std::vector<std::string>>> connections;
        for (int i = 0; i < 5; ++i)
          connections.push_back(one(options));
        co_return co_await gather(std::move(connections));
      }(on_one_connection, options_for(sshd)));
  REQUIRE(outputs.size() == 5);
  for (const auto& of_connection : outputs) {
    for (std::size_t i = 0; i < 8; ++i)
      CHECK(of_connection[i] == std::to_string(i) + "\r\n");
  }
}

TEST_CASE("ten megabytes come through a small reader, and five go out") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const auto [received, counted] =
      run_limited([](Options options) -> Coroutine<std::tuple<std::size_t, std::string>> {
        Connection connection = co_await connect("127.0.0.1", options);
        auto [writer, reader, errors] = co_await connection.open_session("dumb", TermSize(80, 24));
        writer.write("PS1=; stty raw -echo; echo rea''dy\n");
        co_await reader.readuntil("ready\n");
        writer.write("head -c 10000000 /dev/zero | tr '\\0' x\n");
        std::string all = co_await reader.readexactly(10'000'000);
        const bool clean = all.find_first_not_of('x') == std::string::npos;
        // The shell must not read what is for `head`.
        writer.write("echo g''o; head -c 5000000 | wc -c\n");
        co_await reader.readuntil("go\n");
        const std::string chunk(100'000, 'y');
        for (int i = 0; i < 50; ++i) {
          writer.write(chunk);
          co_await writer.drain();
        }
        std::string count = co_await reader.readline();
        co_return std::tuple(clean ? all.size() : 0, count);
      }(options_for(sshd)));
  CHECK(received == 10'000'000);
  CHECK(counted == "5000000\n");
}

TEST_CASE("what came before a time-out can still be read after it") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const std::string rest = run_limited([](Options options) -> Coroutine<std::string> {
    Connection connection = co_await connect("127.0.0.1", options);
    auto [writer, reader, errors] = co_await connection.open_session("dumb", TermSize(80, 24));
    writer.write("PS1=; stty -echo; echo rea''dy\n");
    co_await reader.readuntil("ready\r\n");
    writer.write("echo some output\n");
    // The time-out is sure to come: there will never be such a prompt.
    bool timed_out = false;
    try {
      co_await wait_for(reader.readuntil("router1#"), 300ms);
    } catch (const TimeoutError&) {
      timed_out = true;
    }
    writer.write("echo more\n");
    co_await reader.readuntil("some output\r\n");
    std::string more = co_await reader.readline();
    co_return timed_out ? more : "no time-out";
  }(options_for(sshd)));
  CHECK(rest == "more\r\n");
}

TEST_CASE("the end of the shell is the end of the stream") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const bool at_eof = run_limited([](Options options) -> Coroutine<bool> {
    Connection connection = co_await connect("127.0.0.1", options);
    auto [writer, reader, errors] = co_await connection.open_session("dumb", TermSize(80, 24));
    writer.write("exit\n");
    co_await reader.read();
    co_return reader.at_eof() && errors.at_eof();
  }(options_for(sshd)));
  CHECK(at_eof);
}

TEST_CASE("a connection that breaks off ends its readers with ConnectionLost") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const std::string error = run_limited([](Options options) -> Coroutine<std::string> {
    Connection connection = co_await connect("127.0.0.1", options);
    auto [writer, reader, errors] = co_await connection.open_session("dumb", TermSize(80, 24));
    writer.write("kill -9 $PPID\n");
    try {
      co_await reader.read();
    } catch (const ConnectionLost& lost) {
      co_return lost.what();
    }
    co_return "nothing thrown";
  }(options_for(sshd)));
  CHECK(contains(error, "127.0.0.1:" + std::to_string(sshd.port()) + ": "));
}

TEST_CASE("a wrong password is denied, by a text that names the host and not the password") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  Options options = options_for(sshd);
  options.password = "canary-7431";
  const std::string error = run_limited(connect_error(options));
  CHECK(contains(error, "PermissionDenied: 127.0.0.1:" + std::to_string(sshd.port()) + ": "));
  CHECK(!contains(error, "canary"));
}

TEST_CASE("a server that takes no passwords is named with what it takes") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"PasswordAuthentication no", "KbdInteractiveAuthentication no"});
  const std::string error = run_limited(connect_error(options_for(sshd)));
  CHECK(contains(error, "PermissionDenied"));
  CHECK(contains(error, "accepts only publickey"));
}

TEST_CASE("no credential goes to a server whose key is unknown, changed or revoked [fault 68]") {
  if (!sshd_can_run()) return;
  Sshd sshd;
  const std::string host = "[127.0.0.1]:" + std::to_string(sshd.port()) + " ";
  const std::string key = tests::shell("cut -d' ' -f2- " + sshd.known_hosts());
  tests::shell("ssh-keygen -q -t ed25519 -N '' -f " + sshd.directory().path().string() + "/other");
  const std::string other = tests::shell("cat " + sshd.directory().path().string() + "/other.pub");

  Options options = options_for(sshd);
  options.known_hosts = sshd.directory().write("empty", "");
  CHECK(contains(run_limited(connect_error(options)), "HostKeyNotVerifiable: 127.0.0.1:"));
  options.known_hosts = sshd.directory().write("changed", host + other);
  CHECK(contains(run_limited(connect_error(options)), "changed:1 lists another one"));
  options.known_hosts = sshd.directory().write("revoked", host + key + "@revoked * " + key);
  CHECK(contains(run_limited(connect_error(options)), "revoked"));
  options.known_hosts = sshd.directory().write("port", "127.0.0.1 " + key);
  CHECK(contains(run_limited(connect_error(options)), "is not in"));
  options.known_hosts = "/nowhere/known_hosts";
  CHECK(contains(run_limited(connect_error(options)), "/nowhere/known_hosts"));

  options.host_key_policy = HostKeyPolicy::insecure;
  CHECK(run_limited(connect_error(options)) == "connected");
  const std::string log = sshd.stop();
  std::size_t accepted = 0;
  for (std::size_t at = log.find("Accepted password"); at != std::string::npos;
       at = log.find("Accepted password", at + 1)) {
    ++accepted;
  }
  CHECK(accepted == 1);
  CHECK_MESSAGE(!contains(log, "Failed"), log);
}

TEST_CASE("a server without modern algorithms is refused with what was offered") {
  if (!sshd_can_run()) return;
  const Sshd sshd({"KexAlgorithms diffie-hellman-group14-sha1"});
  const std::string error = run_limited(connect_error(options_for(sshd)));
  CHECK(contains(error, "KeyExchangeFailed"));
  CHECK(contains(error, "curve25519-sha256"));
}

TEST_CASE("a session on a connection that is closed is refused") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const std::string error = run_limited([](Options options) -> Coroutine<std::string> {
    Connection connection = co_await connect("127.0.0.1", options);
    connection.close();
    try {
      co_await connection.open_session("dumb", TermSize(80, 24));
    } catch (const ConnectionLost& lost) {
      co_return lost.what();
    }
    co_return "nothing thrown";
  }(options_for(sshd)));
  CHECK(contains(error, "127.0.0.1:"));
}

TEST_CASE("cancelling at any moment of the login leaves nothing open") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  int cancelled = 0;
  // From a moment in which nothing has happened to one at which the login has succeeded.
  for (int turns = 0; turns < 60; ++turns) {
    cancelled += run_limited([](Options options, int wait) -> Coroutine<int> {
      auto task = create_task(connect("127.0.0.1", options));
      for (int i = 0; i < wait; ++i)
        co_await sleep(300us);
      task.cancel();
      try {
        co_await task;
      } catch (const CancelledError&) {
        co_return 1;
      }
      co_return 0;
    }(options_for(sshd), turns));
  }
  CHECK(cancelled > 0);
}

TEST_CASE("cancelling while a session opens leaves the connection as it was") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const std::string output = run_limited([](Options options) -> Coroutine<std::string> {
    Connection connection = co_await connect("127.0.0.1", options);
    auto task = create_task(connection.open_session("dumb", TermSize(80, 24)));
    co_await sleep(0s);
    task.cancel();
    const AnyFuture future = task;
    co_await gather(return_exceptions, task);
    if (!future.cancelled()) co_return "not cancelled";
    std::string text = co_await run_in_shell(connection, "echo fine");
    co_return text;
  }(options_for(sshd)));
  CHECK(output == "fine\r\n");
}

}  // namespace rondo::ssh
