// netdev's words, and finding out which platform answers.

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices.h>

#include "../runtime/virtual_run.h"
#include "fake_device.h"

namespace {

using namespace rondo;
using namespace rondo::testing;
using tests::contains;
using tests::FakeDevice;
using tests::FakeIos;

devices::netdev::Parameters parameters_for(FakeDevice& device, const std::string& type) {
  devices::netdev::Parameters parameters;
  parameters.options = device.options();
  parameters.host = "r1";
  parameters.username = "admin";
  parameters.password = "Correct-Horse-7";
  parameters.secret = "nevertell";
  parameters.device_type = type;
  return parameters;
}

TEST_CASE("netdev: connect, read, configure, move between modes, disconnect") {
  FakeDevice device;
  FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    const auto router = devices::netdev::create(parameters_for(device, "cisco_ios"));
    CHECK(router.base_prompt().empty());
    co_await async_with(router, [&](const devices::netdev::Device& r1) -> Coroutine<> {
      CHECK(r1.base_prompt() == "r1");
      CHECK(r1.check_enable_mode());
      CHECK(!r1.check_config_mode());
      const std::string clock = co_await r1.send_command("show clock");
      CHECK(clock == "12:00:00.000 UTC");
      devices::netdev::CommandOptions as_it_is;
      as_it_is.strip_command = false;
      as_it_is.strip_prompt = false;
      const std::string all = co_await r1.send_command("show clock", as_it_is);
      CHECK(all == "show clock\n12:00:00.000 UTC\nr1#");
      const std::string wrong = co_await r1.send_command("show nothing");
      CHECK(contains(wrong, "% Invalid input"));

      const std::vector<std::string> configs = {"interface Loopback5", "description a"};
      const std::string said = co_await r1.send_config_set(configs);
      CHECK(contains(said, "interface Loopback5\n"));
      CHECK(ios.mode == "#");
      devices::netdev::ConfigOptions stay;
      stay.exit_config_mode = false;
      co_await r1.send_config_set(configs, stay);
      CHECK(r1.check_config_mode());
      CHECK(r1.check_enable_mode());
      co_await r1.send_config_set(configs, stay);
      co_await r1.exit_config_mode();
      co_await r1.exit_config_mode();
      CHECK(ios.mode == "#");
      co_await r1.exit_enable_mode();
      CHECK(!r1.check_enable_mode());
      CHECK(ios.mode == ">");
      co_await r1.send_command("show clock");
      CHECK(ios.mode == ">");  // a command moves nothing
      co_await r1.enable_mode();
      co_await r1.config_mode();
      CHECK(ios.mode == "(config)#");
    });
    CHECK(device.closed == 1);
  });
}

TEST_CASE("netdev: a pattern besides the prompt, and errors in its own words") {
  FakeDevice device;
  FakeIos ios(device);
  device.on_line = [&, run = device.on_line](const std::string& line) {
    if (line != "reload") return run(line);
    device.say("System\nconfiguration modified. Save? [yes/no]: ");
    device.show_prompt = false;
  };
  run_virtual([&]() -> Coroutine<> {
    const auto router = devices::netdev::create(parameters_for(device, "cisco_ios"));
    const bool closed =
        co_await throws<devices::netdev::DisconnectError>(router.send_command("show clock"));
    CHECK(closed);
    co_await router.connect();
    devices::netdev::CommandOptions options;
    options.pattern = R"(system.*\[yes/no\])";
    options.re_flags = "s";
    const std::string asked = co_await router.send_command("reload", options);
    CHECK(asked == "System\nconfiguration modified. Save? [yes/no]:");
    co_await router.send_command("no");
    const TimePoint start = get_running_loop().time();
    const bool late = co_await throws<devices::netdev::TimeoutError>(router.send_command("reload"));
    CHECK(late);
    CHECK(get_running_loop().time() - start == 15s);
    device.hang_up();
    co_await router.disconnect();

    auto parameters = parameters_for(device, "cisco_ios");
    parameters.secret = "wrong";
    ios.mode = ">";
    device.prompt = "r1>";
    const auto refused = devices::netdev::create(std::move(parameters));
    const bool failed = co_await throws<devices::PrivilegeError>(refused.connect());
    CHECK(failed);
    CHECK_THROWS_AS(devices::netdev::create(parameters_for(device, "cisco")),
                    devices::UnsupportedPlatform);
    const auto huawei = devices::netdev::create(parameters_for(device, "huawei"));
    CHECK_THROWS_AS(static_cast<void>(huawei.enable_mode()), devices::PrivilegeError);
  });
}

TEST_CASE("netdev: IOS XR commits by itself, and tells when the device refuses") {
  FakeDevice device;
  device.prompt = "RP/0/RP0/CPU0:xr1#";
  bool refuses = false;
  device.on_line = [&](const std::string& line) {
    if (line == "configure terminal") device.prompt = "RP/0/RP0/CPU0:xr1(config)#";
    if (line == "end" || line == "abort") device.prompt = "RP/0/RP0/CPU0:xr1#";
    if (line.starts_with("commit") && refuses) device.say("% Failed to commit one or more items\n");
  };
  run_virtual([&]() -> Coroutine<> {
    const auto router = devices::netdev::create(parameters_for(device, "cisco_ios_xr"));
    co_await router.connect();
    devices::netdev::ConfigOptions options;
    options.commit_comment = "ticket 4711";
    const std::vector<std::string> configs = {"hostname core"};
    const std::string said = co_await router.send_config_set(configs, options);
    CHECK(contains(said, "commit comment ticket 4711"));
    CHECK(!router.check_config_mode());
    refuses = true;
    const bool refused =
        co_await throws<devices::netdev::CommitError>(router.send_config_set(configs));
    CHECK(refused);
    CHECK(!router.check_config_mode());
    CHECK(device.lines.back() == "abort");
    co_await router.disconnect();
  });
}

TEST_CASE("the platform of a device is found out by what it says of itself") {
  struct Case {
    const char* platform;
    const char* prompt;
    const char* command;
    const char* answer;
  };
  const std::vector<Case> cases = {
      {"cisco_iosxe", "r1>", "show version", "Cisco IOS Software, C2900 Software, Version 15.2\n"},
      {"cisco_iosxe", "r1#", "show version", "Cisco IOS XE Software, Version 17.03.04a\n"},
      {"cisco_nxos", "n1# ", "show version", "Cisco Nexus Operating System (NX-OS) Software\n"},
      {"cisco_iosxr", "RP/0/RP0/CPU0:xr#", "show version", "Cisco IOS XR Software, 7.3.2\n"},
      {"arista_eos", "sw1>", "show version", "Arista DCS-7050TX-64-R\n"},
      {"juniper_junos", "admin@mx> ", "show version",
       "Hostname: mx\nModel: mx240\nJunos: 20.4R3\n"},
      {"cisco_asa", "fw> ", "show version", "Cisco Adaptive Security Appliance Software 9.14\n"},
      {"huawei", "<core>", "display version", "Huawei Versatile Routing Platform Software\n"},
      {"hp_comware", "<HP>", "display version", "HPE Comware Software, Version 7.1.070\n"},
      {"aruba_aos_8", "(c1) [mynode] #", "show version",
       "ArubaOS (MODEL: 7005), Version 8.6.0.4\n"},
      {"mikrotik_routeros", "[admin@MikroTik] > ", "/system resource print",
       "platform: MikroTik\nversion: 6.48\n"}};
  for (const Case& one : cases) {
    CAPTURE(one.platform);
    FakeDevice device;
    device.greeting = "Cisco IOS Software? No: a banner that says what it likes #\n";
    device.prompt = one.prompt;
    device.on_line = [&](const std::string& line) {
      device.say(line == one.command ? one.answer : "% unknown\n");
    };
    const std::string found = run_virtual([&]() -> Coroutine<std::string> {
      return devices::detect_platform(device.options("nonsense"));
    });
    CHECK(found == one.platform);
    CHECK(device.closed == 1);
  }
  FakeDevice device;
  device.prompt = "toaster> ";
  device.on_line = [&](const std::string&) { device.say("bread?\n"); };
  run_virtual([&]() -> Coroutine<> {
    const std::string text = co_await error_of(devices::detect_platform(device.options()));
    CHECK(contains(text, "r1:22: is of no platform that is known; its prompt is 'toaster>'"));
    CHECK(contains(text, "to 'show version' it says 'bread?'"));
  });
  CHECK(device.closed == 1);
}

}  // namespace
