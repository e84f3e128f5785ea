// How a line is understood: abbreviations, refusals, parameters, pipes.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondo/lab/grammar.h>
#include <rondo/lab/platforms/platforms.h>

namespace {

using namespace rondo::lab;

Match match(std::string_view line, Mode mode = privileged_mode) {
  return match_line(cisco_iosxe.commands, cisco_iosxe.pipes, mode, line);
}

std::string_view meaning(std::string_view line, Mode mode = privileged_mode) {
  const Match found = match(line, mode);
  CHECK_MESSAGE(found.verdict == Verdict::matched, std::string(line));
  return found.command != nullptr ? found.command->syntax : "";
}

std::string filtered(FilterKind kind, std::string pattern, std::string_view text) {
  return filter_lines({kind, std::move(pattern)}, text).value_or("not a pattern");
}

}  // namespace

TEST_CASE("words may be cut short as long as they mean one thing") {
  for (const char* line : {"show ip interface brief", "sh ip int br", "  sho   ip  i b  ",
                           "SHOW IP INTERFACE BRIEF", "sh ip interface b"}) {
    CHECK(meaning(line) == "show ip interface brief");
  }
  CHECK(meaning("sh int d") == "show interfaces description");
  CHECK(meaning("conf t") == "configure terminal");
  CHECK(meaning("wr") == "write");
  CHECK(meaning("en") == "enable");
  CHECK(meaning("ex", interface_mode) == "exit");
}

TEST_CASE("an abbreviation that two commands share is called ambiguous") {
  for (const char* line : {"e", "show i", "sh int ip x", "sh i int br"}) {
    const Match found = match(line);
    if (std::string_view(line).starts_with("sh in")) {
      CHECK(found.verdict == Verdict::invalid);
    } else {
      CHECK_MESSAGE(found.verdict == Verdict::ambiguous, line);
    }
  }
  CHECK(match("e", interface_mode).verdict == Verdict::ambiguous);
}

TEST_CASE("a whole word beats the longer words that it begins") {
  constexpr Command table[] = {{"show ip", exec_mode, nullptr},
                               {"show ipv6", exec_mode, nullptr},
                               {"show ip route", exec_mode, nullptr}};
  CHECK(match_line(table, {}, exec_mode, "show ip").command == &table[0]);
  CHECK(match_line(table, {}, exec_mode, "show ip r").command == &table[2]);
  CHECK(match_line(table, {}, exec_mode, "show i").verdict == Verdict::ambiguous);
  CHECK(match_line(table, {}, exec_mode, "show ipv").command == &table[1]);
}

TEST_CASE("a command that wants more words is incomplete") {
  for (const char* line :
       {"show", "sh ip", "sh ip int", "terminal length", "conf", "sh ver |", "sh ver | inc"}) {
    CHECK_MESSAGE(match(line).verdict == Verdict::incomplete, line);
  }
}

TEST_CASE("the caret goes to the first letter that fits nothing") {
  const auto caret = [](std::string_view line) {
    const Match found = match(line);
    CHECK_MESSAGE(found.verdict == Verdict::invalid, std::string(line));
    return found.offset;
  };
  CHECK(caret("shwo ip") == 2);
  CHECK(caret("show vrf") == 6);
  CHECK(caret("show ipx") == 7);
  CHECK(caret("show  clock   now") == 14);
  CHECK(caret("terminal length 513") == 16);
  CHECK(caret("terminal length -1") == 16);
  CHECK(caret("sh ver | grep x") == 9);
  CHECK(caret("terminal length 0 | include x") == 18);
}

TEST_CASE("a single word that begins no command is unknown") {
  CHECK(match("shwo").verdict == Verdict::unknown);
  CHECK(match("  shwo  ").verdict == Verdict::unknown);
  CHECK(match("conf", exec_mode).verdict == Verdict::unknown);
}

TEST_CASE("nothing, spaces and comments are empty") {
  for (const char* line : {"", "    ", "!", " ! show clock"}) {
    CHECK(match(line).verdict == Verdict::empty);
  }
}

TEST_CASE("parameters come with their place in the line") {
  const Match address = match("ip addr  10.0.0.1 255.255.255.0", interface_mode);
  REQUIRE(address.arguments.size() == 2);
  CHECK(address.arguments[0].text == "10.0.0.1");
  CHECK(address.arguments[0].offset == 9);
  CHECK(address.arguments[1].text == "255.255.255.0");
  const Match rest = match("desc  two  words", interface_mode);
  REQUIRE(rest.arguments.size() == 1);
  CHECK(rest.arguments[0].text == "two  words");
}

TEST_CASE("a pipe goes to the filter, and only behind a show command") {
  const Match found = match("sh ip int br | inc up|Gi 0 ");
  REQUIRE(found.verdict == Verdict::matched);
  CHECK(found.filters[0].kind == FilterKind::include);
  CHECK(found.filters[0].pattern == "up|Gi 0");
  CHECK(match("sh ver | e x").filters.at(0).kind == FilterKind::exclude);
  CHECK(match("sh ver |begin x").filters.at(0).kind == FilterKind::begin);
  CHECK(match("sh ver | b x").filters.at(0).kind == FilterKind::begin);
}

TEST_CASE("include, exclude and begin choose lines") {
  constexpr std::string_view text = "one\ntwo\nthree\n";
  CHECK(filtered(FilterKind::include, "t", text) == "two\nthree\n");
  CHECK(filtered(FilterKind::exclude, "t", text) == "one\n");
  CHECK(filtered(FilterKind::begin, "^tw", text) == "two\nthree\n");
  CHECK(filtered(FilterKind::include, "e$|^tw", text) == "one\ntwo\nthree\n");
  CHECK(filtered(FilterKind::include, "T", text) == "");
  CHECK(filtered(FilterKind::none, "", text) == text);
}

TEST_CASE("a pattern that is none, or too dear, is refused in no time") {
  constexpr std::string_view text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaa{5}\n";
  CHECK(filtered(FilterKind::include, "(", text) == "not a pattern");
  CHECK(filtered(FilterKind::include, "[", text) == "not a pattern");
  CHECK(filtered(FilterKind::include, "a{5}", text) == text);
  CHECK(filtered(FilterKind::include, "[{]5[]{}]", text) == text);
  CHECK(filtered(FilterKind::include, "a{255}{255}{255}{255}", text) == "");
  CHECK(filtered(FilterKind::include, std::string(200, '+'), text) == "not a pattern");
  CHECK(filtered(FilterKind::include, R"((a*)*\1\1\1)", text) == "");
  CHECK(filtered(FilterKind::include, R"(\.)", text) == "");
  CHECK(filtered(FilterKind::include, R"(\)", text) == "not a pattern");
}
