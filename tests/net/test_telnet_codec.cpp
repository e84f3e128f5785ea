// TelnetCodec: what it makes of bytes, however they are cut, and that it comes to an end.

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/telnet_codec.h>

#include "telnet_bytes.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using telnet::Command;
using telnet::Option;
using Role = TelnetCodec::Role;

using namespace std::string_literals;

// Options, and what is said of them.
const std::string ECHO_OPTION = "\1";
const std::string SGA = "\3";
const std::string STATUS = "\5";
const std::string TM = "\6";
const std::string TTYPE = "\x18";
const std::string NAWS = "\x1f";
const std::string BINARY = "\0"s;
const std::string SEND = "\1";
const std::string IS = "\0"s;

TelnetInput take(TelnetCodec& codec, std::string_view bytes) {
  TelnetInput input;
  codec.receive(bytes, input);
  return input;
}
std::string replies_to(TelnetCodec& codec, std::string_view bytes) {
  return take(codec, bytes).replies;
}
std::string sent(const TelnetCodec& codec, std::string_view data) {
  std::string bytes;
  codec.send(data, bytes);
  return bytes;
}

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i)
    all += text;
  return all;
}

TEST_CASE("[fault 60] telnet cut at every byte, and at every two, comes out the same") {
  const std::string bytes = "login: " + DO + SGA + "a" + IAC + IAC + "b\r\0c\r\nd\0e"s + DO +
                            TTYPE + SB + TTYPE + SEND + SE + WILL + ECHO_OPTION + IAC + "\xf1" +
                            SB + NAWS + IAC + IAC + "x" + SE + WILL + "\x63" + IAC + "\xf3" +
                            "end" + DO + NAWS + SB + "junk" + DO + STATUS + "!";
  TelnetCodec whole(Role::client);
  const TelnetInput expected = take(whole, bytes);
  CHECK(expected.data ==
        "login: a\xff"
        "b\rc\r\ndeend!");
  CHECK(expected.replies == WILL + SGA + WILL + TTYPE + SB + TTYPE + IS + "network" + SE + DO +
                                ECHO_OPTION + DONT + "\x63" + WILL + NAWS + SB + NAWS + "\1" + IAC +
                                IAC + "\0\0"s + SE + WONT + STATUS);
  CHECK(expected.commands == std::vector<Command>{Command::break_key});
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      TelnetCodec codec(Role::client);
      TelnetInput input;
      codec.receive(std::string_view(bytes).substr(0, first), input);
      codec.receive(std::string_view(bytes).substr(first, second - first), input);
      codec.receive(std::string_view(bytes).substr(second), input);
      if (input.data == expected.data && input.replies == expected.replies) continue;
      FAIL("cut at ", first, " and ", second);
    }
  }
  TelnetCodec codec(Role::client);
  TelnetInput input;
  for (const char c : bytes)
    codec.receive({&c, 1}, input);
  CHECK(input.data == expected.data);
  CHECK(input.replies == expected.replies);
  CHECK(input.commands == expected.commands);
}

TEST_CASE("[fault 60] a client agrees to what devices need, once, and refuses the rest, once") {
  TelnetCodec codec(Role::client);
  CHECK(codec.greeting().empty());
  CHECK(replies_to(codec, DO + SGA) == WILL + SGA);
  CHECK(replies_to(codec, WILL + SGA) == DO + SGA);
  CHECK(replies_to(codec, WILL + ECHO_OPTION) == DO + ECHO_OPTION);
  CHECK(replies_to(codec, DO + TTYPE) == WILL + TTYPE);
  CHECK(replies_to(codec, DO + NAWS) == WILL + NAWS + SB + NAWS + "\1" + IAC + IAC + "\0\0"s + SE);
  CHECK(codec.is_on_here(Option::suppress_go_ahead));
  CHECK(codec.is_on_there(Option::echo));
  CHECK_FALSE(codec.is_on_here(Option::echo));
  for (int option = 0; option < 256; ++option) {
    const std::string name(1, static_cast<char>(option));
    const std::string again = replies_to(codec, times(100, DO + name + WILL + name));
    const bool both = name == SGA;
    const bool here = name == TTYPE || name == NAWS;
    const bool there = name == ECHO_OPTION;
    const std::string refused_here = WONT + name;
    const std::string refused_there = DONT + name;
    if (both) CHECK(again.empty());
    if (here) CHECK(again == refused_there);
    if (there) CHECK(again == refused_here);
    if (!both && !here && !there) CHECK(again == refused_here + refused_there);
    CHECK(replies_to(codec, times(100, DO + name + WILL + name)).empty());
  }
  CHECK(replies_to(codec, WONT + STATUS + DONT + STATUS).empty());
}

TEST_CASE("[fault 60] an option switched on and off without end is left off, and the answers end") {
  for (const Role role : {Role::client, Role::server}) {
    TelnetCodec codec(role);
    codec.greeting();
    std::size_t answers = 0;
    for (int i = 0; i < 10'000; ++i) {
      for (const std::string& option : {SGA, ECHO_OPTION, TTYPE, NAWS, BINARY}) {
        const std::string on_and_off = DO + option + DONT + option + WILL + option + WONT + option;
        answers += replies_to(codec, on_and_off).size();
      }
    }
    CHECK(answers < 300);
    CHECK_FALSE(codec.is_on_here(Option::suppress_go_ahead));
    CHECK(replies_to(codec, DO + SGA).empty());
  }
}

TEST_CASE("[fault 60] two codecs that talk to each other fall silent") {
  for (const bool client_binary : {false, true}) {
    for (const bool server_binary : {false, true}) {
      TelnetOptions options;
      options.binary = client_binary;
      TelnetCodec client(Role::client, options);
      options.binary = server_binary;
      TelnetCodec server(Role::server, options);
      std::string to_client = server.greeting();
      std::string to_server = client.greeting();
      int rounds = 0;
      while (!to_client.empty() || !to_server.empty()) {
        REQUIRE(++rounds < 10);
        const std::string next = replies_to(client, to_client);
        to_client = replies_to(server, to_server);
        to_server = next;
      }
      CHECK(client.is_on_there(Option::echo));
      CHECK(server.is_on_here(Option::echo));
      CHECK(server.is_on_here(Option::suppress_go_ahead));
      CHECK(server.peer_terminal_type() == "network");
      CHECK(server.peer_columns() == 511);
      CHECK(server.peer_rows() == 0);
      const bool binary = client_binary && server_binary;
      CHECK(client.is_on_here(Option::binary) == binary);
      CHECK(client.is_on_there(Option::binary) == binary);
      CHECK(server.is_on_here(Option::binary) == binary);
      const std::string window = client.set_window_size(80, 24);
      CHECK(replies_to(server, window).empty());
      CHECK(server.peer_columns() == 80);
      CHECK(server.peer_rows() == 24);
    }
  }
}

TEST_CASE(
    "[fault 60] a subnegotiation without end is an error at 4 KiB; what came before is kept") {
  TelnetCodec codec(Role::client);
  CHECK(take(codec, SB + std::string(4096, 'x') + SE + "fine").data == "fine");
  TelnetInput input;
  CHECK_THROWS_AS(codec.receive("before" + SB + std::string(4097, 'x'), input), TelnetError);
  CHECK(input.data == "before");

  TelnetCodec doubled(Role::client);
  CHECK(take(doubled, SB + times(4096, IAC + IAC) + SE + "fine").data == "fine");
  CHECK_THROWS_AS(take(doubled, SB + times(4097, IAC + IAC)), TelnetError);
}

TEST_CASE("subnegotiations that are empty, unasked for, too short or unknown change nothing") {
  TelnetCodec client(Role::client);
  CHECK(replies_to(client, SB + TTYPE + SEND + SE).empty());  // it was not agreed on
  CHECK(replies_to(client, DO + TTYPE + SB + SE + SB + TTYPE + SE + SB + "\x7f" + SE) ==
        WILL + TTYPE);
  TelnetCodec server(Role::server);
  server.greeting();
  take(server, SB + TTYPE + IS + "early" + SE + SB + NAWS + "\0\1\0\1"s + SE);
  CHECK(server.peer_terminal_type().empty());
  CHECK(server.peer_columns() == 0);
  CHECK(replies_to(server, WILL + TTYPE) == SB + TTYPE + SEND + SE);
  take(server, WILL + NAWS + SB + NAWS + "\0\1\0"s + SE);
  CHECK(server.peer_columns() == 0);
  take(server, SB + TTYPE + IS + "bad\x1b" + SE + SB + TTYPE + IS + std::string(41, 'x') + SE);
  CHECK(server.peer_terminal_type().empty());
  take(server, SB + TTYPE + IS + "xterm" + SE);
  CHECK(server.peer_terminal_type() == "xterm");
}

TEST_CASE("text is sent with CR LF at the end of lines, CR NUL for a lone CR, and 255 doubled") {
  const TelnetCodec codec(Role::client);
  CHECK(sent(codec, "") == "");
  CHECK(sent(codec, "show version\n") == "show version\r\n");
  CHECK(sent(codec, "a\r\nb\n\nc") == "a\r\nb\r\n\r\nc");
  CHECK(sent(codec, "a\rb\r") == "a\r\0b\r\0"s);
  CHECK(sent(codec, "\r\r\n\n\r") == "\r\0\r\n\r\n\r\0"s);
  CHECK(sent(codec, "\xff\xff") == IAC + IAC + IAC + IAC);
  CHECK(sent(codec, "\0x"s) == "\0x"s);
}

TEST_CASE(
    "[fault 60] binary, when both want it, leaves CR, LF and NUL alone, each way on its own") {
  TelnetOptions options;
  options.binary = true;
  TelnetCodec codec(Role::client, options);
  CHECK(codec.greeting() == WILL + BINARY + DO + BINARY);
  CHECK(sent(codec, "\n") == "\r\n");
  CHECK(take(codec, "a\0b"s).data == "ab");
  CHECK(take(codec, WILL + BINARY + "a\r\0b"s).data == "a\r\0b"s);
  CHECK(sent(codec, "\n") == "\r\n");
  CHECK(replies_to(codec, DO + BINARY).empty());
  CHECK(sent(codec, "\n\r\0\xff"s) == "\n\r\0"s + IAC + IAC);
  CHECK(take(codec, "x" + WONT + BINARY + "a\0b"s).data == "xab");
}

TEST_CASE("everything that is sent is received as it was, by whichever side, in binary") {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all += static_cast<char>(i);
  all += "\r\n\r\r\0\n\xff\xff\xf0"s;
  TelnetOptions options;
  options.binary = true;
  TelnetCodec client(Role::client, options);
  TelnetCodec server(Role::server, options);
  const std::string greeting = server.greeting();
  client.greeting();
  take(server, replies_to(client, greeting) + WILL + BINARY + DO + BINARY);
  CHECK(take(client, sent(server, all)).data == all);
  CHECK(take(server, sent(client, all)).data == all);
}

TEST_CASE("commands: AYT is answered, others are passed on or mean nothing") {
  TelnetCodec codec(Role::server);
  const TelnetInput input =
      take(codec, "a" + IAC + "\xf6" + IAC + "\xf4" + IAC + "\xf1" + IAC + "\xf2" + IAC + "\xf9" +
                      IAC + "\xf0" + IAC + "\x10" + "b");
  CHECK(input.data == "ab");
  CHECK(input.replies == "\r\n[Yes]\r\n");
  CHECK(input.commands == std::vector<Command>{Command::are_you_there, Command::interrupt_process});
  CHECK(TelnetCodec::command(Command::break_key) == IAC + "\xf3");
  CHECK_THROWS_AS(TelnetCodec::command(Command::will), ValueError);
  CHECK_THROWS_AS(TelnetCodec::command(Command::subnegotiation), ValueError);
  CHECK_THROWS_AS(TelnetCodec::command(Command::subnegotiation_end), ValueError);
}

TEST_CASE("a server answers each timing mark; a client refuses them, once") {
  TelnetCodec server(Role::server);
  CHECK(replies_to(server, times(3, DO + TM)) == times(3, WILL + TM));
  TelnetCodec client(Role::client);
  CHECK(replies_to(client, times(3, DO + TM)) == WONT + TM);
}

TEST_CASE("questions are not answered while nothing can be sent") {
  TelnetCodec codec(Role::client);
  codec.set_congested(true);
  const std::string ask = IAC + "\xf6" + SB + TTYPE + SEND + SE;
  CHECK(replies_to(codec, DO + TTYPE + times(1000, ask)) == WILL + TTYPE);
  codec.set_congested(false);
  CHECK(replies_to(codec, ask).size() > 10);
}

TEST_CASE("a terminal type out of range is refused") {
  for (const std::string& type : {""s, std::string(41, 'x'), "x\n"s, "\xff"s}) {
    TelnetOptions options;
    options.terminal_type = type;
    CHECK_THROWS_AS(TelnetCodec(Role::client, options), ValueError);
  }
}

}  // namespace
