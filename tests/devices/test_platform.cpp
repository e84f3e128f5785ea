// Definitions of platforms: those that are built in, and mistakes in those of users.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices.h>

#include "../runtime/temporary_directory.h"
#include "../runtime/virtual_run.h"
#include "fake_device.h"

namespace {

using namespace rondo::devices;
using rondo::tests::contains;

std::string error_in(const std::string& text) {
  try {
    parse_platform(text, "mine.yaml");
  } catch (const PlatformError& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("every platform is built in, under all its names") {
  const std::vector<std::string> names = {
      "alcatel_aos",       "arista_eos",         "aruba_aos_6",  "aruba_aos_8", "cisco_asa",
      "cisco_iosxe",       "cisco_iosxr",        "cisco_nxos",   "cisco_sg3xx", "fujitsu_switch",
      "hp_comware",        "hp_comware_limited", "huawei",       "hw1000",      "juniper_junos",
      "mikrotik_routeros", "terminal",           "ubiquity_edge"};
  CHECK(platform_names() == names);
  for (const std::string& name : names)
    CHECK(find_platform(name)->name == name);
  CHECK(find_platform("cisco_ios") == find_platform("cisco_iosxe"));
  CHECK(find_platform("cisco_ios_xe") == find_platform("cisco_iosxe"));
  CHECK(find_platform("cisco_ios_xr") == find_platform("cisco_iosxr"));
  CHECK(find_platform("cisco_ios")->textfsm_platform == "cisco_ios");
  CHECK_THROWS_WITH_AS(find_platform("cisco"), doctest::Contains("alcatel_aos, arista_eos"),
                       UnsupportedPlatform);
}

TEST_CASE("each level of a platform knows its own prompts, and not those of the others") {
  struct Case {
    const char* platform;
    const char* prompt;
    const char* level;
  };
  const std::vector<Case> cases = {
      {"cisco_iosxe", "r1>", "exec"},
      {"cisco_iosxe", "r1#", "privilege_exec"},
      {"cisco_iosxe", "r1(config-if)#", "configuration"},
      {"cisco_iosxe", "r1(config-router-af)# ", "configuration"},
      {"cisco_iosxe", "r1(tcl)#", "tclsh"},
      {"cisco_nxos", "n1(config-sla-monitor)# ", "configuration"},
      {"cisco_nxos", "n1(config-if)# ", "configuration"},
      {"cisco_nxos", "n1-tcl# ", "tclsh"},
      {"cisco_iosxr", "RP/0/RSP0/CPU0:xr(config-bgp-nbr)#", "configuration"},
      {"arista_eos", "sw1(config-if-Et1)#", "configuration"},
      {"arista_eos", "sw1>", "exec"},
      {"juniper_junos", "admin@mx> ", "exec"},
      {"juniper_junos", "[edit]\nadmin@mx# ", "configuration"},
      {"juniper_junos", "{primary:node1}[edit interfaces ge-0/0/0 unit 0]\nadmin@mx# ",
       "configuration"},
      {"juniper_junos", "% ", "shell"},
      {"juniper_junos", "admin@mx:~ % ", "shell"},
      {"juniper_junos", "root@mx:/var/home # ", "root_shell"},
      {"cisco_asa", "fw/pri/act(config)# ", "configuration"},
      {"huawei", "[~core-GigabitEthernet0/0/1]", "configuration"},
      {"hp_comware", "[HP-Vlan1]", "configuration"},
      {"aruba_aos_8", "(c1) [mynode] (config) #", "configuration"},
      {"aruba_aos_6", "(c1) (config) #", "configuration"},
      {"ubiquity_edge", "(edge) (Config)#", "configuration"},
      {"fujitsu_switch", "(blade) #", "privilege_exec"},
      {"hw1000", "hw1000# ", "privilege_exec"}};
  for (const Case& one : cases) {
    CAPTURE(one.prompt);
    std::string found;
    for (const PrivilegeLevel& level : find_platform(one.platform)->privilege_levels) {
      const auto match = level.prompt_at_end(one.prompt);
      if (match && found.empty()) found = level.name;
      if (match) CHECK(match->begin == 0);
    }
    CHECK(found == one.level);
  }
}

TEST_CASE("a mistake in a definition is told with file, line and the way out") {
  const std::string good =
      "platform: mine\n"
      "privilege_levels:\n"
      "  - name: exec\n"
      "    pattern: '^mine>$'\n"
      "  - name: priv\n"
      "    pattern: '^mine#$'\n"
      "    previous: exec\n"
      "    escalate: enable\n"
      "    deescalate: disable\n";
  CHECK(error_in(good) == "nothing");
  struct Case {
    std::string text;
    const char* error;
  };
  const std::vector<Case> cases = {
      {"", "mine.yaml:1: the definition must be a mapping"},
      {"platform: [a", "mine.yaml:1: no YAML: "},
      {"platform: mine\n", "mine.yaml:1: the definition has a wrong 'privilege_levels'"},
      {"plattform: mine\n",
       "mine.yaml:1: the definition has no key 'plattform'; the keys are plat"},
      {good + "platform: again\n", "mine.yaml:10: the definition has the key 'platform' twice"},
      {good + "failed_when_contains: no\n", "mine.yaml:10: the definition has a wrong 'failed_"},
      {good + "failed_when_contains: [a, [b]]\n", "mine.yaml:10: the definition has something in"},
      {good + "configuration_level: conf\n", "'configuration_level': there is no level 'conf'"},
      {good + "detect:\n  - command: show\n", "mine.yaml:11: an entry of detect lacks the key 'pa"},
      {good + "paging:\n  - {pattern: '(', answer: ' '}\n",
       "mine.yaml:11: a question of the definition has a wrong 'pattern': the pattern '(' is wrong "
       "at character 2: missing closing parenthesis"},
      {good + "on_open:\n  - {questions: []}\n", "mine.yaml:11: a step of on_open lacks the key"},
      {"platform: mine\nprivilege_levels:\n  - {name: a, pattern: x}\n  - {name: b, pattern: y}\n",
       "mine.yaml:4: the definition must have one level without 'previous'"},
      {"platform: mine\nprivilege_levels:\n  - {name: a, pattern: x}\n"
       "  - {name: b, pattern: y, previous: c, escalate: e, deescalate: d}\n",
       "mine.yaml:4: the definition has no level 'c' above the level 'b'"},
      {"platform: mine\nprivilege_levels:\n  - {name: a, pattern: x}\n"
       "  - {name: b, pattern: y, previous: a, escalate: e}\n",
       "mine.yaml:4: the level 'b' lacks the key 'deescalate'"},
      {"platform: mine\nprivilege_levels:\n  - {name: a, pattern: x}\n"
       "  - {name: b, pattern: y, previous: a, escalate: e, deescalate: d, escalate_auth: maybe}\n",
       "mine.yaml:4: the level 'b' has a wrong 'escalate_auth': it must be true or false"}};
  for (const Case& one : cases) {
    const std::string text = error_in(one.text);
    CHECK_MESSAGE(contains(text, one.error), text);
  }
}

TEST_CASE("a definition of one's own is read from a file, and named by it") {
  const rondo::test::TemporaryDirectory directory;
  const std::string path = directory / "mine.yaml";
  rondo::test::put(path,
                   "platform: mine\nprivilege_levels: [{name: exec, pattern: '^mine>$'}]\n"
                   "failed_when_contains: [oops]\non_open: [be quiet]\n");
  rondo::tests::FakeDevice device;
  device.prompt = "mine>";
  device.on_line = [&](const std::string& line) { device.say(line == "do it" ? "oops\n" : ""); };
  rondo::testing::run_virtual([&]() -> rondo::Coroutine<> {
    const NetworkDriver driver(device.options(path));
    co_await driver.open();
    const Response response = co_await driver.send_command("do it");
    CHECK(response.failed);
    CHECK(response.textfsm_platform == "mine");
    co_await driver.close();
  });
  CHECK(device.lines.at(1) == "be quiet");
  CHECK_THROWS_AS(find_platform(directory / "other.yaml"), PlatformError);
}

}  // namespace
