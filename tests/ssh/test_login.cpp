#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "child_server.h"
#include "leaks_of_libssh2.h"
#include "login_outcome.h"

// Logging in, with everything that proves who a user is.

namespace rondo::ssh {

namespace {

using tests::contains;
using tests::Sshd;

/// A directory with keys, all of which open the account of our sshd, and without a key of its own.
class Keys {
 public:
  Keys() { ::chmod(directory_.path().c_str(), 0755); }  // sshd reads it as its user

  /// Makes a key by ssh-keygen, and yields its path.
  std::string make(const std::string& name, const std::string& arguments,
                   const std::string& passphrase = "") {
    const std::string path = (directory_.path() / name).string();
    tests::shell("ssh-keygen -q " + arguments + " -N '" + passphrase + "' -f " + path + " 2>&1");
    tests::shell("cat " + path + ".pub >> " + authorized());
    return path;
  }
  std::string authorized() const { return (directory_.path() / "authorized").string(); }
  const tests::TemporaryDirectory& directory() const { return directory_; }
  /// What sshd's configuration must say.
  std::vector<std::string> configuration(std::vector<std::string> more = {}) const {
    more.push_back("AuthorizedKeysFile " + authorized());
    more.emplace_back("StrictModes no");
    return more;
  }

 private:
  tests::TemporaryDirectory directory_;
};

Options options_with_key(const Sshd& sshd, const std::string& path) {
  Options options = tests::options_for(sshd);
  options.password = "";
  options.client_keys = {path};
  return options;
}

bool asyncssh_can_run(const char* test) {
  static const bool there =
      std::system("/usr/bin/python3 -c 'import asyncssh' >/dev/null 2>&1") == 0;
  if (!there) std::printf("SKIP %s: there is no python3-asyncssh\n", test);
  return there;
}

tests::ChildServer start_asyncssh() {
  return tests::ChildServer({"/usr/bin/python3", "-W", "ignore",
                             RONDO_SOURCE_DIR "/tests/ssh/asyncssh_server.py", Sshd::password});
}

Options options_for(const tests::ChildServer& server, const std::string& username) {
  Options options;
  options.port = static_cast<std::uint16_t>(std::stoi(server.first_line()));
  options.host_key_policy = HostKeyPolicy::insecure;
  options.username = username;
  options.password = Sshd::password;
  return options;
}

}  // namespace

TEST_CASE("keys of every kind log in, OpenSSH's and PEM, with a passphrase or without") {
  const tests::LeaksOfLibssh2 unseen;
  if (!tests::sshd_can_run("keys of every kind")) return;
  Keys keys;
  struct Kind {
    const char* name;
    const char* arguments;
    const char* passphrase;
  };
  const std::vector<Kind> kinds = {
      {"ed25519", "-t ed25519", ""},
      {"ed25519-locked", "-t ed25519 -a 1", "battery"},
      {"ecdsa256", "-t ecdsa -b 256", ""},
      {"ecdsa384", "-t ecdsa -b 384", ""},
      {"ecdsa521-locked", "-t ecdsa -b 521 -a 1", "battery"},
      {"ecdsa-pem", "-t ecdsa -m PEM", ""},
      {"ecdsa-pem-locked", "-t ecdsa -m PEM", "battery"},
      {"ecdsa-pkcs8", "-t ecdsa -m PKCS8", ""},
      {"ecdsa-pkcs8-locked", "-t ecdsa -m PKCS8", "battery"},
      {"rsa", "-t rsa", ""},
      {"rsa-pem", "-t rsa -m PEM", ""},
      {"rsa-pem-locked", "-t rsa -m PEM", "battery"},
  };
  std::vector<std::string> paths;
  for (const Kind& kind : kinds)
    paths.push_back(keys.make(kind.name, kind.arguments, kind.passphrase));
  const Sshd sshd(keys.configuration({"PubkeyAcceptedAlgorithms +ssh-rsa"}));
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    Options options = options_with_key(sshd, paths[i]);
    options.passphrase = kinds[i].passphrase;
    const std::string text = tests::login_outcome(options);
    CHECK_MESSAGE(text == "connected", kinds[i].name, ": ", text);
  }
}

TEST_CASE("a key that cannot be used is an error that names the file and holds no passphrase") {
  if (!tests::sshd_can_run("keys that cannot be used")) return;
  Keys keys;
  const std::string locked = keys.make("locked", "-t ed25519 -a 1", "battery");
  const std::string pem = keys.make("locked-pem", "-t ecdsa -m PEM", "battery");
  const Sshd sshd(keys.configuration());
  const auto outcome = [&](const std::string& path, const std::string& passphrase) {
    Options options = options_with_key(sshd, path);
    options.passphrase = passphrase;
    return tests::login_outcome(options);
  };
  const std::string broken = keys.directory().write(
      "broken", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n");
  for (const std::string& path : {locked, pem}) {
    CHECK(contains(outcome(path, ""), path + ": is encrypted; set Options::passphrase"));
    const std::string wrong = outcome(path, "canary-7431");
    CHECK_MESSAGE(contains(wrong, path + ": cannot be opened with this passphrase"), wrong);
    CHECK(!contains(wrong, "canary"));
  }
  CHECK(contains(outcome(locked + ".pub", ""), ".pub: is no private key"));
  CHECK(contains(outcome(broken, ""), "broken: is a broken private key"));
  CHECK(contains(outcome("/nowhere/id", ""), "/nowhere/id: cannot be read: No such file"));
  CHECK(contains(outcome("/dev/zero", ""), "/dev/zero: is no file"));
}

TEST_CASE("a refusal says what was tried, what the server takes, and why an RSA key will not do") {
  if (!tests::sshd_can_run("a refusal")) return;
  Keys keys;
  const std::string rsa = keys.make("rsa", "-t rsa");
  const std::string stranger = keys.make("stranger", "-t ed25519");
  tests::shell("grep -v ed25519 " + keys.authorized() + " > " + keys.authorized() + ".new; mv " +
               keys.authorized() + ".new " + keys.authorized());
  const Sshd sshd(keys.configuration({"PubkeyAcceptedAlgorithms -ssh-rsa"}));
  Options options = options_with_key(sshd, stranger);
  options.client_keys.push_back(rsa);
  options.password = "canary-7431";
  const std::string text = tests::login_outcome(options);
  CHECK_MESSAGE(contains(text, "PermissionDenied: 127.0.0.1:"), text);
  CHECK(contains(text, "tried publickey (" + stranger + "), publickey (" + rsa + "), password;"));
  CHECK(contains(text, "the server accepts only publickey,password"));
  CHECK(contains(text, "signs with RSA keys by SHA-1 only"));
  CHECK(!contains(text, "canary"));

  options.client_keys = {stranger};
  options.password = Sshd::password;
  CHECK(tests::login_outcome(options) == "connected");  // a refused key is not the end
  options.preferred_auth = "publickey";
  CHECK(contains(tests::login_outcome(options), "tried publickey"));
}

TEST_CASE("an algorithm or a login method that there is not is told before anything connects") {
  Options options;
  options.port = 1;
  CHECK(contains(tests::login_outcome(options), "Connection refused"));
  options.preferred_auth = "password,hostbased";
  CHECK(contains(tests::login_outcome(options), "Options::preferred_auth: \"hostbased\""));
  options.preferred_auth = "password";
  options.kex_algs = "rot13-sha1";
  CHECK(contains(tests::login_outcome(options), "Options::kex_algs: \"rot13-sha1\" is none of "));
}

TEST_CASE("a server that wants a key and a password gets both, in either order") {
  if (!tests::sshd_can_run("two methods in a row")) return;
  Keys keys;
  const std::string path = keys.make("key", "-t ed25519");
  for (const char* methods : {"publickey,password", "password,publickey"}) {
    const Sshd sshd(keys.configuration({std::string("AuthenticationMethods ") + methods}));
    Options options = options_with_key(sshd, path);
    CHECK(contains(tests::login_outcome(options), "PermissionDenied"));
    options.password = Sshd::password;
    const std::string text = tests::login_outcome(options);
    CHECK_MESSAGE(text == "connected", methods, ": ", text);
  }
}

TEST_CASE("the keys of an agent log in, and one that is not there is an error") {
  if (!tests::sshd_can_run("an agent")) return;
  Keys keys;
  const std::string stranger = keys.make("stranger", "-t ed25519");
  tests::shell("rm " + keys.authorized());
  const std::string ecdsa = keys.make("ecdsa", "-t ecdsa");
  const std::string socket = (keys.directory().path() / "agent").string();
  const tests::ChildServer agent({"ssh-agent", "-D", "-a", socket});
  const Sshd sshd(keys.configuration());
  Options options = options_with_key(sshd, "");
  options.client_keys.clear();
  options.agent_path = socket;
  const std::string empty = tests::login_outcome(options);
  CHECK_MESSAGE(contains(empty, "no key in the agent at " + socket), empty);
  tests::shell("SSH_AUTH_SOCK=" + socket + " ssh-add -q " + stranger + " 2>&1");
  CHECK(contains(tests::login_outcome(options), "PermissionDenied"));
  tests::shell("SSH_AUTH_SOCK=" + socket + " ssh-add -q " + ecdsa + " 2>&1");
  const std::string text = tests::login_outcome(options);
  CHECK_MESSAGE(text == "connected", text);
  options.agent_path = "/nowhere/agent";
  CHECK(contains(tests::login_outcome(options), "/nowhere/agent"));
}

TEST_CASE("an agent that hangs, hangs up or talks nonsense ends in an error, in time") {
  if (!tests::sshd_can_run("a bad agent")) return;
  Keys keys;
  const Sshd sshd(keys.configuration());
  const std::string socket = (keys.directory().path() / "agent").string();
  for (const std::string& answer :
       {std::string(), std::string("hang"), std::string(8, '\xff'),
        std::string("\0\0\0\x05\x0c\xff\xff\xff\xff", 9), std::string("\0\0\0\x01\x05", 5)}) {
    const auto behave = [&](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
      co_await reader.readexactly(5);
      writer.write(answer == "hang" ? "" : answer);
      if (answer == "hang") co_await reader.read();
      writer.close();
    };
    const auto try_it = [&]() -> Coroutine<std::string> {
      Server server = co_await start_unix_server(behave, socket);
      Options options = options_with_key(sshd, "");
      options.client_keys.clear();
      options.agent_path = socket;
      options.login_timeout = std::chrono::seconds(1);
      std::string text = "connected";
      try {
        co_await connect("127.0.0.1", options);
      } catch (const Error& error) {
        text = error.what();
      } catch (const IncompleteReadError&) {
        text = "hung up";
      } catch (const TimeoutError& error) {
        text = error.what();
      }
      server.close();
      server.abort_clients();
      co_await server.wait_closed();
      co_return text;
    };
    const std::string text = run(try_it());
    CHECK(text != "connected");
    CHECK(contains(text, answer.empty()     ? "hung up"
                         : answer == "hang" ? "no SSH login in time"
                                            : "the agent's answer"));
  }
}

TEST_CASE("dropbear takes the password and keys, and refuses others") {
  if (!tests::sshd_can_run("dropbear")) return;
  if (tests::shell("command -v dropbear dropbearkey").empty()) {
    std::puts("SKIP dropbear: it is not installed (dropbear-bin)");
    return;
  }
  const Sshd sshd;  // for its user
  Keys keys;
  const std::string base = sshd.directory().path().string();
  const std::string key = keys.make("key", "-t ed25519");
  tests::shell("mkdir -m 755 " + base + "/.ssh && cp " + keys.authorized() + " " + base +
               "/.ssh/authorized_keys && dropbearkey -t ed25519 -f " + base + "/dropbear_key 2>&1");
  const auto free_port = []() -> Coroutine<std::uint16_t> {
    const auto refuse = [](StreamReader, StreamWriter writer) -> Coroutine<void> {
      writer.close();
      co_return;
    };
    Server server = co_await start_server(refuse, "127.0.0.1", 0);
    const std::uint16_t port = server.sockets()[0].port();
    server.close();
    co_await server.wait_closed();
    co_return port;
  };
  const std::uint16_t port = run(free_port());
  const tests::ChildServer dropbear(
      {"unshare", "-m", "sh", "-c",
       "mount --bind " + base + "/passwd /etc/passwd && mount --bind " + base +
           "/shadow /etc/shadow && exec dropbear -F -E -p 127.0.0.1:" + std::to_string(port) +
           " -r " + base + "/dropbear_key 2>&1"});
  Options options = tests::options_for(sshd);
  options.port = port;
  options.host_key_policy = HostKeyPolicy::accept_new;
  options.known_hosts = base + "/known_dropbear";
  CHECK(tests::login_outcome(options) == "connected");
  CHECK(tests::login_outcome(options, [](const Connection& connection) {
          return connection.server_version().substr(0, 16);
        }) == "SSH-2.0-dropbear");
  options.password = "canary-7431";
  const std::string wrong = tests::login_outcome(options);
  CHECK_MESSAGE(contains(wrong, "PermissionDenied"), wrong);
  options.client_keys = {key};
  options.password = "";
  const std::string text = tests::login_outcome(options);
  CHECK_MESSAGE(text == "connected", text);
}

TEST_CASE("a connection asks whether its server is there as often as the options say") {
  if (!tests::sshd_can_run("keep-alive")) return;
  const Sshd sshd;
  Options options = tests::options_for(sshd);
  // The settings of the socket that is connected to sshd.
  const auto settings = [&](const Connection&) {
    std::string text;
    for (int fd = 3; fd < 200; ++fd) {
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
          peer.sin_family != AF_INET || peer.sin_port != htons(sshd.port())) {
        continue;
      }
      for (const auto& [level, option] : {std::pair<int, int>(SOL_SOCKET, SO_KEEPALIVE),
                                          std::pair<int, int>(IPPROTO_TCP, TCP_KEEPIDLE),
                                          std::pair<int, int>(IPPROTO_TCP, TCP_KEEPINTVL),
                                          std::pair<int, int>(IPPROTO_TCP, TCP_KEEPCNT)}) {
        int value = -1;
        size = sizeof value;
        ::getsockopt(fd, level, option, &value, &size);
        text += std::to_string(value) + " ";
      }
    }
    return text;
  };
  CHECK(tests::login_outcome(options, settings).starts_with("0 "));
  options.keepalive_interval = std::chrono::seconds(7);
  options.keepalive_count_max = 4;
  CHECK(tests::login_outcome(options, settings) == "1 7 7 4 ");
  options.keepalive_interval = std::chrono::seconds(-1);
  CHECK(contains(tests::login_outcome(options), "ValueError"));
}

TEST_CASE("asyncssh's server asks its questions, and gets the password or the user's answers") {
  if (!asyncssh_can_run("questions")) return;
  const tests::ChildServer server = start_asyncssh();
  CHECK(tests::login_outcome(options_for(server, "password")) == "connected");
  CHECK(tests::login_outcome(options_for(server, "asks")) == "connected");
  Options shows = options_for(server, "asks");
  std::string banners;
  shows.auth_banner_received = [&banners](std::string_view text) { banners += text; };
  CHECK(tests::login_outcome(shows) == "connected");
  CHECK(banners == "be good\n");
  Options options = options_for(server, "asks");
  options.password = "canary-7431";
  const std::string wrong = tests::login_outcome(options);
  CHECK_MESSAGE(contains(wrong, "tried keyboard-interactive; the server accepts only"), wrong);
  CHECK(!contains(wrong, "canary"));

  options = options_for(server, "asks-twice");
  const std::string unanswered = tests::login_outcome(options);
  CHECK_MESSAGE(contains(unanswered, "nobody could answer \"Number: \""), unanswered);
  std::string seen;
  options.kbdint_challenge_received = [&seen](std::string_view name, std::string_view instructions,
                                              const std::vector<Prompt>& prompts) {
    seen = std::string(name) + "|" + std::string(instructions);
    for (const Prompt& prompt : prompts)
      seen += "|" + prompt.text + (prompt.echo ? "shown" : "hidden");
    return std::vector<Secret>{Sshd::password, "42"};
  };
  CHECK(tests::login_outcome(options) == "connected");
  CHECK(seen == "questions|answer them|Password: hidden|Number: shown");
  options.kbdint_challenge_received = [](auto, auto, const auto&) -> std::vector<Secret> {
    throw std::runtime_error("the user went home");
  };
  CHECK(tests::login_outcome(options) == "other: the user went home");
}

}  // namespace rondo::ssh
