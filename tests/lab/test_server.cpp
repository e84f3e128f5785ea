// The lab over the wire, with libssh's own client.
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <libssh/libssh.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/lab/server.h>

namespace {

using namespace rondo::lab;
using namespace std::chrono_literals;

Router router_on_loopback(const std::string& hostname = "r1") {
  Router router;
  router.hostname = hostname;
  router.address = "127.0.0.1";
  router.port = 0;
  router.username = "cisco";
  router.password = "right";
  router.enable_secret = "secret";
  Interface interface;
  interface.name = "Loopback0";
  router.interfaces = {interface};
  return router;
}

struct FreeSession {
  void operator()(ssh_session session) const {
    ssh_disconnect(session);
    ssh_free(session);
  }
};
using SshClient = std::unique_ptr<ssh_session_struct, FreeSession>;

SshClient make_client(const LabEndpoint& endpoint) {
  SshClient client(ssh_new());
  const unsigned port = endpoint.port;
  const bool process_configuration = false;
  const long seconds = 10;
  ssh_options_set(client.get(), SSH_OPTIONS_PROCESS_CONFIG, &process_configuration);
  ssh_options_set(client.get(), SSH_OPTIONS_HOST, endpoint.address.c_str());
  ssh_options_set(client.get(), SSH_OPTIONS_PORT, &port);
  ssh_options_set(client.get(), SSH_OPTIONS_USER, "cisco");
  ssh_options_set(client.get(), SSH_OPTIONS_TIMEOUT, &seconds);
  return client;
}

SshClient connect_to(const LabEndpoint& endpoint) {
  SshClient client = make_client(endpoint);
  REQUIRE(ssh_connect(client.get()) == SSH_OK);
  return client;
}

ssh_channel open_session(const SshClient& client) {
  const ssh_channel channel = ssh_channel_new(client.get());
  REQUIRE(ssh_channel_open_session(channel) == SSH_OK);
  return channel;
}

// Reads until the text has come or the channel ends.
std::string read_until(ssh_channel channel, const std::string& end) {
  std::string received;
  char buffer[1024];
  while (end.empty() || !received.ends_with(end)) {
    const int size = ssh_channel_read_timeout(channel, buffer, sizeof buffer, 0, 5000);
    if (size <= 0) break;
    received.append(buffer, static_cast<std::size_t>(size));
  }
  return received;
}

}  // namespace

TEST_CASE("a client logs in, works in a shell and leaves") {
  LabServer server({router_on_loopback()});
  server.start();
  const SshClient client = connect_to(server.endpoints()[0]);
  REQUIRE(ssh_userauth_password(client.get(), nullptr, "right") == SSH_AUTH_SUCCESS);
  const ssh_channel channel = open_session(client);
  REQUIRE(ssh_channel_request_pty_size(channel, "vt100", 80, 24) == SSH_OK);
  REQUIRE(ssh_channel_request_shell(channel) == SSH_OK);
  CHECK(read_until(channel, ">") == "\r\nr1>");
  ssh_channel_write(channel, "enable\nsecret\n", 14);
  CHECK(read_until(channel, "#") == "enable\r\nPassword: \r\nr1#");
  ssh_channel_write(channel, "exit\n", 5);
  CHECK(read_until(channel, "") == "exit\r\n");
  CHECK(ssh_channel_get_exit_status(channel) == 0);
}

TEST_CASE("a command runs without a shell and exits with 0") {
  LabServer server({router_on_loopback()});
  server.start();
  const SshClient client = connect_to(server.endpoints()[0]);
  REQUIRE(ssh_userauth_password(client.get(), nullptr, "right") == SSH_AUTH_SUCCESS);
  const ssh_channel channel = open_session(client);
  REQUIRE(ssh_channel_request_exec(channel, "show ip int br | i Loop") == SSH_OK);
  ssh_channel_send_eof(channel);
  CHECK(read_until(channel, "").starts_with("Loopback0 "));
  CHECK(ssh_channel_get_exit_status(channel) == 0);
}

TEST_CASE("a wrong password is refused, and the third one ends the connection") {
  LabServer server({router_on_loopback()});
  server.start();
  const SshClient client = connect_to(server.endpoints()[0]);
  CHECK(ssh_userauth_password(client.get(), nullptr, "wrong") == SSH_AUTH_DENIED);
  CHECK(ssh_userauth_password(client.get(), nullptr, "wrong") == SSH_AUTH_DENIED);
  ssh_userauth_password(client.get(), nullptr, "wrong");
  CHECK(ssh_userauth_password(client.get(), nullptr, "right") == SSH_AUTH_ERROR);
}

TEST_CASE("a second password may be the right one, and another user's is not") {
  LabServer server({router_on_loopback()});
  server.start();
  const SshClient client = connect_to(server.endpoints()[0]);
  CHECK(ssh_userauth_password(client.get(), "root", "right") == SSH_AUTH_DENIED);
  CHECK(ssh_userauth_password(client.get(), "cisco", "right") == SSH_AUTH_SUCCESS);
}

TEST_CASE("the password may be asked for interactively") {
  LabServer server({router_on_loopback()});
  server.start();
  const SshClient client = connect_to(server.endpoints()[0]);
  for (const char* password : {"wrong", "right"}) {
    REQUIRE(ssh_userauth_kbdint(client.get(), nullptr, nullptr) == SSH_AUTH_INFO);
    REQUIRE(ssh_userauth_kbdint_getnprompts(client.get()) == 1);
    CHECK(std::string(ssh_userauth_kbdint_getprompt(client.get(), 0, nullptr)) == "Password: ");
    ssh_userauth_kbdint_setanswer(client.get(), 0, password);
    const bool right = password == std::string("right");
    CHECK(ssh_userauth_kbdint(client.get(), nullptr, nullptr) ==
          (right ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED));
  }
  const ssh_channel channel = open_session(client);
  REQUIRE(ssh_channel_request_shell(channel) == SSH_OK);
  CHECK(read_until(channel, ">") == "\r\nr1>");
}

TEST_CASE("only one session channel is served: no forwarding, no second one, no subsystem") {
  LabServer server({router_on_loopback()});
  server.start();
  const SshClient client = connect_to(server.endpoints()[0]);
  REQUIRE(ssh_userauth_password(client.get(), nullptr, "right") == SSH_AUTH_SUCCESS);
  const ssh_channel forward = ssh_channel_new(client.get());
  CHECK(ssh_channel_open_forward(forward, "127.0.0.1", 1, "127.0.0.1", 2) == SSH_ERROR);
  CHECK(ssh_channel_listen_forward(client.get(), "127.0.0.1", 0, nullptr) == SSH_ERROR);
  const ssh_channel channel = open_session(client);
  const ssh_channel second = ssh_channel_new(client.get());
  CHECK(ssh_channel_open_session(second) == SSH_ERROR);
  CHECK(ssh_channel_request_subsystem(channel, "sftp") == SSH_ERROR);
  REQUIRE(ssh_channel_request_shell(channel) == SSH_OK);
  CHECK(ssh_channel_request_shell(channel) == SSH_ERROR);
  CHECK(read_until(channel, ">") == "\r\nr1>");
}

TEST_CASE("who does not log in in time is sent away") {
  LabServer server({router_on_loopback()}, {.login = 1s, .idle = 600s, .connections = 10});
  server.start();
  const auto begin = std::chrono::steady_clock::now();
  const SshClient client = connect_to(server.endpoints()[0]);
  while (ssh_is_connected(client.get()) != 0 && std::chrono::steady_clock::now() - begin < 5s) {
    ssh_userauth_none(client.get(), nullptr);
    std::this_thread::sleep_for(20ms);
  }
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

TEST_CASE("who is idle too long is sent away") {
  LabServer server({router_on_loopback()}, {.login = 30s, .idle = 1s, .connections = 10});
  server.start();
  const SshClient client = connect_to(server.endpoints()[0]);
  REQUIRE(ssh_userauth_password(client.get(), nullptr, "right") == SSH_AUTH_SUCCESS);
  const ssh_channel channel = open_session(client);
  REQUIRE(ssh_channel_request_shell(channel) == SSH_OK);
  const auto begin = std::chrono::steady_clock::now();
  read_until(channel, "");
  CHECK(std::chrono::steady_clock::now() - begin < 4s);
}

TEST_CASE("stopping ends open sessions soon, also one that is busy") {
  Router router = router_on_loopback();
  router.delay = 60s;
  LabServer server({router});
  server.start();
  std::vector<SshClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(connect_to(server.endpoints()[0]));
    REQUIRE(ssh_userauth_password(clients.back().get(), nullptr, "right") == SSH_AUTH_SUCCESS);
    const ssh_channel channel = open_session(clients.back());
    REQUIRE(ssh_channel_request_shell(channel) == SSH_OK);
    CHECK(read_until(channel, ">") == "\r\nr1>");
    ssh_channel_write(channel, "show clock\n", 11);
    CHECK(read_until(channel, "\n") == "show clock\r\n");
  }
  const auto begin = std::chrono::steady_clock::now();
  server.stop();
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
}

TEST_CASE("a port that is taken is named with its router") {
  const LabServer first({router_on_loopback()});
  Router second = router_on_loopback("r2");
  second.port = first.endpoints()[0].port;
  const std::string place = "r2 cannot listen at 127.0.0.1:" + std::to_string(second.port);
  CHECK_THROWS_WITH_AS(LabServer({second}), doctest::Contains(place.c_str()), std::runtime_error);
  CHECK_THROWS_WITH_AS(LabServer({second}), doctest::Contains("another lab may be running"),
                       std::runtime_error);
}

TEST_CASE("a server that never started, or is stopped twice, minds neither") {
  LabServer never({router_on_loopback()});
  never.stop();
  LabServer server({router_on_loopback()});
  server.start();
  server.stop();
  server.stop();
}

TEST_CASE("an old device speaks old algorithms alone, and has an RSA key") {
  Router router = router_on_loopback();
  router.faults = {Fault::legacy_algorithms};
  LabServer server({router});
  server.start();
  const LabEndpoint& endpoint = server.endpoints()[0];
  CHECK(endpoint.key_type == "ssh-rsa");
  const SshClient modern = make_client(endpoint);
  CHECK(ssh_connect(modern.get()) == SSH_ERROR);
  const SshClient old = make_client(endpoint);
  ssh_options_set(old.get(), SSH_OPTIONS_KEY_EXCHANGE, "diffie-hellman-group14-sha1");
  ssh_options_set(old.get(), SSH_OPTIONS_HOSTKEYS, "ssh-rsa");
  ssh_options_set(old.get(), SSH_OPTIONS_CIPHERS_C_S, "aes128-cbc");
  ssh_options_set(old.get(), SSH_OPTIONS_CIPHERS_S_C, "aes128-cbc");
  ssh_options_set(old.get(), SSH_OPTIONS_HMAC_C_S, "hmac-sha1");
  ssh_options_set(old.get(), SSH_OPTIONS_HMAC_S_C, "hmac-sha1");
  CHECK(ssh_connect(old.get()) == SSH_OK);
  CHECK(ssh_userauth_password(old.get(), nullptr, "right") == SSH_AUTH_SUCCESS);
}

TEST_CASE("an output may end with the channel, or with the whole connection") {
  for (const Fault fault : {Fault::half_close, Fault::cut}) {
    Router router = router_on_loopback();
    router.faults = {fault};
    LabServer server({router});
    server.start();
    const SshClient client = connect_to(server.endpoints()[0]);
    REQUIRE(ssh_userauth_password(client.get(), nullptr, "right") == SSH_AUTH_SUCCESS);
    const ssh_channel channel = open_session(client);
    REQUIRE(ssh_channel_request_shell(channel) == SSH_OK);
    CHECK(read_until(channel, ">") == "\r\nr1>");
    ssh_channel_write(channel, "show clock\n", 11);
    const std::string output = read_until(channel, "");
    CHECK(output.starts_with("show clock\r\n*"));
    CHECK(output.find('\r', output.find('*')) == std::string::npos);
    CHECK((ssh_is_connected(client.get()) != 0) == (fault == Fault::half_close));
  }
}
