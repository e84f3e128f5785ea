// Configuration mode of a virtual router, and what of it other sessions see.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondo/lab/terminal.h>

namespace {

using namespace rondo::lab;

Router router_to_configure() {
  Router router;
  router.hostname = "r1";
  router.address = "127.0.100.1";
  router.username = "cisco";
  router.password = "cisco";
  router.enable_secret = "secret";
  Interface ethernet;
  ethernet.name = "GigabitEthernet0/0";
  ethernet.address = parse_interface_address("192.168.1.1/24");
  Interface serial;
  serial.name = "Serial0/0/0";
  serial.status = InterfaceStatus::down;
  serial.protocol_up = false;
  Interface spare;
  spare.name = "GigabitEthernet0/1";
  spare.status = InterfaceStatus::administratively_down;
  spare.protocol_up = false;
  router.interfaces = {ethernet, serial, spare};
  return router;
}

// One privileged session; several may share a device.
struct TypedSession {
  explicit TypedSession(Device& device) : terminal(device) {
    terminal.open_shell();
    terminal.type("enable\nsecret\nterminal length 0\n");
    terminal.turn();
  }
  std::string type(std::string_view keys) {
    terminal.type(keys);
    return terminal.turn().bytes;
  }
  // The line of `show ip interface brief` that has `name`.
  std::string row(const std::string& name) {
    const std::string answer = type("show ip interface brief | include " + name + "\n");
    const std::size_t begin = answer.find('\n') + 1;
    return answer.substr(begin, answer.rfind("\r\n") - begin);
  }
  Terminal terminal;
};

}  // namespace

TEST_CASE("the prompt shows the way into configuration and out again") {
  Device device(router_to_configure());
  TypedSession session(device);
  CHECK(session.type("conf t\n") ==
        "conf t\r\nEnter configuration commands, one per line.  End with CNTL/Z.\r\nr1(config)#");
  CHECK(session.type("interface gi0/0\n") == "interface gi0/0\r\nr1(config-if)#");
  CHECK(session.type("interface Serial 0/0/0\n").ends_with("\r\nr1(config-if)#"));
  CHECK(session.type("exit\n") == "exit\r\nr1(config)#");
  CHECK(session.type("exit\n") == "exit\r\nr1#");
  CHECK(session.type("conf t\nint gi0/0\nend\n").ends_with("end\r\nr1#"));
}

TEST_CASE("configuration mode is for the privileged") {
  Device device(router_to_configure());
  TypedSession session(device);
  CHECK(session.type("disable\nconf t\n").find("% Invalid input") != std::string::npos);
}

TEST_CASE("Ctrl-Z ends configuration, after the line it stands behind") {
  Device device(router_to_configure());
  TypedSession session(device);
  CHECK(session.type("conf t\nint gi0/0\n\x1a").ends_with("r1(config-if)#^Z\r\nr1#"));
  CHECK(session.type("conf t\nint gi0/0\nshutdown\x1a").ends_with("shutdown^Z\r\nr1#"));
  CHECK(session.row("GigabitEthernet0/0").find("administratively down") != std::string::npos);
  CHECK(session.type("conf t\nbogus line\x1a").ends_with("marker.\r\n\r\nr1#"));
}

TEST_CASE("Ctrl-C ends configuration without the line it stands behind") {
  Device device(router_to_configure());
  TypedSession session(device);
  CHECK(session.type("conf t\nint gi0/0\nshutdown\x03").ends_with("shutdown^C\r\nr1#"));
  CHECK(session.row("GigabitEthernet0/0").find("administratively") == std::string::npos);
}

TEST_CASE("an address can be given and taken") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\nint se0/0/0\nip address 10.0.0.1 255.255.255.252\nend\n");
  CHECK(session.row("Serial") ==
        "Serial0/0/0                10.0.0.1        YES manual down                  down    ");
  session.type("conf t\nint se0/0/0\nno ip address\nend\n");
  CHECK(session.row("Serial").find("unassigned      YES manual") != std::string::npos);
}

TEST_CASE("an address that cannot be is refused, and the old one stays") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\nint lo0\n");
  const auto answer = [&](const std::string& line) {
    const std::string all = session.type(line + "\n");
    return all.substr(line.size() + 2, all.rfind("\r\n") - line.size() - 2);
  };
  CHECK(answer("ip address 10.0.0.0 255.255.255.0") == "Bad mask /24 for address 10.0.0.0");
  CHECK(answer("ip address 10.0.0.255 255.255.255.0") == "Bad mask /24 for address 10.0.0.255");
  CHECK(answer("ip address 10.0.0.1 255.0.255.0") == "Bad mask 0xFF00FF00 for address 10.0.0.1");
  CHECK(answer("ip address 10.0.0.1 0.0.0.0") == "Bad mask 0x0 for address 10.0.0.1");
  CHECK(answer("ip address 224.0.0.1 255.255.255.0") == "Not a valid host address - 224.0.0.1");
  CHECK(answer("ip address 192.168.1.7 255.255.255.0") ==
        "% 192.168.1.0 overlaps with GigabitEthernet0/0");
  CHECK(answer("ip address 300.0.0.1 255.255.255.0").find("^") != std::string::npos);
  CHECK(answer("ip address 10.0.0.1").find("% Incomplete command.") != std::string::npos);
  session.type("end\n");
  CHECK(session.row("Loopback0").find("unassigned") != std::string::npos);
}

TEST_CASE("shutdown wins over the link, and no shutdown gives it back") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\nint se0/0/0\nshut\ndo sh clock\nend\n");
  CHECK(session.row("Serial").find("administratively down down") != std::string::npos);
  session.type("conf t\nint se0/0/0\nno shut\nint gi0/1\nno shutdown\nend\n");
  CHECK(session.row("Serial").ends_with(" down                  down    "));
  CHECK(session.row("GigabitEthernet0/1").ends_with(" up                    up      "));
}

TEST_CASE("a description keeps its spaces and its pipes") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\nint gi0/0\ndescription  to  the | moon ? \nend\n");
  CHECK(session.type("show running-config | include description\n")
            .find(" description to  the | moon ?\r\n") != std::string::npos);
  session.type("conf t\nint gi0/0\nno description\nend\n");
  CHECK(session.type("show running-config | include description\n").find(" desc\r") ==
        std::string::npos);
}

TEST_CASE("hostname changes the prompt, here at once and elsewhere at the next one") {
  Device device(router_to_configure());
  TypedSession session(device);
  TypedSession other(device);
  CHECK(session.type("conf t\nhostname core-1\n").ends_with("\r\ncore-1(config)#"));
  CHECK(other.type("\n") == "\r\ncore-1#");
  CHECK(session.type("hostname -x\n").find("illegal characters") != std::string::npos);
  CHECK(session.type("no hostname\n").ends_with("\r\nRouter(config)#"));
}

TEST_CASE("sessions see each other's changes") {
  Device device(router_to_configure());
  TypedSession one(device);
  TypedSession other(device);
  one.type("conf t\nint gi0/0\nshutdown\n");
  CHECK(other.row("GigabitEthernet0/0").find("administratively down") != std::string::npos);
  other.type("conf t\nint gi0/0\nno shutdown\n");
  one.type("end\n");
  CHECK(one.row("GigabitEthernet0/0").find("administratively") == std::string::npos);
}

TEST_CASE("the router's own commands work from within an interface and leave it") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\nint gi0/0\n");
  CHECK(session.type("hostname r9\n").ends_with("r9(config)#"));
  CHECK(session.type("int gi0/0\nno hostname\n").ends_with("Router(config)#"));
}

TEST_CASE("do runs what a privileged user may run, with abbreviations and pipes") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\n");
  CHECK(session.type("do sh run | i hostname\n") ==
        "do sh run | i hostname\r\nhostname r1\r\nr1(config)#");
  CHECK(session.type("do wr\n").find("[OK]") != std::string::npos);
  CHECK(session.type("do exit\n").find("% Invalid input") != std::string::npos);
  CHECK(session.type("do sh foo\n") ==
        "do sh foo\r\n                 ^\r\n% Invalid input detected at '^' marker.\r\n\r\n"
        "r1(config)#");
  CHECK(session.type("do\n").find("% Incomplete command.") != std::string::npos);
}

TEST_CASE("an unknown line in configuration is pointed at and changes nothing") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\n");
  CHECK(session.type("bogus\n") ==
        "bogus\r\n           ^\r\n% Invalid input detected at '^' marker.\r\n\r\nr1(config)#");
  CHECK(session.type("interface gi0/9\n") ==
        "interface gi0/9\r\n                       ^\r\n"
        "% Invalid input detected at '^' marker.\r\n\r\nr1(config)#");
  CHECK(session.type("interface vlan1\n").find("% Invalid input") != std::string::npos);
  CHECK(session.type("interface loop\n").find("% Incomplete command.") != std::string::npos);
  CHECK(session.type("! a comment\n") == "! a comment\r\nr1(config)#");
}

TEST_CASE("loopback interfaces are made when they are entered, up to a limit") {
  Device device(router_to_configure());
  TypedSession session(device);
  session.type("conf t\nint loopback 007\nend\n");
  CHECK(session.row("Loopback7").starts_with("Loopback7 "));
  session.type("conf t\n");
  std::string answer;
  for (int i = 0; i < 300; ++i)
    answer += session.type("int lo" + std::to_string(i) + "\n");
  CHECK(answer.find("% Maximum number of interfaces reached") != std::string::npos);
  CHECK(device.interfaces().size() == 256);
  CHECK(session.type("int lo99999999999\n").find("% Invalid input") != std::string::npos);
}
