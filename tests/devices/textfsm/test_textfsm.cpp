#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/textfsm.h>

#include "../../runtime/temporary_directory.h"

namespace {

using namespace rondo::textfsm;
using rondo::test::TemporaryDirectory;

std::string parsed(const std::string& text, const TextFSM& fsm) {
  return to_json(fsm.header(), fsm.parse_text(text));
}

std::string refusal(const std::string& text) {
  try {
    const TextFSM fsm(text, "t");
  } catch (const TemplateError& error) {
    return error.what();
  }
  return "none";
}

const char* const interfaces =
    "# What show interfaces prints.\n"
    "Value Filldown HOST (\\S+)\n"
    "Value Required,Key NAME (\\S+)\n"
    "Value List ADDRESS (\\d+(?:\\.\\d+){3})\n"
    "Value MTU (\\d+)\n"
    "\n"
    "Start\n"
    "  ^Host ${HOST}$$\n"
    "  ^\\S -> Continue.Record\n"
    "  ^${NAME} is up$$ -> Body\n"
    "  # nothing else is known\n"
    "  ^. -> Error \"unknown\"\n"
    "\n"
    "Body\n"
    "  ^  address ${ADDRESS}\n"
    "  ^  mtu ${MTU}\n"
    "  ^$$ -> Start\n";

TEST_CASE("a template makes rows of a text, each time from the beginning") {
  const TextFSM fsm(interfaces);
  const std::string text =
      "Host r1\ne0 is up\n  address 10.0.0.1\n  address 10.0.0.2\n  mtu 1500\n\ne1 is up\n";
  const std::string rows =
      R"([{"HOST":"r1","NAME":"e0","ADDRESS":["10.0.0.1","10.0.0.2"],"MTU":"1500"},)"
      R"({"HOST":"r1","NAME":"e1","ADDRESS":[],"MTU":""}])";
  CHECK(parsed(text, fsm) == rows);
  CHECK(parsed(text, fsm) == rows);
  CHECK(parsed("e2 is up", fsm) == R"([{"HOST":"","NAME":"e2","ADDRESS":[],"MTU":""}])");
  CHECK(fsm.parse_text("").empty());
}

TEST_CASE("rows can be had by the names of the values") {
  const auto records = TextFSM(interfaces).parse_text_to_dicts("e0 is up\n");
  REQUIRE(records.size() == 1);
  CHECK(std::get<std::string>(records[0].at("NAME")) == "e0");
  CHECK(empty(records[0].at("ADDRESS")));
}

TEST_CASE("a template tells its values and their options") {
  const TextFSM fsm(interfaces, "interfaces");
  CHECK(fsm.name() == "interfaces");
  CHECK(fsm.header() == std::vector<std::string>{"HOST", "NAME", "ADDRESS", "MTU"});
  CHECK(fsm.values_with(Option::key) == std::vector<std::string>{"NAME"});
  CHECK(fsm.values_with(Option::fillup).empty());
  CHECK(fsm.values()[1].options == std::vector{Option::required, Option::key});
  CHECK(fsm.values()[3].regex == "(\\d+)");
  CHECK(to_string(Option::required) == "Required");
}

TEST_CASE("a rule that says Error refuses the text, and tells where") {
  const TextFSM fsm(interfaces, "interfaces");
  try {
    fsm.parse_text("Host r1\n% Invalid input\n");
    FAIL("it was accepted");
  } catch (const ParseError& error) {
    CHECK(std::string(error.what()) ==
          "interfaces:12: in the state Start, line 2 of the text is refused (unknown): "
          "% Invalid input");
    CHECK(error.message() == "unknown");
    CHECK(error.state() == "Start");
    CHECK(error.line() == 2);
    CHECK(error.input() == "% Invalid input");
  }
  const TextFSM silent("Value A (a)\n\nStart\n  ^b -> Error\n", "t");
  CHECK_THROWS_WITH_AS(silent.parse_text("b"),
                       "t:4: in the state Start, line 1 of the text is refused: b", ParseError);
}

TEST_CASE("options act in the order in which they are declared") {
  const std::string rules =
      " X (\\w+)\nValue Y (\\d+)\n\nStart\n  ^${X} ${Y} -> Continue\n"
      "  ^\\w+ -> Record\n  ^\\d+ -> Record\n";
  // After a row, the text of a Filldown is back where Required looks before List has its turn.
  CHECK(parsed("a 1\nb\n", TextFSM("Value Required,List" + rules)) == R"([{"X":["a"],"Y":"1"}])");
  CHECK(parsed("a 1\n", TextFSM("Value List,Required" + rules)) == R"([{"X":["a"],"Y":"1"}])");
  CHECK(parsed("a 1\nb\n", TextFSM("Value Filldown,Required,List" + rules)) ==
        R"([{"X":["a"],"Y":"1"},{"X":["a"],"Y":""},{"X":["a"],"Y":""}])");
}

TEST_CASE("Fillup fills the rows above, up to one that has something") {
  const TextFSM fsm(
      "Value Fillup A (\\d+)\nValue B (\\w)\n\nStart\n  ^${B} ${A}$$ -> Record\n  ^${B} -> "
      "Record\n");
  CHECK(
      parsed("a 1\nb\nc\nd 2\ne\n", fsm) ==
      R"([{"A":"1","B":"a"},{"A":"2","B":"b"},{"A":"2","B":"c"},{"A":"2","B":"d"},{"A":"","B":"e"}])");
}

TEST_CASE("a List value with named groups collects those") {
  const TextFSM fsm(
      "Value List P ((?P<name>\\w+):\\s+(?P<age>\\d+)(?P<mark>!)?)\n\nStart\n  ^${P}\n");
  CHECK(parsed("Bob: 32\nAl: 7!\n", fsm) ==
        R"([{"P":[{"name":"Bob","age":"32","mark":null},{"name":"Al","age":"7","mark":"!"}]}])");
}

TEST_CASE("what took no part in a match clears the value, and Filldown forgets it") {
  const TextFSM fsm(
      "Value Filldown A (\\d+)\nValue List L (x)\nValue B (\\w)\n\nStart\n  ^(?:${A}|-) (?:${L}|-) "
      "${B} -> Record\n");
  CHECK(parsed("1 x a\n- - b\n", fsm) ==
        R"([{"A":"1","L":["x"],"B":"a"},{"A":"","L":[null],"B":"b"}])");
}

TEST_CASE("Clear keeps what is filled down, Clearall nothing") {
  const std::string start =
      "Value Filldown A (\\d+)\nValue B (\\w+)\n\nStart\n  ^${A} ${B}\n  ^clear -> ";
  CHECK(parsed("1 b\nclear\n", TextFSM(start + "Clear\n")) == R"([{"A":"1","B":""}])");
  CHECK(parsed("1 b\nclear\n", TextFSM(start + "Clearall\n")) == "[]");
}

TEST_CASE("End, EOF and the state EOF decide about the last row") {
  const std::string start = "Value A (\\w+)\n\nStart\n  ^stop -> ";
  const std::string rest = "\n  ^${A}\n";
  CHECK(parsed("a\nstop\nb\n", TextFSM(start + "End" + rest)) == "[]");
  CHECK(parsed("a\nstop\nb\n", TextFSM(start + "EOF" + rest)) == R"([{"A":"a"}])");
  CHECK(parsed("a\n", TextFSM(start + "EOF" + rest + "\nEOF\n")) == "[]");
}

TEST_CASE("bytes that are no UTF-8 do no harm, and Unicode is matched") {
  const TextFSM fsm("Value A (\\S+)\n\nStart\n  ^${A} -> Record\n");
  CHECK(parsed("\xff\xfe\n\u00e9t\u00e9\n", fsm) ==
        "[{\"A\":\"\ufffd\ufffd\"},{\"A\":\"\u00e9t\u00e9\"}]");
  CHECK(parsed(std::string("a\0b\n", 4), fsm) == R"([{"A":"a\u0000b"}])");
}

TEST_CASE("names may be longer than PCRE2's") {
  const std::string name(48, 'n');
  const TextFSM fsm("Value " + name + " (\\d+)\n\nStart\n  ^${" + name + "}\n");
  CHECK(parsed("1", fsm) == "[{\"" + name + "\":\"1\"}]");
}

TEST_CASE("[fault 64] an error in a template names its line, the reason and the way out") {
  const std::string a = "Value A (a)\n";
  const std::vector<std::pair<std::string, std::string>> examples = {
      {"", "t:1: there is no state Start, in which all begins"},
      {"Start\n",
       "t:1: a template begins with values, and this is none: write 'Value NAME (regex)'"},
      {"Value A\n", "t:1: a value has a name and an expression: write 'Value NAME (regex)'"},
      {"Value Key,Lost A (a)\n",
       "t:1: there is no option 'Lost', but Filldown, Fillup, Key, List and Required, with commas "
       "and "
       "without blanks between"},
      {"Value Key,Key A (a)\n", "t:1: the option 'Key' is there twice"},
      {"Value A a\n",
       "t:1: there is no option 'A', but Filldown, Fillup, Key, List and Required, with "
       "commas and without blanks between"},
      {"Value A (a))\n",
       "t:1: the expression of 'A' must stand in parentheses, and hold as many ( as ): '(a))'"},
      {a + a, "t:2: there are two values 'A'"},
      {"Value List A ([)\n",
       "t:1: the regular expression '([)' is none: a [ has no ]: write \\[ for one "
       "that opens nothing"},
      {a + "Start\n", "t:2: a blank line ends the values, and this is neither: 'Start'"},
      {a + "\nA B\n",
       "t:3: here the name of a state stands alone, of at most 48 letters, digits and _: "
       "not 'A B'"},
      {a + "\nNext\n", "t:3: a state cannot be named 'Next', for that is an action"},
      {a + "\nStart\n\nStart\n", "t:5: there are two states 'Start'"},
      {a + "\nStart\n^a\n", "t:4: a rule begins with one or two blanks or a tab, and ^: not '^a'"},
      {a + "\nStart\n  ^a$\n",
       "t:4: after a $ comes the name of a value, as in ${NAME}; write $$ for the "
       "end of the line"},
      {a + "\nStart\n  ^${B}\n", "t:4: there is no value 'B'"},
      {a + "\nStart\n  ^a(\n",
       "t:4: the regular expression '^a(' is none: a ( has no ): write \\( for one "
       "that opens nothing"},
      {a + "\nStart\n  ^a -> Nex.Record\n",
       "t:4: after -> comes an action as in 'Continue.Record', 'Record Start', 'Next.Clear' or "
       "'Error "
       "\"why\"': not in '^a -> Nex.Record'"},
      {a + "\nStart\n  ^a -> Continue Start\n",
       "t:4: Continue stays in its state, so that no other can be named after it: 'Start'"},
      {a + "\nStart\n  ^a -> Next \"b\"\n", "t:4: only Error has a message: '^a -> Next \"b\"'"},
      {a + "\nStart\n  ^a -> Lost\n", "t:4: there is no state 'Lost'"},
      {a + "\nStart\n\nEnd\n  ^a\n", "t:6: the state End can have no rules"},
      {"Value A (\xff)\n", "t:1: a template is written in UTF-8, and this line is not"},
  };
  for (const auto& [text, message] : examples)
    CHECK(refusal(text) == message);
}

TEST_CASE("a file may have any line ends, and one that is not there is an error") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/t.textfsm";
  std::ofstream(path) << "Value A (a)\r\n\r\nStart\r  ^${A}\r\n";
  CHECK(parsed("a", TextFSM::from_file(path)) == R"([{"A":"a"}])");
  std::ofstream(path) << "Value A (a)\n\nStart\n  ^${B}\n";
  CHECK_THROWS_WITH_AS(TextFSM::from_file(path), (path + ":4: there is no value 'B'").c_str(),
                       TemplateError);
  const std::string missing = directory.path() + "/missing";
  CHECK_THROWS_WITH_AS(
      TextFSM::from_file(missing),
      (missing + ": the template cannot be read: No such file or directory").c_str(),
      TemplateError);
  CHECK_THROWS_AS(TextFSM::from_file(directory.path()), TemplateError);
}

TEST_CASE("JSON escapes what it must") {
  CHECK(to_json({"a\"b"}, {{Cell("\\\n\r\t\b\f\x01\x7f")}}) ==
        "[{\"a\\\"b\":\"\\\\\\n\\r\\t\\b\\f\\u0001\x7f\"}]");
  CHECK(to_json({}, {}) == "[]");
}

}  // namespace
