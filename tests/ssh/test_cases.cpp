#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <rondo/ssh.h>

#include "other_server.h"
#include "with_sshd.h"

// A table of commands, each given to OpenSSH's own client and to ours, at three servers: the
// outcome is the same.

namespace rondo::ssh {

namespace {

using tests::OtherServer;
using tests::run_limited;
using tests::Sshd;

struct Case {
  const char* command;
  std::size_t input = 0;  // bytes
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"true"},
      {"false"},
      {"exit 3"},
      {"exit 255"},
      {"echo out"},
      {"printf 'no newline'"},
      {"echo err >&2; exit 7"},
      {"echo out; echo err >&2"},
      {"no-such-command-here 2>/dev/null"},
      {"cat"},
      {"cat", 1},
      {"cat; exit 5", 300'000},
      {"wc -c", 1'000'000},
      {"head -c 1", 500'000},
      {"exec 0<&-; echo closed", 100'000},
      {"head -c 1000000 /dev/zero"},
      {"printf 'a\\000b\\377c'"},
      {"echo \"quoted 'text'\"; echo $((6 * 7))"},
      {"echo one\necho two"},
      {"echo gr\xc3\xbc\xc3\x9f"},
      {"exec >&- 2>&-; exit 9"},
      {"kill -TERM $$"},
      {"echo before; kill -KILL $$"},
      {"kill -HUP $$", 10},
  };
  return all;
}

/// What one client has seen; a signal counts as 255, as ssh has it.
struct Seen {
  int status = -1;
  std::string out;
  std::string err;
};

class SshClient {
 public:
  SshClient(std::uint16_t port, std::string known_hosts)
      : port_(port), known_hosts_(std::move(known_hosts)) {
    ask_ = directory_.write("ask", std::string("#!/bin/sh\necho ") + Sshd::password + "\n");
    tests::shell("chmod 755 " + ask_);
  }

  Seen run(const Case& one) const {
    const std::string in = directory_.write("in", tests::random_bytes(one.input));
    const std::string base = directory_.path().string();
    std::string quoted;
    for (const char byte : std::string(one.command))
      quoted += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
    const std::string line =
        "SSH_ASKPASS=" + ask_ +
        " SSH_ASKPASS_REQUIRE=force ssh -F none -o LogLevel=ERROR "
        "-o StrictHostKeyChecking=yes -o PubkeyAuthentication=no -o UserKnownHostsFile=" +
        known_hosts_ + " -p " + std::to_string(port_) + " -l " + Sshd::username + " 127.0.0.1 '" +
        quoted + "' <" + in + " >" + base + "/out 2>" + base + "/err";
    Seen seen;
    seen.status = WEXITSTATUS(std::system(line.c_str()));
    seen.out = tests::shell("cat " + base + "/out");
    seen.err = tests::shell("cat " + base + "/err");
    return seen;
  }

 private:
  std::uint16_t port_;
  std::string known_hosts_;
  tests::TemporaryDirectory directory_;
  std::string ask_;
};

Coroutine<std::vector<Seen>> run_all(Options options) {
  const Connection connection = co_await connect("127.0.0.1", options);
  std::vector<Seen> all;
  for (const Case& one : cases()) {
    ProcessOptions process_options;
    process_options.input = tests::random_bytes(one.input);
    const CompletedProcess done = co_await connection.run(one.command, process_options);
    const int returned = done.returncode().value_or(-1);
    Seen seen;
    seen.status = returned < 0 ? 255 : returned;
    seen.out = done.stdout_();
    seen.err = done.stderr_();
    all.push_back(std::move(seen));
  }
  co_return all;
}

void compare(const char* server, std::uint16_t port, const std::string& known_hosts) {
  Options options;
  options.port = port;
  options.username = Sshd::username;
  options.password = Sshd::password;
  options.known_hosts = known_hosts;
  const std::vector<Seen> ours = run_limited(run_all(options));
  const SshClient client(port, known_hosts);
  for (std::size_t i = 0; i < cases().size(); ++i) {
    const Seen theirs = client.run(cases()[i]);
    CAPTURE(server);
    CAPTURE(cases()[i].command);
    CHECK(ours[i].status == theirs.status);
    CHECK((ours[i].out == theirs.out));
    CHECK(ours[i].err == theirs.err);
  }
}

}  // namespace

TEST_CASE("commands end at OpenSSH's server as they do for ssh") {
  if (!tests::sshd_can_run()) return;
  const Sshd sshd;
  compare("sshd", sshd.port(), sshd.known_hosts());
}

TEST_CASE("commands end at asyncssh's server as they do for ssh") {
  if (const std::string why = OtherServer::unavailable(OtherServer::Kind::asyncssh); !why.empty()) {
    std::printf("SKIP the table of cases at asyncssh's server: %s\n", why.c_str());
    return;
  }
  const OtherServer server(OtherServer::Kind::asyncssh);
  compare("asyncssh", server.port(), server.known_hosts());
}

TEST_CASE("commands end at dropbear as they do for ssh") {
  if (const std::string why = OtherServer::unavailable(OtherServer::Kind::dropbear); !why.empty()) {
    std::printf("SKIP the table of cases at dropbear: %s\n", why.c_str());
    return;
  }
  const OtherServer server(OtherServer::Kind::dropbear);
  compare("dropbear", server.port(), server.known_hosts());
}

}  // namespace rondo::ssh
