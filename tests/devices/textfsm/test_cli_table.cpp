#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/textfsm.h>

#include "../../runtime/temporary_directory.h"

namespace {

using namespace rondo::textfsm;
using rondo::test::put;
using rondo::test::TemporaryDirectory;

const char* const index_text =
    "# Which template for which command.\n"
    "\n"
    "Template, Hostname, Platform, Command  # the columns\n"
    "\n"
    "ports:speeds, .*, ios, sh[[ow]] int[[erfaces]]\n"
    "ports, r1, ios, show ports\n"
    "too, few\n"
    "#commented, .*, ios, show version\n"
    "speeds, .*, ios|eos, sh[[ow]] speed\n"
    "ports,,,\n";

/// A directory with that index and its templates.
class Library {
 public:
  Library() {
    put(directory_ / "index", index_text);
    put(directory_ / "ports",
        "Value Required,Key NAME (\\w+)\nValue STATE (up|down)\n\nStart\n  ^${NAME} is ${STATE} -> "
        "Record\n");
    put(directory_ / "speeds",
        "Value Key NAME (\\w+)\nValue SPEED (\\d+)\nValue List TAG (\\w+)\n\n"
        "Start\n  ^${NAME} at ${SPEED} ${TAG} -> Record\n");
  }
  std::string operator/(const std::string& name) const { return directory_ / name; }
  Index index() const { return Index(directory_ / "index"); }

 private:
  TemporaryDirectory directory_;
};

std::string json(const CliTable& table) {
  return to_json(table.header(), table.rows());
}

const char* const output = "e2 is up\ne10 is down\ne1 is up\ne1 at 100 a\ne10 at 40 b\ne1 at 7 c\n";

std::string refusal(const Library& library, const std::string& text) {
  put(library / "bad", text);
  try {
    const Index index(library / "bad");
  } catch (const CliTableError& error) {
    return std::string(error.what()).substr((library / "bad").size());
  }
  return "none";
}

TEST_CASE("an index finds the first row that fits, with shortened words") {
  const Library library;
  const Index index = library.index();
  CHECK(index.header() == std::vector<std::string>{"Template", "Hostname", "Platform", "Command"});
  CHECK(index.size() == 4);
  using Paths = std::vector<std::filesystem::path>;
  const Paths both = {library / "ports", library / "speeds"};
  CHECK(index.find("ios", "show interfaces") == both);
  CHECK(index.find("ios", "sh int") == both);
  CHECK(index.find("ios", "sho interf Gi1") == both);  // from the beginning, not to the end
  CHECK(index.find("ios", "show ports") == Paths{library / "ports"});
  CHECK(index.find("eos", "sh speed") == Paths{library / "speeds"});
  CHECK(index.find({{"Hostname", "r2"}, {"Platform", "eos"}, {"Command", "sh speed"}}) ==
        Paths{library / "speeds"});
  CHECK(index.find("junos", "show version") == Paths{library / "ports"});  // empty columns
  CHECK(index.find({{"Vendor", "unknown"}}) == both);  // no such column: passed over
}

TEST_CASE("an index without a row that fits finds nothing") {
  const Library library;
  put(library / "small", "Template, Command\nports, sh[[ow]] x\n");
  const Index index(library / "small");
  CHECK(index.find("ios", "sx").empty());
  CHECK(index.find({{"Command", "show x"}}).size() == 1);
  CliTable table(index);
  CHECK_THROWS_WITH_AS(
      table.parse_cmd("", {{"Command", "sx"}, {"Platform", "ios"}}),
      ((library / "small") + ": there is no template for Command 'sx', Platform 'ios'").c_str(),
      CliTableError);
}

TEST_CASE("an error in an index names its line") {
  const Library library;
  CHECK(refusal(library, "Name, Command\n") ==
        ":1: the first line names the columns, and one of them must be Template");
  CHECK(refusal(library, "#\nTemplate, A, A\n") == ":2: there are two columns 'A'");
  CHECK(refusal(library, "\n# a comment\n") ==
        ":1: the index is empty: its first line names the columns");
  CHECK(refusal(library, "Template, Platform\nports, ios[\n") ==
        ":2: the regular expression 'ios[' is none: a [ has no ]: write \\[ for one that opens "
        "nothing");
  CHECK(refusal(library, "Template, Platform\nports, \xff\n") ==
        ": an index is written in UTF-8, and this one is not");
  CHECK_THROWS_WITH_AS(
      Index(library / "none"),
      ((library / "none") + ": the index cannot be read: No such file or directory").c_str(),
      CliTableError);
}

TEST_CASE("tables of several templates are merged on their keys") {
  const Library library;
  CliTable table(library.index());
  table.parse_cmd(output, {{"Platform", "ios"}, {"Command", "show interfaces"}});
  CHECK(json(table) == R"([{"NAME":"e2","STATE":"up","SPEED":"","TAG":""},)"
                       R"({"NAME":"e10","STATE":"down","SPEED":"40","TAG":["b"]},)"
                       R"({"NAME":"e1","STATE":"up","SPEED":"100","TAG":["a"]}])");
  CHECK(table.superkey() == std::vector<std::string>{"NAME"});
  CHECK(table.key_value(1) == std::vector<Cell>{"e10"});
  CHECK(table.at(2, "SPEED") == Cell("100"));
  CHECK(table.records()[1].at("STATE") == Cell("down"));
  CHECK_THROWS_AS(table.at(0, "DUPLEX"), CliTableError);
  CHECK_THROWS_AS(table.at(3, "NAME"), std::out_of_range);
}

TEST_CASE("tables without keys are merged row by row") {
  const Library library;
  put(library / "a", "Value A (a\\d)\n\nStart\n  ^${A} -> Record\n");
  put(library / "b", "Value A (\\w)\nValue B (b\\d)\n\nStart\n  ^${B} -> Record\n");
  CliTable table(library.index());
  table.parse_with("a1\na2\nb1\nb2\nb3\n", {library / "a", library / "b"});
  CHECK(json(table) == R"([{"A":"a1","B":"b1"},{"A":"a2","B":"b2"}])");
  CHECK(table.superkey().empty());
  CHECK(table.key_value(1) == std::vector<Cell>{"2"});
}

TEST_CASE("tables whose keys are not in both cannot be merged") {
  const Library library;
  put(library / "other", "Value PORT (\\w+)\n\nStart\n  ^${PORT} is -> Record\n");
  CliTable table(library.index());
  CHECK_THROWS_AS(table.parse_with(output, {library / "ports", library / "other"}), CliTableError);
  CHECK_THROWS_AS(table.parse_with(output, {library / "other", library / "ports"}), CliTableError);
  CHECK(table.size() == 0);
  CHECK_THROWS_AS(table.parse_with(output, {library / "ports", library / "missing"}),
                  TemplateError);
}

TEST_CASE("rows are sorted by their keys as texts, or by all columns with numbers as numbers") {
  const Library library;
  CliTable table(library.index());
  table.parse_with(output, {library / "ports"});
  table.sort();
  CHECK(json(table) ==
        R"([{"NAME":"e1","STATE":"up"},{"NAME":"e10","STATE":"down"},{"NAME":"e2","STATE":"up"}])");
  table.add_keys({"STATE"});
  CHECK(table.superkey() == std::vector<std::string>{"NAME", "STATE"});
  CHECK_THROWS_AS(table.add_keys({"SPEED"}), CliTableError);

  put(library / "words", "Value W (\\S+)\n\nStart\n  ^${W} -> Record\n");
  table.parse_with("10\nb\n9\nnan\na\n9\n", {library / "words"});
  table.sort(CliTable::Order::descending);
  CHECK(json(table) == R"([{"W":"nan"},{"W":"b"},{"W":"a"},{"W":"10"},{"W":"9"},{"W":"9"}])");
  table.sort();
  CHECK(table.at(0, "W") == Cell("9"));
}

}  // namespace
