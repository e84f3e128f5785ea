#include <string>

#include <doctest/doctest.h>

#include <rondo/ssh.h>
#include <rondo/ssh/detail/jump_hosts.h>

#include "login_outcome.h"

// Connecting as ~/.ssh/config says, by jump hosts.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::contains;
using tests::Sshd;

/// The hosts as text, or the error.
std::string parsed(const std::string& list) {
  std::string text;
  try {
    for (const detail::JumpHost& jump : detail::parse_jump_hosts(list)) {
      text += (text.empty() ? "" : " ") + jump.username.value_or("-") + "|" + jump.host + "|" +
              (jump.port ? std::to_string(*jump.port) : "-");
    }
  } catch (const ValueError& error) {
    return error.what();
  }
  return text;
}

std::string entry(const std::string& name, const Sshd& sshd, const std::string& more = {}) {
  return "Host " + name + "\n  HostName 127.0.0.1\n  Port " + std::to_string(sshd.port()) +
         "\n  User " + Sshd::username + "\n  UserKnownHostsFile " + sshd.known_hosts() + "\n" +
         more;
}

/// What a command says at `host`, or the error.
std::string ask(const std::string& host, const std::string& config, const std::string& password,
                const std::string& jump_password) {
  Options base;
  base.password = password;
  Options jump_base;
  jump_base.password = jump_password;
  const auto connect_and_ask = [](std::string to, ConfigFile by, Options with,
                                  Options jumps) -> Coroutine<std::string> {
    const Connection connection = co_await connect(to, by, with, jumps);
    const CompletedProcess done = co_await connection.run("echo $SSH_CONNECTION | cut -d' ' -f4");
    co_return done.stdout_();
  };
  try {
    return run(
        wait_for(connect_and_ask(host, ConfigFile::parse(config, "config"), base, jump_base), 60s));
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("lists of jump hosts are read, or it is said what is wrong with them") {
  CHECK(parsed("") == "");
  CHECK(parsed("a") == "-|a|-");
  CHECK(parsed("u@a:23,b,ssh://me@c.example:22/") == "u|a|23 -|b|- me|c.example|22");
  CHECK(parsed("u@[2001:db8::1]:22,[::1],2001:db8::2,x@y@z") ==
        "u|2001:db8::1|22 -|::1|- -|2001:db8::2|- x@y|z|-");
  CHECK(parsed("a:") == "\"a:\": \"\" is no port");
  CHECK(parsed("a:70000") == "\"a:70000\": \"70000\" is no port");
  CHECK(parsed("a:2x") == "\"a:2x\": \"2x\" is no port");
  CHECK(parsed("[::1") == "\"[::1\": there is no ] to its [");
  CHECK(parsed("[::1]22") == "\"[::1]22\": what stands behind the ]?");
  for (const char* none : {"@", "@a", "u@", ":22", "[]", "ssh://"})
    CHECK(parsed(none) == "\"" + std::string(none) + "\" is no user@host:port");
  CHECK_THROWS_WITH_AS(ConfigFile::parse("\nProxyJump a:b\n", "config").options_for("r1"),
                       "config:2: proxyjump: \"a:b\": \"b\" is no port", ConfigParseError);
}

TEST_CASE("a host is reached by the jump hosts of its configuration, one through the other") {
  if (!tests::sshd_can_run("jump hosts")) return;
  const Sshd first;
  const Sshd second;
  const Sshd target({"PermitTTY no"});
  const std::string hosts = entry("first", first) + entry("second", second);
  const std::string port = std::to_string(target.port()) + "\n";
  const char* const password = Sshd::password;
  CHECK(ask("r1", entry("r1", target), password, "") == port);
  CHECK(ask("r1", hosts + entry("r1", target, "  ProxyJump first\n"), password, password) == port);
  CHECK(ask("r1", hosts + entry("r1", target, "  ProxyJump first,second\n"), password, password) ==
        port);
  // A jump host that has one itself; and one that is all in the list.
  CHECK(ask("r1",
            entry("first", first) + entry("second", second, "  ProxyJump first\n") +
                entry("r1", target, "  ProxyJump second\n"),
            password, password) == port);
  CHECK(ask("r1",
            "Host 127.0.0.1\n  UserKnownHostsFile " + first.known_hosts() + "\n" +
                entry("r1", target,
                      "  ProxyJump " + std::string(Sshd::username) +
                          "@127.0.0.1:" + std::to_string(first.port()) + "\n"),
            password, password) == port);
  // What is for the host is not shown to the jump host.
  const std::string refused =
      ask("r1", hosts + entry("r1", target, "  ProxyJump first\n"), password, "");
  CHECK_MESSAGE(contains(refused, "127.0.0.1:" + std::to_string(first.port()) + ": nothing to log"),
                refused);
}

TEST_CASE("jump hosts that forward nothing, are not there or go in a circle are told") {
  if (!tests::sshd_can_run("jump hosts that do not do")) return;
  const Sshd jump({"AllowTcpForwarding no"});
  const std::string config = entry("jump", jump) +
                             "Host gone\n  HostName 127.0.0.1\n  Port 1\n"
                             "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n"
                             "Host r1\n  ProxyJump jump\nHost r2\n  ProxyJump gone\n";
  const std::string forbidden = ask("r1", config, "x", Sshd::password);
  CHECK_MESSAGE(forbidden.starts_with("127.0.0.1:" + std::to_string(jump.port()) +
                                      ": the server does not connect to r1:22"),
                forbidden);
  CHECK(ask("r2", config, "x", "x") == "127.0.0.1:1: connect: Connection refused");
  CHECK(contains(ask("a", config, "x", "x"), "do they go in a circle?"));
}

}  // namespace rondo::ssh
