// Drivers over SSH: at the lab's routers, and through a jump host.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices.h>

#include "../runtime/virtual_run.h"
#include "../ssh/child_server.h"
#include "../ssh/sshd.h"
#include "fake_device.h"

namespace {

using namespace rondo;
using namespace rondo::devices;
using namespace rondo::testing;
using tests::contains;

/// The lab with two routers: r1 speaks SSH, r2 telnet.
class Lab {
 public:
  Lab()
      : server_({RONDO_LAB, "--known-hosts", known_hosts(), "--routers",
                 directory_.write("routers.yaml", routers())}) {}

  std::string known_hosts() const { return (directory_.path() / "known_hosts").string(); }

  Options options() const {
    Options options;
    options.host = "127.0.0.1";
    options.port = port_;
    options.platform = "cisco_ios";
    options.auth_username = "cisco";
    options.auth_password = "Correct-Horse-7";
    options.auth_secondary = "nevertell";
    options.ssh_known_hosts_file = known_hosts();
    return options;
  }

  Options telnet_options() const {
    Options options = this->options();
    options.port = telnet_port_;
    options.transport = "telnet";
    return options;
  }

 private:
  std::string routers() const {
    return "routers:\n" + router("r1", "ssh", port_) + router("r2", "telnet", telnet_port_);
  }

  static std::string router(const std::string& name, const std::string& transport,
                            std::uint16_t port) {
    return "  - {hostname: " + name + ", address: 127.0.0.1, transport: " + transport +
           ", port: " + std::to_string(port) +
           ", username: cisco, password: Correct-Horse-7, enable_secret: nevertell,\n"
           "     interfaces: [{name: Loopback0, ip: 10.0.0.1/32}]}\n";
  }

  tests::TemporaryDirectory directory_;
  std::uint16_t port_ = tests::free_port();
  std::uint16_t telnet_port_ = tests::free_port();
  tests::ChildServer server_;
};

bool lab_can_run(const char* test) {
  const bool there = std::filesystem::exists(RONDO_LAB);
  if (!there) std::printf("SKIP %s: the lab was not built\n", test);
  return there;
}

TEST_CASE("a router of the lab is read and configured over SSH") {
  if (!lab_can_run("a router over SSH")) return;
  const Lab lab;
  std::string log;
  const auto main = [&]() -> Coroutine<> {
    auto options = lab.options();
    options.channel_log = [&log](std::string_view text) { log += text; };
    const auto body = [](NetworkDriver& router) -> Coroutine<> {
      const MultiResponse shown =
          co_await router.send_commands("show ip interface brief", "show running-config");
      CHECK(!shown.failed());
      CHECK(contains(shown[0].result, "Loopback0"));
      CHECK(shown[0].result.starts_with("Interface"));
      const auto records = shown[0].textfsm_parse_output();  // by a template of rondo's own
      REQUIRE(records.size() == 1);
      CHECK(std::get<std::string>(records[0].begin()->second) != "");
      CHECK(!contains(shown[1].result, "--More--"));
      const MultiResponse configured = co_await router.send_configs(
          "hostname core", "interface Loopback7", "ip address 10.7.7.7 255.255.255.255");
      configured.raise_for_status();
      const Response after = co_await router.send_command("show ip interface brief");
      CHECK(contains(after.result, "10.7.7.7"));
      const std::string prompt = co_await router.get_prompt();
      CHECK(prompt == "core#");
    };
    NetworkDriver driver(options);
    co_await async_with(driver, body);
    const std::string platform = co_await detect_platform(lab.options());
    CHECK(platform == "cisco_iosxe");
  };
  run(main());
  CHECK(!contains(log, "nevertell"));
}

TEST_CASE("a login over SSH that cannot be says why, and names no password") {
  if (!lab_can_run("logins that fail over SSH")) return;
  const Lab lab;
  const auto main = [&]() -> Coroutine<> {
    const std::string peer = lab.options().peer() + ": ";
    auto options = lab.options();
    options.auth_password = "canary-7431";
    const bool refused = co_await throws<AuthenticationFailed>(NetworkDriver(options).open());
    CHECK(refused);
    const std::string why = co_await error_of(NetworkDriver(options).open());
    CHECK(why.starts_with(peer));
    CHECK(!contains(why, "canary"));

    options = lab.options();
    options.ssh_known_hosts_file = "/dev/null";
    const bool unknown = co_await throws<AuthenticationFailed>(NetworkDriver(options).open());
    CHECK(unknown);
    options.auth_strict_key = false;
    const NetworkDriver trusting(options);
    co_await trusting.open();
    co_await trusting.close();

    options = lab.options();
    options.ssh_options.kex_algs = "diffie-hellman-group1-sha1";
    const std::string mismatch = co_await error_of(NetworkDriver(options).open());
    CHECK(mismatch.starts_with(peer));
    CHECK_MESSAGE(contains(mismatch, "diffie-hellman-group1-sha1"), mismatch);
    CHECK(contains(mismatch, "curve25519-sha256"));

    options = lab.options();
    options.port = tests::free_port();
    const bool nobody = co_await throws<devices::ConnectionError>(NetworkDriver(options).open());
    CHECK(nobody);
  };
  run(main());
}

TEST_CASE("a router is reached through a jump host by SSH and by telnet, and lost with it") {
  const std::string why_not = tests::Sshd::unavailable();
  if (!why_not.empty()) {
    std::printf("SKIP a jump host: %s\n", why_not.c_str());
    return;
  }
  if (!lab_can_run("a jump host")) return;
  const Lab lab;
  const tests::Sshd sshd;
  const auto main = [&]() -> Coroutine<> {
    ssh::Options how;
    how.port = sshd.port();
    how.username = tests::Sshd::username;
    how.password = tests::Sshd::password;
    how.known_hosts = sshd.known_hosts();
    const ssh::Connection jump_host = co_await ssh::connect("127.0.0.1", how);
    std::vector<NetworkDriver> ways;
    for (auto options : {lab.options(), lab.telnet_options()}) {
      options.tunnel = jump_host;
      const NetworkDriver router(options);
      co_await router.open();
      const Response clock = co_await router.send_command("show clock");
      CHECK(!clock.failed);
      ways.push_back(router);
    }

    // Without the jump host the router is out of reach.
    jump_host.close();
    co_await jump_host.wait_closed();
    for (const NetworkDriver& router : ways) {
      const std::string lost = co_await error_of(router.send_command("show clock"));
      CHECK_MESSAGE(contains(lost, "the connection has ended"), lost);
      co_await router.close();
    }
  };
  run(main());
}

}  // namespace
