#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "login_outcome.h"

// ~/.ssh/config, with OpenSSH's own reader to compare with.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::contains;

HostConfig lookup(const std::string& text, const std::string& host) {
  return ConfigFile::parse(text, "config").options_for(host);
}

/// What reading it, and asking for r1, throws.
std::string error_of(const std::string& text) {
  try {
    lookup(text, "r1");
  } catch (const ConfigParseError& error) {
    return error.what();
  }
  return "nothing thrown";
}

/// What `ssh -G` says: keyword -> its values with commas between them.
std::map<std::string, std::string> ask_ssh(const std::string& file, const std::string& host) {
  std::map<std::string, std::string> values;
  std::istringstream lines(tests::shell("ssh -G -F " + file + " " + host + " 2>&1"));
  std::string keyword;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blank = line.find(' ');
    std::string& value = values[line.substr(0, blank)];
    if (blank == line.npos) continue;
    if (!value.empty()) value += ',';
    value += line.substr(blank + 1);
  }
  return values;
}

const char* policy_name(HostKeyPolicy policy) {
  return policy == HostKeyPolicy::strict ? "true" : "accept-new";
}

}  // namespace

TEST_CASE("the first value that holds for a host counts, and all identity files") {
  const std::string text =
      "Host r1 r2\n  HostName 127.0.0.1\n  Port 2222\n  IdentityFile /keys/first\n"
      "Host !r2 *\n  User admin\n  Port 99\n"
      "Host *\n  IdentityFile /keys/%n-%r\n  User everybody\n";
  const HostConfig r1 = lookup(text, "r1");
  CHECK(r1.hostname == "127.0.0.1");
  CHECK(r1.options.port == 2222);
  CHECK(r1.options.username == "admin");
  CHECK(r1.options.client_keys == std::vector<std::string>{"/keys/first", "/keys/r1-admin"});
  CHECK(lookup(text, "r2").options.username == "everybody");
  CHECK(lookup(text, "r3").options.port == 99);
  CHECK(lookup(text, "r3").hostname == "r3");
}

TEST_CASE("what a file does not say stays as it was") {
  Options base;
  base.port = 830;
  base.password = "horse";
  const HostConfig config = ConfigFile::parse("User admin\n", "config").options_for("r1", base);
  CHECK(config.options.port == 830);
  CHECK(config.options.password.reveal() == "horse");
  CHECK(config.options.username == "admin");
  CHECK(config.proxy_jump.empty());
}

TEST_CASE("algorithms are taken over as far as libssh2 has them") {
  CHECK(lookup("Ciphers chacha20-poly1305@openssh.com,aes256-ctr", "r1").options.encryption_algs ==
        "aes256-ctr");
  CHECK(lookup("KexAlgorithms +diffie-hellman-group14-sha1", "r1").options.kex_algs ==
        "+diffie-hellman-group14-sha1");
  CHECK(lookup("KexAlgorithms +sntrup761x25519-sha512@openssh.com", "r1").options.kex_algs.empty());
  CHECK(contains(lookup("MACs -*sha1*", "r1").options.mac_algs, "hmac-sha1"));
  CHECK(lookup("HostKeyAlgorithms ^ssh-rsa", "r1").options.server_host_key_algs == "^ssh-rsa");
  CHECK(error_of("Ciphers rot13\n") == "config:1: ciphers: libssh2 has none of rot13");
}

TEST_CASE("what cannot be understood is an error with file and line") {
  CHECK(error_of("\n# a comment\nPort many\n") == "config:3: port: \"many\" is no port");
  CHECK(contains(error_of("Port 0"), "config:1"));
  CHECK(contains(error_of("Port 65536"), "config:1"));
  CHECK(contains(error_of("Port 22x"), "config:1"));
  CHECK(contains(error_of("User\n"), "config:1: user of what?"));
  CHECK(contains(error_of("User \"admin\n"), "config:1: a quote is not closed"));
  CHECK(contains(error_of("ConnectTimeout soon"), "config:1: connecttimeout: \"soon\" is no time"));
  CHECK(contains(error_of("StrictHostKeyChecking perhaps"), "is none of"));
  CHECK(contains(error_of("IdentityFile /keys/%X"), "%X is not understood"));
  CHECK(contains(error_of("IdentityFile /keys/%"), "is not understood"));
  CHECK(contains(error_of("Host r2\nMatch exec true\n"), "config:2: match: only \"Match all\""));
  CHECK(error_of("Host r2\n  Port many\n") == "nothing thrown");  // it is not r1's
  CHECK_THROWS_WITH_AS(ConfigFile::load("/nowhere/config"),
                       doctest::Contains("/nowhere/config: cannot be read"), ConfigParseError);
}

TEST_CASE("any bytes are a configuration or an error") {
  const std::string text = "Host r1 \"r 2\"\n  Port=22\nUser a\\ b # c\nInclude /nowhere/*\n";
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int byte = 0; byte < 256; byte += 5) {
      std::string broken = text;
      broken[i] = static_cast<char>(byte);
      error_of(broken);  // for the sanitizers
    }
    error_of(text.substr(0, i));
  }
}

TEST_CASE("ssh -G reads a file as this reader does") {
  if (tests::shell("command -v ssh").empty()) {
    std::puts("SKIP the comparison with ssh -G: there is no ssh");
    return;
  }
  const tests::TemporaryDirectory directory;
  const std::string more = directory.write(
      "more.conf", "Host r3\n  User of-r3\nHost *\n  ConnectTimeout 7\n  ProxyJump jump\n");
  const std::string loop =
      directory.write("loop.conf", "Include " + (directory.path() / "loop.conf").string());
  const std::vector<std::string> files = {
      "Host r1\nPort 2222\nHost *\nPort 23\n",
      "Host r?\n HostName 10.0.0.1\nHost *.lab !r2.lab\n User lab\nHost r*\n HostName no\n",
      "Port=2022\n  User = spaced\nHost \"r1\"\nHostName '127.0.0.1' # why\n",
      "HostName %h.example\nIdentityFile /keys/a\nHost r1\nIdentityFile /keys/b\n",
      "Host r1 r3\nInclude " + more + "\nPort 24\n",
      "Include " + more + "\nUser late\n",
      "Host r2\nInclude " + more + "\nHost *\nUser x\n",
      "StrictHostKeyChecking accept-new\nUserKnownHostsFile /known/hosts\n",
      "StrictHostKeyChecking yes\nConnectTimeout 2m\nProxyJump a@b:22,c\nProxyJump none\n",
      "Host none\nPort 5\nMatch all\nPort 6\nUser \"a b\"\n",
      "hOsT R1\npOrT 99\nHost r1\nPORT 98\n",
      "Host *1 r2\nUser star\n\tHost=r3\n\tUser\ttab\r\n",
  };
  for (const std::string& text : files) {
    const std::string file = directory.write("config", text);
    for (const char* host : {"r1", "r2", "r3", "r2.lab", "r3.lab", "x"}) {
      std::map<std::string, std::string> expected = ask_ssh(file, host);
      const HostConfig config = ConfigFile::load(file).options_for(host);
      CAPTURE(text);
      CAPTURE(host);
      CHECK(config.hostname == expected["hostname"]);
      CHECK(std::to_string(config.options.port) == expected["port"]);
      CHECK(config.options.username == expected["user"]);
      CHECK(config.proxy_jump == expected["proxyjump"]);
      if (contains(text, "UserKnown")) {
        CHECK(config.options.known_hosts == expected["userknownhostsfile"]);
        CHECK(policy_name(config.options.host_key_policy) == expected["stricthostkeychecking"]);
      }
      if (expected["connecttimeout"] != "none") {
        CHECK(config.options.connect_timeout ==
              std::chrono::seconds(std::stoi(expected["connecttimeout"])));
      }
      std::string keys;
      for (const std::string& key : config.options.client_keys)
        keys += (keys.empty() ? "" : ",") + key;
      if (contains(text, "IdentityFile")) CHECK(keys == expected["identityfile"]);
    }
  }
  CHECK_THROWS_WITH_AS(ConfigFile::load(loop), doctest::Contains("includes go too deep"),
                       ConfigParseError);
}

}  // namespace rondo::ssh
