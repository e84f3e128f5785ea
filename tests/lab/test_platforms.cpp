// Each platform's command line, as transcripts: what is typed, and all that comes back behind the
// echo.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/lab/platform.h>

#include "devices_fixture.h"

namespace {

using namespace rondo::lab;

struct Exchange {
  std::string_view typed;
  std::string_view answer;
};
using Transcript = std::vector<Exchange>;

// What is typed at a question for a password does not come back.
constexpr std::string_view secret = "cisco";

void check(Device& device, std::string_view first_prompt, const Transcript& transcript) {
  Typist typist(device);
  CHECK(typist.greeting == "\n" + std::string(first_prompt));
  bool hidden = false;
  for (const auto& [typed, answer] : transcript) {
    const std::string echo = hidden ? "" : std::string(typed);
    CHECK(typist.type(std::string(typed) + "\n") == echo + "\n" + std::string(answer));
    hidden = answer == "Password: ";
  }
}

}  // namespace

TEST_CASE("NX-OS refuses with its own words, and shows in configuration too") {
  Ring ring;
  check(ring.of("cisco_nxos"), "sw2# ",
        {{"show foo", "          ^\n% Invalid command at '^' marker.\nsw2# "},
         {"show i", "          ^\n% Ambiguous command at '^' marker.\nsw2# "},
         {"show ip", "            ^\n% Incomplete command at '^' marker.\nsw2# "},
         {"conf t", "Enter configuration commands, one per line.  End with CNTL/Z.\nsw2(config)# "},
         {"int lo5", "sw2(config-if)# "},
         {"ip address 10.5.5.5/32", "sw2(config-if)# "},
         {"show ip int br | inc Lo5 | count", "1\nsw2(config-if)# "},
         {"do show ip int br | inc Lo5",
          "Lo5                  10.5.5.5        protocol-up/link-up/admin-up\nsw2(config-if)# "},
         {"no ip address", "sw2(config-if)# "},
         {"vlan 30", "sw2(config-vlan)# "},
         {"name phones", "sw2(config-vlan)# "},
         {"end", "sw2# "},
         {"show vlan | inc phones", "30   phones                           active    \nsw2# "},
         {"reload", "This command will reboot the system. (y/n)?  [n] "},
         {"n", "sw2# "},
         {"show clock", "15:49:32.123 UTC Tue Mar 02 2021\nTime source is NTP\nsw2# "},
         {"exit", ""}});
}

TEST_CASE("NX-OS collects the changes of a configuration session until their commit") {
  Ring ring;
  Device& device = ring.of("cisco_nxos");
  constexpr std::string_view started =
      "Config Session started, Session ID is 1\n"
      "Enter configuration commands, one per line.  End with CNTL/Z.\n\nsw2(config-s)# ";
  const std::string started_again =
      std::string(started).replace(started.find("sw2"), std::string_view("sw2").size(), "sw9");
  check(device, "sw2# ",
        {{"configure session s1", started},
         {"hostname sw9", "sw2(config-s)# "},
         {"ip access-list X", "sw2(config-s-acl)# "},
         {"permit ip any any", "sw2(config-s-acl)# "},
         {"verify", "Verification Successful\nsw2(config-s)# "},
         {"end", "sw2# "},
         {"show configuration session",
          "config session name s1\nhostname sw9\nip access-list X\n  permit ip any any\nsw2# "},
         {"configure session s1", started},
         {"commit", "Commit Successful\nsw9# "},
         {"configure session s2", started_again},
         {"interface loopback1", "sw9(config-s-if)# "},
         {"ip address 10.64.0.1/30", "sw9(config-s-if)# "},
         {"commit",
          "Commit Failed\nERROR: the address of loopback1 overlaps with Ethernet1/2\n"
          "sw9(config-s)# "},
         {"abort", "sw9# "},
         {"conf t",
          "Enter configuration commands, one per line.  End with CNTL/Z.\n"
          "sw9(config)# "},
         {"commit", "ERROR: Not in a configuration session\nsw9(config)# "}});
  CHECK(device.sessions().empty());
  CHECK(device.interfaces().size() == 6);
}

TEST_CASE("IOS-XR shows the time above each output, and commits") {
  Ring ring;
  constexpr std::string_view stamp = "Tue Mar  2 15:49:32.123 UTC\n";
  const auto stamped = [&](std::string_view text) {
    return std::string(stamp) + std::string(text);
  };
  const std::string clock = stamped("15:49:32.123 UTC Tue Mar 2 2021\nRP/0/RP0/CPU0:core3#");
  const std::string entered = stamped("RP/0/RP0/CPU0:core3(config)#");
  const std::string committed = stamped("RP/0/RP0/CPU0:x9(config-if)#");
  const std::string changes = stamped(
      "Building configuration...\n!! IOS XR Configuration 7.3.2\nhostname x9\n"
      "interface Loopback7\n description hi\n ipv4 address 10.9.9.9 255.255.255.255\nend\n\n"
      "RP/0/RP0/CPU0:core3(config-if)#");
  const std::string failed = stamped(
      "% Failed to commit one or more configuration items during a pseudo-atomic operation. All "
      "changes made have been reverted. Please issue 'show configuration failed' from this session "
      "to view the errors\nRP/0/RP0/CPU0:x9(config-if)#");
  const std::string nothing =
      stamped("% No configuration changes to commit.\nRP/0/RP0/CPU0:x9(config)#");
  const std::string why = stamped(
      "!! SEMANTIC ERRORS: This configuration was rejected by \n"
      "!! the system due to semantic errors.\n"
      "interface GigabitEthernet0/0/0/2\n ipv4 address 10.9.9.9/32\n"
      "!!% the address of Loopback7 overlaps with GigabitEthernet0/0/0/2\nend\n\n"
      "RP/0/RP0/CPU0:x9(config-if)#");
  constexpr std::string_view uncommitted =
      "Uncommitted changes found, commit them before exiting(yes/no/cancel)? [cancel]:";
  check(ring.of("cisco_iosxr"), "RP/0/RP0/CPU0:core3#",
        {{"show clock", clock},
         {"conf t", entered},
         {"hostname x9", "RP/0/RP0/CPU0:core3(config)#"},
         {"interface lo7", "RP/0/RP0/CPU0:core3(config-if)#"},
         {"description hi", "RP/0/RP0/CPU0:core3(config-if)#"},
         {"ipv4 address 10.9.9.9 255.255.255.255", "RP/0/RP0/CPU0:core3(config-if)#"},
         {"show configuration", changes},
         {"commit comment first", committed},
         {"int gi0/0/0/2", "RP/0/RP0/CPU0:x9(config-if)#"},
         {"ipv4 address 10.9.9.9/32", "RP/0/RP0/CPU0:x9(config-if)#"},
         {"commit", failed},
         {"show configuration failed", why},
         {"end", uncommitted},
         {"cancel", "RP/0/RP0/CPU0:x9(config-if)#"},
         {"end", uncommitted},
         {"yes", failed},
         {"end", uncommitted},
         {"no", "RP/0/RP0/CPU0:x9#"},
         {"terminal exec prompt no-timestamp", "RP/0/RP0/CPU0:x9#"},
         {"configure exclusive", "RP/0/RP0/CPU0:x9(config)#"},
         {"commit", nothing.substr(stamp.size())},
         {"router bgp 65000", "RP/0/RP0/CPU0:x9(config-bgp)#"},
         {"root", "RP/0/RP0/CPU0:x9(config)#"},
         {"exit", uncommitted},
         {"yes", "RP/0/RP0/CPU0:x9#"},
         {"show run | include router", "router bgp 65000\nRP/0/RP0/CPU0:x9#"},
         {"configure", "RP/0/RP0/CPU0:x9(config)#"},
         {"no router bgp 65000", "RP/0/RP0/CPU0:x9(config)#"},
         {"abort", "RP/0/RP0/CPU0:x9#"},
         {"show foo",
          "                      ^\n% Invalid input detected at '^' marker.\n"
          "RP/0/RP0/CPU0:x9#"}});
}

TEST_CASE("exclusive configuration keeps others from committing, until its session is over") {
  for (const std::string_view platform : {"cisco_iosxr", "juniper_junos"}) {
    Ring ring;
    Device& device = ring.of(platform);
    const bool junos = platform == "juniper_junos";
    Typist other(device);
    {
      Typist owner(device);
      owner.type("configure exclusive\n");
      CHECK(other.type("configure exclusive\n").find("locked") != std::string::npos);
      CHECK(other.type("configure\n").find("locked") != std::string::npos);
      if (!junos) {
        other.type("hostname x9\n");
        CHECK(other.type("commit\n").find("% Failed to commit") != std::string::npos);
      }
    }
    if (junos) other.type("configure\nset system host-name x9\n");
    other.type("commit\n");
    CHECK(device.hostname() == "x9");
  }
}

TEST_CASE("EOS asks for a secret, and its sessions have a name in their prompts") {
  Ring ring;
  check(ring.of("arista_eos"), "leaf4>",
        {{"show run", "% Invalid input (privileged mode required)\nleaf4>"},
         {"show foo", "% Invalid input (at token 1: 'foo')\nleaf4>"},
         {"show i", "% Ambiguous command (at token 1: 'i')\nleaf4>"},
         {"show ip", "% Incomplete command\nleaf4>"},
         {"enable", "Password: "},
         {secret, "leaf4#"},
         {"configure session mysession", "leaf4(config-s-mysess)#"},
         {"interface lo9", "leaf4(config-s-mysess-if-Lo9)#"},
         {"ip address 10.9.9.1/32", "leaf4(config-s-mysess-if-Lo9)#"},
         {"show session-config diffs",
          "--- system:/running-config\n+++ session:/mysession-session-config\n"
          "+interface Loopback9\n+   ip address 10.9.9.1/32\nleaf4(config-s-mysess-if-Lo9)#"},
         {"end", "leaf4#"},
         {"show ip int br | include Loopback9", "leaf4#"},
         {"configure session mysession", "leaf4(config-s-mysess)#"},
         {"commit", "leaf4#"},
         {"show ip int br | include Loopback9",
          "Loopback9              10.9.9.1/32        up         up              1500\nleaf4#"},
         {"configure session bad", "leaf4(config-s-bad)#"},
         {"interface Ethernet3", "leaf4(config-s-bad-if-Et3)#"},
         {"ip address 10.9.9.1/24", "leaf4(config-s-bad-if-Et3)#"},
         {"commit",
          "% Cannot commit session bad: the address of Loopback9 overlaps with Ethernet3\n"
          "leaf4(config-s-bad)#"},
         {"abort", "leaf4#"},
         {"configure", "leaf4(config)#"},
         {"router bgp 65000", "leaf4(config-router-bgp)#"},
         {"vlan 30", "leaf4(config-vlan-30)#"},
         {"hostname leaf9", "leaf9(config)#"},
         {"show clock",
          "Tue Mar  2 15:49:32 2021\nTimezone: UTC\nClock source: local\nleaf9(config)#"},
         {"exit", "leaf9#"},
         {"reload", "Proceed with reload? [confirm]"}});
}

TEST_CASE("Junos's prompt has two lines in configuration, and a tree between them and commit") {
  Ring ring;
  check(
      ring.of("juniper_junos"), "\ncisco@edge5> ",
      {{"show foo", "                  ^\nsyntax error.\n\ncisco@edge5> "},
       {"foo", "             ^\nunknown command.\n\ncisco@edge5> "},
       {"show v", "                  ^\n'v' is ambiguous.\n\ncisco@edge5> "},
       {"set cli screen-length 0", "Screen length set to 0\n\ncisco@edge5> "},
       {"set cli screen-width 511", "Screen width set to 511\n\ncisco@edge5> "},
       {"set cli complete-on-space off", "Disabling complete-on-space\n\ncisco@edge5> "},
       {"configure", "Entering configuration mode\n\n[edit]\ncisco@edge5# "},
       {"edit interfaces lo0", "\n[edit interfaces lo0]\ncisco@edge5# "},
       {"show",
        "unit 0 {\n    family inet {\n        address 10.255.0.5/32;\n    }\n}\n\n"
        "[edit interfaces lo0]\ncisco@edge5# "},
       {"set description \"of all\"", "\n[edit interfaces lo0]\ncisco@edge5# "},
       {"set bar", "                 ^\nsyntax error.\n\n[edit interfaces lo0]\ncisco@edge5# "},
       {"up", "\n[edit interfaces]\ncisco@edge5# "},
       {"top", "\n[edit]\ncisco@edge5# "},
       {"set system host-name e9", "\n[edit]\ncisco@edge5# "},
       {"delete vlans servers", "\n[edit]\ncisco@edge5# "},
       {"delete vlans servers", "warning: statement not found\n\n[edit]\ncisco@edge5# "},
       {"show | compare",
        "[edit system]\n-   host-name edge5;\n+   host-name e9;\n"
        "[edit vlans servers]\n-   vlan-id 20;\n"
        "[edit interfaces lo0]\n+   description \"of all\";\n\n[edit]\ncisco@edge5# "},
       {"commit check", "configuration check succeeds\n\n[edit]\ncisco@edge5# "},
       {"commit comment \"a new name\"", "commit complete\n\n[edit]\ncisco@e9# "},
       {"run show vlans | match servers | count", "Count: 0 lines\n\n[edit]\ncisco@e9# "},
       {"set interfaces ge-0/0/2 unit 0 family inet address 10.255.0.5/24", "\n[edit]\ncisco@e9# "},
       {"commit",
        "error: the address of lo0 overlaps with ge-0/0/2\nerror: configuration check-out failed\n"
        "\n[edit]\ncisco@e9# "},
       {"exit configuration-mode",
        "The configuration has been changed but not committed\n"
        "Exit with uncommitted changes? [yes,no] (yes) "},
       {"no", "Exit aborted\n\n[edit]\ncisco@e9# "},
       {"rollback 0", "load complete\n\n[edit]\ncisco@e9# "},
       {"rollback 1", "load complete\n\n[edit]\ncisco@e9# "},
       {"commit and-quit", "commit complete\nExiting configuration mode\n\ncisco@edge5> "},
       {"show configuration interfaces | display set | match lo0",
        "set interfaces lo0 unit 0 family inet address 10.255.0.5/32\n\ncisco@edge5> "},
       {"start shell", "% "},
       {"exit", "\ncisco@edge5> "},
       {"request system reboot", "Reboot the system ? [yes,no] (no) "},
       {"yes", ""}});
}

TEST_CASE("IOS asks before what is dangerous, and for the name of a file") {
  Ring ring;
  Typist typist(ring.iosxe());
  typist.type("enable\ncisco\n");
  CHECK(typist.type("copy run start\n").ends_with("Destination filename [startup-config]? "));
  CHECK(typist.type("\n") == "\nBuilding configuration...\n[OK]\nr1#");
  CHECK(typist.type("write erase\n").ends_with("Continue? [confirm]"));
  CHECK(typist.type("n") == "\nr1#");
  CHECK(typist.type("clear counters\n").ends_with("on all interfaces [confirm]"));
  CHECK(typist.type("\n") == "\nr1#");
  CHECK(typist.type("clear logging\n").ends_with("buffer [confirm]"));
  CHECK(typist.type("\x03") == "\nr1#");
  CHECK(typist.type("reload\n").ends_with("Proceed with reload? [confirm]"));
  typist.type("y");
  CHECK(typist.terminal.closed());
}

TEST_CASE("each platform pages in its own way, and stops when it is told to") {
  struct Case {
    std::string_view platform, enter, command, more, off;
  };
  constexpr Case cases[] = {
      {"cisco_iosxe", "enable\ncisco\n", "show run", " --More-- ", "terminal length 0"},
      {"cisco_nxos", "", "show run", "--More--", "terminal length 0"},
      {"cisco_iosxr", "", "show run", " --More-- ", "terminal length 0"},
      {"arista_eos", "enable\ncisco\n", "show run", " --More-- ", "terminal length 0"},
      {"juniper_junos", "", "show configuration", "---(more)---", "set cli screen-length 0"},
  };
  for (const Case& platform : cases) {
    CAPTURE(platform.platform);
    Ring ring;
    Typist typist(ring.of(platform.platform));
    typist.type(platform.enter);
    const std::string page = typist.type(std::string(platform.command) + "\n");
    CHECK(page.ends_with(platform.more));
    CHECK(std::ranges::count(page, '\n') == 24);
    typist.type("q");
    typist.type(std::string(platform.off) + "\n");
    CHECK(typist.type(std::string(platform.command) + "\n").find(platform.more) ==
          std::string::npos);
  }
}

TEST_CASE("neighbours tell of each other, as long as the cable between them is up") {
  Ring ring;
  Typist router(ring.iosxe());
  Typist leaf(ring.of("arista_eos"));
  router.type("enable\ncisco\nterminal length 0\n");
  CHECK(
      router.type("show cdp neighbors | include sw2\n")
          .find("sw2              Gig 0/0           175        R S         N9K-C9300v Eth 1/2\n") !=
      std::string::npos);
  CHECK(leaf.type("show lldp neighbors | include Et1\n")
            .find("Et1           edge5                    ge-0/0/1            120\n") !=
        std::string::npos);
  Typist edge(ring.of("juniper_junos"));
  edge.type("configure\nset system host-name e9\ncommit\n");
  CHECK(leaf.type("show lldp neighbors\n").find("e9") != std::string::npos);
  edge.type("set interfaces ge-0/0/1 disable\ncommit\n");
  CHECK(leaf.type("show lldp neighbors\n").find("e9") == std::string::npos);
  CHECK(router.type("show ip route | include 10.255.0.2\n")
            .find("O        10.255.0.2/32 [110/2] via 10.64.0.2, 1d02h, GigabitEthernet0/0\n") !=
        std::string::npos);
}

TEST_CASE("every show command of every platform has something to show") {
  for (const std::string_view name : platform_names()) {
    Ring ring;
    Typist typist(ring.of(name));
    typist.type("enable\ncisco\n");
    typist.type(name == "juniper_junos" ? "set cli screen-length 0\n" : "terminal length 0\n");
    unsigned shown = 0;
    for (const Command& command : platform_of(name).commands) {
      const bool parameters = command.syntax.find('<') != std::string_view::npos;
      const bool elsewhere = (command.modes & (exec_mode | privileged_mode)) == 0;
      if (!command.is_show || parameters || elsewhere) continue;
      CAPTURE(command.syntax);
      const std::string answer = typist.type(std::string(command.syntax) + "\n");
      CHECK(std::ranges::count(answer, '\n') >= 2);
      CHECK(answer.find("nvalid") == std::string::npos);
      ++shown;
    }
    CHECK(shown >= 12);
  }
}
