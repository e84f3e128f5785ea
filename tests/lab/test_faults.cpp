// What may be wrong with a device, as its terminal shows it. What is wrong with connections is in
// test_telnet_session.cpp and test_server.cpp.
#include <algorithm>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "devices_fixture.h"

namespace {

using namespace rondo::lab;
using namespace std::chrono_literals;

constexpr std::string_view clock_line = "*15:49:32.123 UTC Tue Mar 2 2021\n";

}  // namespace

TEST_CASE("a banner has lines that end as prompts do, before the prompt") {
  Ring ring({Fault::banner});
  const Typist typist(ring.iosxe());
  CHECK(typist.greeting.find("router#\n") != std::string::npos);
  CHECK(typist.greeting.find("spare>\n") != std::string::npos);
  CHECK(typist.greeting.ends_with("\nr1>"));
}

TEST_CASE("an echo may come byte by byte, and nothing else is different") {
  Ring ring({Fault::single_byte_echo});
  Typist typist(ring.iosxe());
  typist.terminal.type("show clock\n");
  std::string echoed;
  for (int i = 0; i < 10; ++i) {
    const Terminal::Turn turn = typist.terminal.turn();
    CHECK(turn.bytes.size() == 1);
    CHECK(turn.pause == 1ms);
    echoed += turn.bytes;
  }
  CHECK(echoed == "show clock");
  CHECK(typist.read() == "\n" + std::string(clock_line) + "r1>");
}

TEST_CASE("an echo may be coloured") {
  Ring ring({Fault::colored_echo});
  Typist typist(ring.iosxe());
  CHECK(typist.type("sh") == "\x1b[32ms\x1b[0m\x1b[32mh\x1b[0m");
  CHECK(typist.type(" clock\n").ends_with("\n" + std::string(clock_line) + "r1>"));
}

TEST_CASE("an output may end with what would set a title, fill a clipboard and clear a screen") {
  Ring ring({Fault::hostile_output});
  Typist typist(ring.iosxe());
  CHECK(typist.type("show clock\n")
            .ends_with("\x1b]0;mine\a\x1b]52;c;bWluZQ==\a\xc2\x9b"
                       "2J\nr1>"));
}

TEST_CASE("a long line may be wrapped with a blank and a backspace at each edge of the screen") {
  Ring ring({Fault::wrapped_echo});
  Typist typist(ring.iosxe());
  const std::string first(77, 'x');
  const std::string second(80, 'y');
  CHECK(typist.type(first + second + "z") == first + " \b" + second + " \bz");
  CHECK(typist.type("\n").find("Unknown command") != std::string::npos);
}

TEST_CASE("paging may stay, whatever the length is") {
  Ring ring({Fault::paging_stays});
  Typist typist(ring.iosxe());
  typist.type("enable\ncisco\nterminal length 0\n");
  CHECK(typist.type("show running-config\n").ends_with(" --More-- "));
  typist.type("q");
  typist.type("terminal length 100\n");
  CHECK(typist.type("show running-config\n").ends_with("r1#"));
}

TEST_CASE("no secret may be right") {
  Ring ring({Fault::bad_secret});
  Typist typist(ring.iosxe());
  CHECK(typist.type("enable\ncisco\ncisco\ncisco\n") ==
        "enable\nPassword: \nPassword: \nPassword: \n% Bad secrets\n\nr1>");
}

TEST_CASE("an output may stop in the middle, and with it the connection") {
  struct Case {
    Fault fault;
    Terminal::After after;
  };
  for (const Case& stopped : {Case{Fault::hang, Terminal::After::goes_on},
                              Case{Fault::half_close, Terminal::After::half_closed},
                              Case{Fault::cut, Terminal::After::cut}}) {
    Ring ring({stopped.fault});
    Typist typist(ring.iosxe());
    CHECK(typist.type("terminal length 0\n") == "terminal length 0\nr1>");
    CHECK(typist.type("show clock\n") ==
          "show clock\n" + std::string(clock_line.substr(0, clock_line.size() / 2)));
    CHECK(typist.after == stopped.after);
    CHECK(typist.type("\n\nshow clock\n") == "");
    CHECK_FALSE(typist.terminal.closed());
  }
}

TEST_CASE("an output may be endless, but for Ctrl-C") {
  Ring ring({Fault::endless});
  Typist typist(ring.iosxe());
  typist.terminal.type("show clock\n");
  const std::string output = typist.read(5);
  CHECK(output.starts_with("show clock\n" + std::string(clock_line) + "000000001: "));
  CHECK(output.find("000000800: ") != std::string::npos);
  const std::string last = typist.type("q\n\x03");
  CHECK(last.ends_with("^C\nr1>"));
  CHECK(typist.type("terminal length 0\n") == "terminal length 0\nr1>");
}

TEST_CASE("a login may be slow") {
  Ring ring({Fault::slow_login});
  const Typist typist(ring.iosxe());
  CHECK(typist.pauses.front() == 3s);
  CHECK(typist.greeting == "\nr1>");
}

TEST_CASE("a device may be silent until a key is typed") {
  Ring ring({Fault::silent});
  Typist typist(ring.iosxe());
  CHECK(typist.greeting == "");
  CHECK(typist.type("\r\n") == "\nr1>");
}

TEST_CASE("Junos may show its routing engine above the prompt") {
  Ring ring({Fault::two_line_prompt});
  Typist junos(ring.of("juniper_junos"));
  CHECK(junos.greeting == "\n\n{master:0}\ncisco@edge5> ");
  CHECK(junos.type("configure\n").ends_with("\n{master:0}[edit]\ncisco@edge5# "));
  const Typist other(ring.iosxe());
  CHECK(other.greeting == "\nr1>");
}
