// The templates that come with rondo, with what routers print. A sample's file is named after its
// platform and command, and ends with the rows that are wanted, one in each line.

#include <filesystem>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include <rondo/textfsm.h>

#include "../../runtime/environment.h"
#include "../../runtime/temporary_directory.h"

namespace {

using namespace rondo::textfsm;
using rondo::test::contents;

const std::filesystem::path source = RONDO_SOURCE_DIR;
const std::string separator = "==== rows\n";

/// As to_json has it, with a row in each line.
std::string in_lines(std::string json) {
  for (std::size_t end; (end = json.find("},{\"")) != json.npos;)
    json.replace(end + 1, 1, "\n");
  return json.substr(1, json.size() - 2) + '\n';
}

TEST_CASE("each template makes of a router's words the rows that are wanted") {
  CliTable table(Index(source / "devices/textfsm/templates/index"));
  std::set<std::filesystem::path> used;
  for (const auto& file :
       std::filesystem::directory_iterator(source / "tests/devices/textfsm/samples")) {
    const std::string name = file.path().stem();
    CAPTURE(name);
    const std::string platform = name.substr(0, name.find(' '));
    const std::string command = name.substr(platform.size() + 1);
    const std::string sample = contents(file.path());
    const std::size_t end = sample.find(separator);
    REQUIRE(end != sample.npos);
    table.parse_cmd(sample.substr(0, end), {{"Platform", platform}, {"Command", command}});
    CHECK(in_lines(to_json(table.header(), table.rows())) == sample.substr(end + separator.size()));
    for (const auto& path : table.index().find(platform, command))
      used.insert(path);
  }
  for (const auto& file :
       std::filesystem::directory_iterator(source / "devices/textfsm/templates")) {
    CAPTURE(file.path());
    CHECK((file.path().filename() == "index" || used.contains(file.path())));
  }
}

TEST_CASE("the templates are found, and can be others") {
  CHECK(std::filesystem::exists(templates() / "index"));
  const rondo::test::Environment chosen("RONDO_TEXTFSM_TEMPLATES", "/elsewhere");
  CHECK(templates() == "/elsewhere");
}

}  // namespace
