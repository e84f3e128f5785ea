// The terminal of a virtual router, driven without a network: bytes in, bytes out.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/lab/terminal.h>

namespace {

using namespace rondo::lab;
using namespace std::chrono_literals;

Interface make_interface(const char* name, const char* address, InterfaceStatus status) {
  Interface interface;
  interface.name = name;
  interface.address = parse_interface_address(address);
  interface.status = status;
  interface.protocol_up = status == InterfaceStatus::up;
  return interface;
}

Router office_router() {
  Router router;
  router.hostname = "r1";
  router.address = "127.0.100.1";
  router.username = "cisco";
  router.password = "cisco";
  router.enable_secret = "secret";
  router.uptime = "3 days, 1 hour";
  router.interfaces = {
      make_interface("GigabitEthernet0/0", "192.168.1.1/24", InterfaceStatus::up),
      make_interface("GigabitEthernet0/1", "", InterfaceStatus::administratively_down),
      make_interface("Serial0/0/0", "", InterfaceStatus::down),
  };
  router.interfaces[0].description = "to the office";
  return router;
}

// A device and one session on it whose bytes are collected, pauses skipped.
struct Desk {
  Desk() : Desk(office_router()) {}
  explicit Desk(Router router) : device(std::move(router)) {
    terminal.open_shell();
    CHECK(answers() == "\r\n" + device.hostname() + ">");
  }

  std::string answers() {
    std::string bytes;
    while (true) {
      const Terminal::Turn turn = terminal.turn();
      bytes += turn.bytes;
      paused += turn.pause;
      if (turn.pause.count() == 0) return bytes;
    }
  }

  std::string type(std::string_view keys) {
    terminal.type(keys);
    return answers();
  }

  void enable() { REQUIRE(type("enable\nsecret\n").ends_with("r1#")); }
  void configure() {
    enable();
    REQUIRE(type("configure terminal\n").ends_with("(config)#"));
  }

  Device device;
  Terminal terminal{device, [] { return std::chrono::system_clock::time_point(1614700172123ms); }};
  std::chrono::milliseconds paused{0};
};

constexpr std::string_view brief =
    "Interface                  IP-Address      OK? Method Status                Protocol\r\n"
    "GigabitEthernet0/0         192.168.1.1     YES NVRAM  up                    up      \r\n"
    "GigabitEthernet0/1         unassigned      YES unset  administratively down down    \r\n"
    "Serial0/0/0                unassigned      YES unset  down                  down    \r\n";

std::string typed(std::string_view echo, std::string_view output, std::string_view prompt) {
  return std::string(echo).append("\r\n").append(output).append(prompt);
}

}  // namespace

TEST_CASE("what is typed is echoed, and the answer and a prompt follow") {
  Desk desk;
  CHECK(desk.type("show cl") == "show cl");
  CHECK(desk.type("ock\n") == "ock\r\n*15:49:32.123 UTC Tue Mar 2 2021\r\nr1>");
}

TEST_CASE("it makes no difference whether keys come one by one or all at once") {
  constexpr std::string_view keys =
      "sh ip int br\renable\r\nwrong\nsecret\nconf t\nint lo7\nip addr 10.7.7.7 255.255.255.255\n"
      "do sh ip int br | i Loop\nend\nsh run\n\n  sh foo\nbad\x7f\x7f\x7f\x1b[Ash "
      "cl\x15\x1a\nexit\n";
  Desk whole;
  const std::string at_once = whole.type(keys);
  Desk single;
  std::string one_by_one;
  for (const char key : keys)
    one_by_one += single.type({&key, 1});
  CHECK(at_once == one_by_one);
  CHECK(whole.terminal.closed());
  CHECK(single.terminal.closed());
}

TEST_CASE("return, line feed and both together each end one line") {
  for (const std::string& end :
       std::vector<std::string>{"\r", "\n", "\r\n", std::string("\r\0", 2)}) {
    Desk desk;
    CHECK(desk.type(end + end) == "\r\nr1>\r\nr1>");
  }
  Desk desk;
  CHECK(desk.type("\r") == "\r\nr1>");
  CHECK(desk.type("\n") == "");
  CHECK(desk.type("\n") == "\r\nr1>");
}

TEST_CASE("backspace takes the last character back, and stops at the prompt") {
  Desk desk;
  CHECK(desk.type("shx\x08") == "shx\b \b");
  CHECK(desk.type("\x7f\x7f\x7f\x7f") == "\b \b\b \b");
  CHECK(desk.type("show clokc\b\bck\n").ends_with("2021\r\nr1>"));
  CHECK(desk.type("one two\x17") == "one two\b \b\b \b\b \b");
  CHECK(desk.type("\x15") == "\b \b\b \b\b \b\b \b");
  CHECK(desk.type("\x17\x15") == "");
}

TEST_CASE("Ctrl-C drops the line") {
  Desk desk;
  CHECK(desk.type("exit\x03") == "exit^C\r\nr1>");
  CHECK(desk.type("\n") == "\r\nr1>");
  CHECK_FALSE(desk.terminal.closed());
}

TEST_CASE("arrow keys, control characters, foreign bytes and ? break nothing") {
  Desk desk;
  CHECK(desk.type("\x1b[A\x1bOB\x1b[1;5C\x01\x02\t\x80\xff") == "");
  CHECK(desk.type("\x1b\n").ends_with("r1>"));
  CHECK(desk.type("?\n").ends_with("r1>"));
  CHECK(desk.type("show ?\n").find("% Invalid input") != std::string::npos);
  CHECK(desk.type("sh ip int br\n") == typed("sh ip int br", brief, "r1>"));
}

TEST_CASE("a line that is too long rings the bell and is kept as far as it goes") {
  Desk desk;
  const std::string answer = desk.type(std::string(300, 'x'));
  CHECK(answer == std::string(254, 'x') + std::string(46, '\a'));
}

TEST_CASE("enable asks for the secret without showing it") {
  Desk desk;
  CHECK(desk.type("enable\n") == "enable\r\nPassword: ");
  CHECK(desk.type("secrex\bt") == "");
  CHECK(desk.type("\n") == "\r\nr1#");
  CHECK(desk.type("enable\n") == "enable\r\nr1#");
  CHECK(desk.type("disable\n") == "disable\r\nr1>");
}

TEST_CASE("three wrong secrets are enough") {
  Desk desk;
  CHECK(desk.type("en\none\n") == "en\r\nPassword: \r\nPassword: ");
  CHECK(desk.type("two\nthree\n") == "\r\nPassword: \r\n% Bad secrets\r\n\r\nr1>");
  CHECK(desk.type("en\none\nsecret\n") == "en\r\nPassword: \r\nPassword: \r\nr1#");
}

TEST_CASE("Ctrl-C and Ctrl-Z at the password lead back to the prompt, unprivileged") {
  for (const char key : {'\x03', '\x1a'}) {
    Desk desk;
    CHECK(desk.type(std::string("en\nsecret") + key) == "en\r\nPassword: \r\nr1>");
  }
}

TEST_CASE("exit, logout and quit end the session, and what follows is not read") {
  for (const std::string command : {"exit", "logout", "quit", "ex", "q"}) {
    Desk desk;
    CHECK(desk.type(command + "\nshow clock\n") == command + "\r\n");
    CHECK(desk.terminal.closed());
    CHECK(desk.type("\n") == "");
  }
}

TEST_CASE("the running configuration is for the privileged") {
  Desk desk;
  CHECK(desk.type("show run\n") ==
        "show run\r\n        ^\r\n% Invalid input detected at '^' marker.\r\n\r\nr1>");
  desk.enable();
  desk.type("terminal length 0\n");
  const std::string configuration = desk.type("show run\n");
  CHECK(configuration.starts_with(
      "show run\r\nBuilding configuration...\r\n\r\nCurrent configuration : "));
  CHECK(configuration.find("\r\nhostname r1\r\n") != std::string::npos);
  CHECK(configuration.find("interface GigabitEthernet0/0\r\n description to the office\r\n"
                           " ip address 192.168.1.1 255.255.255.0\r\n") != std::string::npos);
  CHECK(configuration.find("interface GigabitEthernet0/1\r\n no ip address\r\n shutdown\r\n") !=
        std::string::npos);
  CHECK(configuration.find("secret\r") == std::string::npos);
  CHECK(configuration.ends_with("end\r\n\r\nr1#"));
}

TEST_CASE("show version names the version and the uptime") {
  Desk desk;
  desk.type("term len 0\n");
  const std::string version = desk.type("sh ver\n");
  CHECK(version.find(", Version 15.2(4)M1, RELEASE SOFTWARE") != std::string::npos);
  CHECK(version.find("\r\nr1 uptime is 3 days, 1 hour\r\n") != std::string::npos);
  CHECK(version.find("\r\n2 Gigabit Ethernet interfaces\r\n1 Serial(sync/async) interface\r\n") !=
        std::string::npos);
}

TEST_CASE("show interfaces description shortens names and states") {
  Desk desk;
  CHECK(desk.type("sh int desc\n") ==
        "sh int desc\r\n"
        "Interface                      Status         Protocol Description\r\n"
        "Gi0/0                          up             up       to the office\r\n"
        "Gi0/1                          admin down     down     \r\n"
        "Se0/0/0                        down           down     \r\n"
        "r1>");
}

TEST_CASE("output longer than a page stops at --More--") {
  Desk desk;
  desk.type("terminal length 4\n");
  constexpr std::string_view erased = "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b";
  const std::string page = desk.type("sh ip int br\n");
  CHECK(page.starts_with("sh ip int br\r\nInterface "));
  CHECK(page.ends_with("down    \r\n --More-- "));

  SUBCASE("space shows the next page") {
    const std::string rest = desk.type(" ");
    CHECK(rest.starts_with(std::string(erased) + "Serial0/0/0 "));
    CHECK(rest.ends_with("\r\nr1>"));
  }
  SUBCASE("q stops, and so does any other key") {
    CHECK(desk.type("q") == std::string(erased) + "r1>");
    desk.type("sh ip int br\n");
    CHECK(desk.type("x") == std::string(erased) + "r1>");
    desk.type("sh ip int br\n");
    CHECK(desk.type("\x03") == std::string(erased) + "r1>");
  }
  SUBCASE("return shows one line") {
    desk.type("q");
    desk.type("terminal length 2\nsh ip int br\r");
    const std::string line = desk.type("\r\n");
    CHECK(line.starts_with(std::string(erased) + "GigabitEthernet0/0 "));
    CHECK(line.ends_with("up      \r\n --More-- "));
  }
  SUBCASE("a page of one line is still a page") {
    desk.type("q");
    desk.type("terminal length 1\n");
    CHECK(desk.type("sh ip int br\n").ends_with("Protocol\r\n --More-- "));
  }
}

TEST_CASE("terminal length 0 ends paging") {
  Desk desk;
  desk.enable();
  CHECK(desk.type("show running-config\n").ends_with(" --More-- "));
  desk.type("q");
  CHECK(desk.type("terminal length 0\n") == "terminal length 0\r\nr1#");
  CHECK(desk.type("show running-config\n").find("More") == std::string::npos);
}

TEST_CASE("a page is as long as the window until a length is typed") {
  Desk desk;
  desk.terminal.resize(80, 2);
  CHECK(desk.type("sh ip int br\n").ends_with(" --More-- "));
  desk.type("q");
  desk.terminal.resize(80, 0);
  CHECK(desk.type("sh ip int br\n").ends_with(" --More-- "));
  desk.type("q");
  desk.terminal.resize(80, 50);
  CHECK(desk.type("sh ip int br\n").ends_with("r1>"));
  desk.type("terminal length 0\n");
  desk.terminal.resize(80, 2);
  CHECK(desk.type("sh ip int br\n").ends_with("r1>"));
}

TEST_CASE("a slow router echoes at once, asks for a pause, and answers after it") {
  Router router = office_router();
  router.delay = 300ms;
  Desk desk(std::move(router));
  desk.terminal.type("show clock\nterminal length 0\n");
  Terminal::Turn turn = desk.terminal.turn();
  CHECK(turn.bytes == "show clock\r\n");
  CHECK(turn.pause == 300ms);
  // What is typed meanwhile is neither lost nor echoed before its time.
  desk.terminal.type("sh foo\n");
  turn = desk.terminal.turn();
  CHECK(
      turn.bytes.starts_with("*15:49:32.123 UTC Tue Mar 2 2021\r\nr1>terminal length 0\r\nr1>sh "));
  CHECK(turn.pause == 0ms);
}

TEST_CASE("only show commands are slow, and only when they are right") {
  Router router = office_router();
  router.delay = 100ms;
  Desk desk(std::move(router));
  desk.enable();
  desk.type("conf t\nint lo1\nend\nsh foo\nshow ip\nsh i\n\n");
  CHECK(desk.paused == 0ms);
  desk.type("sh clock\nconf t\ndo sh clock\n");
  CHECK(desk.paused == 200ms);
}

TEST_CASE("one command by itself comes without echo, prompt and pages") {
  Device device(office_router());
  Terminal terminal(device);
  terminal.resize(80, 2);
  SUBCASE("its output is all there is") {
    terminal.execute("sh ip int br");
    const Terminal::Turn turn = terminal.turn();
    CHECK(turn.bytes == brief);
    CHECK(terminal.closed());
  }
  SUBCASE("it takes its time on a slow router") {
    Router router = office_router();
    router.delay = 50ms;
    Device slow_device(router);
    Terminal slow(slow_device);
    slow.execute("show ip interface brief | include Serial");
    const Terminal::Turn first = slow.turn();
    CHECK(first.bytes == "");
    CHECK(first.pause == 50ms);
    CHECK(slow.turn().bytes.starts_with("Serial0/0/0 "));
    CHECK(slow.closed());
  }
  SUBCASE("what may not be run that way is refused") {
    for (const char* line : {"show running-config", "enable", "configure terminal", "nonsense"}) {
      Terminal other(device);
      other.execute(line);
      CHECK(other.turn().bytes ==
            std::string("Line has invalid autocommand \"").append(line).append("\"\r\n"));
      CHECK(other.closed());
    }
  }
  SUBCASE("an empty one prints nothing") {
    terminal.execute("");
    CHECK(terminal.turn().bytes == "");
    CHECK(terminal.closed());
  }
}

TEST_CASE("type-ahead without end is dropped, not kept") {
  Desk desk;
  desk.terminal.type(std::string(200'000, 'x'));
  CHECK(desk.answers().size() < 70'000);
}
