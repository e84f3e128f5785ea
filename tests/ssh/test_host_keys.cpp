#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "login_outcome.h"
#include "relay.h"

// Which keys a server may show, and what it gets to see before it has shown a good one.

namespace rondo::ssh {

namespace {

using tests::contains;
using tests::PlainPart;
using tests::Relay;
using tests::Sshd;

std::string text_of(const std::string& path) {
  return tests::shell("cat " + path);
}

/// "ssh-ed25519 AAAA…" of a public key's file.
std::string key_in(const std::string& path) {
  return tests::shell("cut -d' ' -f1,2 " + path);
}

/// Connects through a relay, and says what came of it.
class ThroughRelay {
 public:
  ThroughRelay(const Sshd& sshd, const std::string& known_hosts, HostKeyPolicy policy)
      : sshd_(sshd), relay_(sshd.port()), known_hosts_(known_hosts), policy_(policy) {}

  std::string run() { return rondo::run(wait_for(connect_once(), std::chrono::seconds(60))); }
  const std::string& from_client() const { return relay_.from_client(); }

 private:
  Coroutine<std::string> connect_once() {
    const auto serve = [this](StreamReader reader, StreamWriter writer) {
      return relay_(reader, writer);
    };
    Server server = co_await start_server(serve, "127.0.0.1", 0);
    Options options = tests::options_for(sshd_);
    options.port = server.sockets()[0].port();
    options.host_key_policy = policy_;
    // In the file's text the relay's port is still to be filled in.
    std::string text = known_hosts_;
    for (std::size_t at = text.find("PORT"); at != text.npos; at = text.find("PORT"))
      text.replace(at, 4, std::to_string(options.port));
    options.known_hosts = sshd_.directory().write("through_relay", text);
    std::string outcome = "connected";
    try {
      Connection connection = co_await connect("127.0.0.1", options);
      connection.close();
      co_await connection.wait_closed();
    } catch (const HostKeyNotVerifiable& error) {
      outcome = error.what();
    }
    server.close();
    server.abort_clients();
    co_await server.wait_closed();
    co_return outcome;
  }

  const Sshd& sshd_;
  Relay relay_;
  std::string known_hosts_;
  HostKeyPolicy policy_;
};

}  // namespace

TEST_CASE(
    "nothing of the user's is sent under a key that is wrong, revoked, of another type or "
    "another port's [fault 68]") {
  if (!tests::sshd_can_run("what is sent before a key is good")) return;
  const Sshd sshd;
  const std::string base = sshd.directory().path().string();
  tests::shell("ssh-keygen -q -t ed25519 -N '' -f " + base + "/other");
  tests::shell("ssh-keygen -q -t ecdsa -N '' -f " + base + "/ecdsa");
  const std::string good = key_in(base + "/host_key_ed25519.pub");
  const std::string other = key_in(base + "/other.pub");
  const std::string ecdsa = key_in(base + "/ecdsa.pub");
  // libssh2 ends the handshake by asking for the service "ssh-userauth", in a packet of 64 bytes;
  // the smallest that names a user is larger.
  constexpr std::size_t service_request = 64;
  struct Case {
    std::string known_hosts;
    const char* part;
    bool refused_as_new;  // by accept_new too
  };
  const std::vector<Case> cases = {
      {"[127.0.0.1]:PORT " + other, "lists another one", true},
      {"[127.0.0.1]:PORT " + ecdsa, "lists another one", true},
      {"[127.0.0.1]:PORT " + good + "@revoked * " + good, "is marked as revoked", true},
      {"127.0.0.1 " + good, "is not in", false},
      {"[127.0.0.1]:1 " + good, "is not in", false},
      {"[127.0.0.2]:PORT " + good, "is not in", false},
      {"", "is not in", false},
  };
  for (const Case& one : cases) {
    for (const HostKeyPolicy policy : {HostKeyPolicy::strict, HostKeyPolicy::accept_new}) {
      if (policy == HostKeyPolicy::accept_new && !one.refused_as_new) continue;
      ThroughRelay attempt(sshd, one.known_hosts, policy);
      const std::string outcome = attempt.run();
      CHECK_MESSAGE(contains(outcome, one.part), one.known_hosts, outcome);
      const PlainPart sent(attempt.from_client());
      CHECK(sent.types == "20 30 21");
      CHECK(sent.encrypted_bytes <= service_request);
    }
  }
  ThroughRelay attempt(sshd, "[127.0.0.1]:PORT " + good, HostKeyPolicy::strict);
  CHECK(attempt.run() == "connected");
  CHECK(PlainPart(attempt.from_client()).encrypted_bytes >
        2 * service_request);  // the relay does see a login
}

TEST_CASE("accept_new adds a host's key, which from then on is the only good one") {
  if (!tests::sshd_can_run("keys that are accepted and kept")) return;
  const Sshd sshd;
  const Sshd impostor;
  const std::string path = (sshd.directory().path() / "ssh" / "known_hosts").string();
  const std::string name = "'[127.0.0.1]:" + std::to_string(sshd.port()) + "'";
  for (const bool hashed : {false, true}) {
    std::filesystem::remove_all(sshd.directory().path() / "ssh");
    Options options = tests::options_for(sshd);
    options.known_hosts = path;
    options.host_key_policy = HostKeyPolicy::accept_new;
    options.hash_known_hosts = hashed;
    CHECK(tests::login_outcome(options) == "connected");
    const std::string text = text_of(path);
    CHECK(contains(text, "127.0.0.1") == !hashed);
    CHECK(contains(tests::shell("ssh-keygen -F " + name + " -f " + path), "found: line 1"));
    CHECK(tests::shell("stat -c %a " + path + " $(dirname " + path + ")") == "600\n700\n");
    options.host_key_policy = HostKeyPolicy::strict;
    CHECK(tests::login_outcome(options) == "connected");

    options.host_key_policy = HostKeyPolicy::accept_new;
    CHECK(tests::login_outcome(options) == "connected");
    CHECK(text_of(path) == text);  // not added twice
    // Another server where that one was: its key, under this one's name.
    tests::shell("sed -i 's/:" + std::to_string(sshd.port()) +
                 " /:" + std::to_string(impostor.port()) + " /' " + path);
    options.port = impostor.port();
    if (!hashed) CHECK(contains(tests::login_outcome(options), "HostKeyNotVerifiable"));
  }
}

TEST_CASE("ssh-keygen reads what is added, and hashed names are found by their hosts alone") {
  const tests::TemporaryDirectory directory;
  if (tests::shell("command -v ssh-keygen").empty()) {
    std::puts("SKIP lines that are added: there is no ssh-keygen");
    return;
  }
  const std::string key = std::string("\0\0\0\x0bssh-ed25519\0\0\0\x20", 19) + std::string(32, 'k');
  // The last line has no end.
  const std::string path = directory.write("known_hosts", "# a comment");
  add_known_host(path, "r1", 22, key);
  add_known_host(path, "R2.Lab", 2222, key, HostNames::hashed);
  add_known_host(path, "r1", 22, key, HostNames::hashed);  // is there already
  const std::string text = text_of(path);
  CHECK(text.starts_with("# a comment\nr1 ssh-ed25519 AAAA"));
  CHECK(contains(text, "\n|1|"));
  const auto found = [&](const std::string& name) {
    return tests::shell("ssh-keygen -F '" + name + "' -f " + path + " | head -1");
  };
  CHECK(contains(found("r1"), "line 2"));
  CHECK(contains(found("[r2.lab]:2222"), "line 3"));
  CHECK(found("r2.lab").empty());
  CHECK(found("[r1]:2222").empty());
  CHECK(KnownHosts::load(path).skipped_lines().empty());
  const std::string other = key.substr(0, 50) + "x";
  CHECK_THROWS_WITH_AS(add_known_host(path, "r1", 22, other),
                       doctest::Contains("line 2 has another key for r1"), KnownHostsError);
  CHECK(text_of(path) == text);
  CHECK_THROWS_WITH_AS(add_known_host("/nowhere/at/all", "r1", 22, key),
                       doctest::Contains("/nowhere/at/all: no host can be added: "),
                       KnownHostsError);
}

TEST_CASE("twenty logins at once to a new host add it once") {
  if (!tests::sshd_can_run("logins at once to a new host")) return;
  const Sshd sshd;
  Options options = tests::options_for(sshd);
  options.known_hosts = (sshd.directory().path() / "new").string();
  options.host_key_policy = HostKeyPolicy::accept_new;
  const auto all = [&]() -> Coroutine<void> {
    std::vector<Coroutine<Connection>> logins;
    for (int i = 0; i < 20; ++i)
      logins.push_back(connect("127.0.0.1", options));
    const std::vector<Connection> connections = co_await gather(std::move(logins));
    for (const Connection& connection : connections) {
      connection.close();
      co_await connection.wait_closed();
    }
  };
  run(wait_for(all(), std::chrono::seconds(60)));
  CHECK(tests::shell("wc -l < " + options.known_hosts) == "1\n");
}

}  // namespace rondo::ssh
