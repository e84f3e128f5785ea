// What users of such libraries are troubled by most, and how these drivers bear it.

#include <chrono>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices.h>

#include "../runtime/virtual_run.h"
#include "fake_device.h"

namespace {

using namespace rondo;
using namespace rondo::devices;
using namespace rondo::testing;
using tests::contains;
using tests::Echo;
using tests::FakeDevice;
using tests::FakeIos;

/// A driver whose device stands in privileged mode already, so that opening it says little.
IOSXEDriver driver_of(FakeDevice& device) {
  return IOSXEDriver(device.options());
}

/// Opens, sends a command, closes; yields the response.
Response ask(FakeDevice& device, const std::string& command,
             const std::string& platform = "cisco_iosxe") {
  return run_virtual([&]() -> Coroutine<Response> {
    auto options = device.options(platform);
    const NetworkDriver driver(std::move(options));
    co_await driver.open();
    const Response response = co_await driver.send_command(command);
    co_await driver.close();
    co_return response;
  });
}

const std::string long_command =
    "show running-config | include interface GigabitEthernet0/0/0/1 description to the warehouse";

TEST_CASE("an echo that is coloured, wrapped, redrawn, scrolled, late or missing is borne") {
  struct Case {
    Echo echo;
    std::size_t piece;
    Duration at_most;
  };
  const std::vector<Case> cases = {
      {Echo::plain, 0, 0s},       {Echo::plain, 1, 0s},    {Echo::coloured, 0, 0s},
      {Echo::coloured, 3, 0s},    {Echo::wrapped, 0, 0s},  {Echo::wrapped, 1, 0s},
      {Echo::overwritten, 0, 0s}, {Echo::redrawn, 0, 0s},  {Echo::redrawn, 7, 0s},
      {Echo::scrolled, 0, 0s},    {Echo::scrolled, 1, 0s}, {Echo::none, 0, 12s},
      {Echo::late, 0, 30s}};
  for (const Case& one : cases) {
    CAPTURE(static_cast<int>(one.echo));
    CAPTURE(one.piece);
    FakeDevice device;
    FakeIos ios(device);
    ios.mode = "#";
    device.prompt = "r1#";
    device.echo = one.echo;
    device.piece = one.piece;
    ios.outputs[long_command] = "interface GigabitEthernet0/0\n description a\n";
    Duration elapsed{};
    const Response response = run_virtual([&]() -> Coroutine<Response> {
      const IOSXEDriver driver = driver_of(device);
      co_await driver.open();
      const Response answer = co_await driver.send_command(long_command);
      elapsed = now();
      const Response second = co_await driver.send_command("show clock");
      CHECK(second.result == "12:00:00.000 UTC");
      co_await driver.close();
      co_return answer;
    });
    CHECK(response.result == "interface GigabitEthernet0/0\n description a");
    CHECK(elapsed <= one.at_most);
  }
}

TEST_CASE("a prompt that is drawn anew around what was typed is not the end of the command") {
  FakeDevice device;
  FakeIos ios(device);
  ios.mode = "#";
  device.prompt = "r1#";
  std::string typed;
  device.on_key = [&](char key) {
    typed += key;
    if (!typed.ends_with("show clock\n")) return false;
    device.say_raw("\rr1#");
    device.say_later(std::chrono::milliseconds(100), "show clock\r\n12:00:00.000 UTC\r\nr1#");
    return true;
  };
  CHECK(ask(device, "show clock").result == "12:00:00.000 UTC");
}

TEST_CASE("pages are turned, and nothing of them is left in the output") {
  struct Case {
    const char* platform;
    const char* prompt;
    std::string end;  // of a page
    std::string wiped;
  };
  const std::vector<Case> cases = {
      {"cisco_iosxe", "r1#", " --More-- ",
       std::string(9, '\b') + std::string(8, ' ') + std::string(9, '\b')},
      {"cisco_nxos", "r1#", "--More--", "\r        \r"},
      {"arista_eos", "r1#", "\x1b[7m --More-- \x1b[0m", "\r\x1b[K"},
      {"juniper_junos", "user@r1> ", "---(more 42%)---", "\r                                \r"},
      {"huawei", "<r1>", "  ---- More ----", "\x1b[16D                \x1b[16D"},
      {"cisco_asa", "r1#", "<--- More --->", "\r              \r"},
      {"ubiquity_edge", "(r1) #", "--More-- or (q)uit", "\r                    \r"},
      {"mikrotik_routeros", "[admin@r1] > ", "-- [Q quit|D dump|down]", "\r\x1b[K"}};
  for (const Case& one : cases) {
    CAPTURE(one.platform);
    FakeDevice device;
    device.prompt = one.prompt;
    int pages = 0;
    device.on_line = [&](const std::string& line) {
      if (line != "show it") return;
      device.say("first\n");
      device.say_raw(one.end);
      device.show_prompt = false;
      pages = 3;
    };
    device.on_key = [&](char key) {
      if (pages == 0 || key != ' ') return false;
      device.say_raw(one.wiped);
      device.say("page " + std::to_string(--pages) + "\n");
      device.say_raw(pages > 0 ? one.end : one.prompt);
      return true;
    };
    CHECK(ask(device, "show it", one.platform).result == "first\npage 2\npage 1\npage 0");
  }
}

TEST_CASE(
    "[fault 63] lines of a banner that look like prompts are none, wherever the network cuts "
    "them") {
  const std::string banner =
      "###########\nwelcome>\nKeep out of r9#\nr9#\n*** router r1 ***\nadmin>\n(config)#\n\n";
  for (std::size_t piece = 1; piece <= 24; ++piece) {
    CAPTURE(piece);
    FakeDevice device;
    FakeIos ios(device);
    device.greeting = banner;
    device.piece = piece;
    // And the same in the middle of a command's output.
    ios.outputs["show banner"] = banner;
    const Response response = ask(device, "show banner");
    CHECK(response.result == banner.substr(0, banner.size() - 2));
  }
}

TEST_CASE("a line that looks like a prompt waits for silence: what comes slowly is not cut off") {
  FakeDevice device;
  FakeIos ios(device);
  ios.mode = "#";
  device.prompt = "r1#";
  device.on_line = [&, run = device.on_line](const std::string& line) {
    if (line != "show slowly") return run(line);
    device.show_prompt = false;
    device.say("one\nother#");
    device.say_later(std::chrono::milliseconds(250), "\r\ntwo\r\nr1#");
  };
  CHECK(ask(device, "show slowly").result == "one\nother#\ntwo");
}

TEST_CASE("a hostname that changes in the middle of a session is learned") {
  FakeDevice device;
  FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver driver = driver_of(device);
    co_await driver.open();
    const MultiResponse changes =
        co_await driver.send_configs("hostname core-of-the-network", "interface Loopback0");
    CHECK(!changes.failed());
    const std::string prompt = co_await driver.get_prompt();
    CHECK(prompt == "core-of-the-network(config-if)#");
    const Response response = co_await driver.send_command("show clock");
    CHECK(response.result == "12:00:00.000 UTC");
    co_await driver.close();
    CHECK(now() <= 1s);  // one silence for the new name, and no more
  });
}

TEST_CASE("a message that comes behind the prompt does not hide it") {
  FakeDevice device;
  FakeIos ios(device);
  ios.mode = "#";
  device.prompt = "r1#";
  const std::string message = "\r\n*Mar  1 00:01:02: %SYS-5-CONFIG_I: Configured from console\r\n";
  device.on_line = [&, run = device.on_line](const std::string& line) {
    run(line);
    if (line != "show clock") return;
    device.show_prompt = false;
    device.say_raw("r1#" + message);
  };
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver driver = driver_of(device);
    co_await driver.open();
    for (int i = 0; i < 2; ++i) {
      const Response response = co_await driver.send_command("show clock");
      CHECK(response.result == "12:00:00.000 UTC");
    }
    co_await driver.close();
  });
}

TEST_CASE("prompts of unusual shape: parentheses, blanks, two lines, a pattern of one's own") {
  struct Case {
    const char* platform;
    const char* prompt;
  };
  const std::vector<Case> cases = {{"arista_eos", "leaf1(vrf:mgmt)#"},
                                   {"arista_eos", "leaf 1.rack-2:/ #"},
                                   {"cisco_nxos", "spine1(maint-mode)#"},
                                   {"juniper_junos", "{master:0}\r\nadmin@qfx> "},
                                   {"juniper_junos", "{primary:node0}\r\nadmin@srx> "},
                                   {"aruba_aos_8", "(conductor) *[mynode] #"},
                                   {"aruba_aos_6", "(controller) #"},
                                   {"ubiquity_edge", "(UBNT EdgeSwitch) #"},
                                   {"cisco_asa", "fw1/pri/act#"},
                                   {"huawei", "<core-1>"},
                                   {"hp_comware", "<HP 1910>"},
                                   {"alcatel_aos", "-> "},
                                   {"mikrotik_routeros", "[admin@MikroTik] <SAFE> /ip address> "},
                                   {"terminal", "user@host:~$ "},
                                   {"terminal", "[root@host ~]# "},
                                   {"cisco_iosxr", "RP/0/RSP0/CPU0:xr1#"}};
  for (const Case& one : cases) {
    CAPTURE(one.prompt);
    FakeDevice device;
    device.prompt = one.prompt;
    device.on_line = [&](const std::string& line) {
      if (line == "show it") device.say("it\n");
    };
    CHECK(ask(device, "show it", one.platform).result == "it");
  }
  FakeDevice device;
  device.prompt = "r1 says: ";
  auto options = device.options();
  options.comms_prompt_pattern = R"(^r1 says:\s?$)";
  options.platform = "terminal";
  device.on_line = [&](const std::string& line) {
    if (line == "show it") device.say("it\n");
  };
  run_virtual([&]() -> Coroutine<> {
    const GenericDriver driver(options);
    co_await driver.open();
    const Response response = co_await driver.send_command("show it");
    CHECK(response.result == "it");
    co_await driver.close();
  });
}

TEST_CASE("the time that IOS XR writes above its output is no part of it") {
  FakeDevice device;
  device.prompt = "RP/0/RP0/CPU0:xr1#";
  device.on_line = [&](const std::string& line) {
    if (line.empty()) return;
    device.say("\nThu Jan  2 10:11:12.345 UTC\n");
    if (line == "show it") device.say("it\nThu Jan  2 10:11:12.345 UTC\n");
  };
  CHECK(ask(device, "show it", "cisco_iosxr").result == "it\nThu Jan  2 10:11:12.345 UTC");
  CHECK(ask(device, "show nothing", "cisco_iosxr").result.empty());
}

TEST_CASE("a command that asks for a confirmation is answered by send_interactive") {
  FakeDevice device;
  FakeIos ios(device);
  ios.mode = "#";
  device.prompt = "r1#";
  bool asked = false;
  device.on_line = [&, run = device.on_line](const std::string& line) {
    if (line == "clear logging") {
      device.say("Clear logging buffer [confirm]");
      device.show_prompt = false;
      asked = true;
    } else if (asked) {
      asked = false;
      device.say("cleared\n");
    } else {
      run(line);
    }
  };
  device.on_key = [&](char key) {
    if (key == '\x03') asked = false;
    return false;
  };
  run_virtual([&]() -> Coroutine<> {
    auto options = device.options();
    options.timeout_ops = 10s;
    const IOSXEDriver driver(options);
    co_await driver.open();
    const std::vector<Interaction> steps = {Interaction("clear logging", "[confirm]"),
                                            Interaction("")};
    const Response response = co_await driver.send_interactive(steps);
    CHECK(contains(response.result, "cleared"));
    CHECK(response.channel_input == "clear logging, ");

    // A command that was not known to ask says in the time-out's text that it does.
    const std::string text = co_await error_of(driver.send_command("clear logging"));
    CHECK(contains(text, "r1:22: no answer to 'clear logging' in 10000 ms"));
    CHECK(contains(text, "Clear logging buffer [confirm]"));
    CHECK(contains(text, "waited for a prompt, /^[\\w.\\-@/:]{1,63}>"));
    CHECK(!driver.is_usable());
    const std::string prompt = co_await driver.recover();
    CHECK(prompt == "r1#");
    const Response after = co_await driver.send_command("show clock");
    CHECK(after.result == "12:00:00.000 UTC");
    co_await driver.close();
  });
}

TEST_CASE("huge output costs time in proportion to its size, whatever its lines look like") {
  std::string lines;
  while (lines.size() < 1'000'000)
    lines += "interface GigabitEthernet0/0/0/1 is up, r1 sees r1# and (config)#\n";
  const auto cost = [&](int times) {
    FakeDevice device;
    FakeIos ios(device);
    ios.mode = "#";
    device.prompt = "r1#";
    std::string output;
    for (int i = 0; i < times; ++i)
      output += lines;
    const std::size_t expected = output.size();
    ios.outputs["show tech"] = std::move(output);
    device.piece = 1024;
    const std::clock_t start = std::clock();
    CHECK(ask(device, "show tech").result.size() == expected - 1);
    return std::clock() - start;
  };
  const std::clock_t once = cost(1);
  const std::clock_t eight_times = cost(8);
  CHECK(eight_times < once * 40);  // a quadratic search would take 64 times as long
}

TEST_CASE("[fault 62] a line of megabytes with prompts in it is output like any other") {
  FakeDevice device;
  FakeIos ios(device);
  ios.mode = "#";
  device.prompt = "r1#";
  std::string line;
  while (line.size() < 4'000'000)
    line += "r1# and (config)# and --More-- ";
  line.back() = '.';
  ios.outputs["show tech"] = line + "\n";
  device.piece = 1024;
  CHECK(ask(device, "show tech").result == line);
}

TEST_CASE("[fault 77] output without an end stops at the limit, and at the time-out") {
  FakeDevice device;
  FakeIos ios(device);
  ios.mode = "#";
  device.prompt = "r1#";
  bool going = false;
  device.on_line = [&, run = device.on_line](const std::string& line) {
    if (line != "show endless") return run(line);
    device.show_prompt = false;
    going = true;
  };
  const auto babble = [&]() -> Coroutine<> {  // until `run` cancels it, after the test's coroutine
    const std::string text(1000, 'x');
    while (true) {
      co_await sleep(10ms);
      if (going) device.say(text + "\n");
    }
  };
  run_virtual([&]() -> Coroutine<> {
    const AnyTask babbling = create_task(babble());
    auto options = device.options();
    options.comms_output_limit = 100'000;
    const IOSXEDriver limited(options);
    co_await limited.open();
    const std::string text = co_await error_of(limited.send_command("show endless"));
    CHECK(contains(text, "r1:22: more than 100000 bytes came without a prompt"));
    co_await limited.close();
    going = false;

    const IOSXEDriver patient = driver_of(device);
    co_await patient.open();
    const TimePoint start = get_running_loop().time();
    const bool timed_out = co_await throws<devices::Timeout>(patient.send_command("show endless"));
    CHECK(timed_out);
    CHECK(get_running_loop().time() - start == 30s);
    going = false;
    co_await patient.close();
  });
}

}  // namespace
