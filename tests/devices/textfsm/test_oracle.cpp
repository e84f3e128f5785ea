// Python's own textfsm and re say what is right: one process of Python makes templates, texts and
// expressions at random, and each must come out the same here. RONDO_TEXTFSM_CASES says how many
// of each kind (3000), RONDO_TEXTFSM_SEED which (1).

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices/textfsm/detail/regex.h>
#include <rondo/textfsm.h>

namespace {

using namespace rondo::textfsm;

struct Case {
  std::string pattern;  // or a template
  std::string text;
  std::string outcome;
};

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::optional<std::string> read_string(std::FILE* pipe) {
  unsigned long size = 0;
  if (std::fscanf(pipe, "%lu", &size) != 1) return std::nullopt;
  std::string text(size + 2, '\0');  // with the newlines around it
  if (std::fread(text.data(), 1, text.size(), pipe) != text.size()) return std::nullopt;
  return text.substr(1, size);
}

/// What Python says; none when it has no textfsm.
std::vector<Case> ask_python(const std::string& kind) {
  const std::string command =
      "exec /usr/bin/python3 " RONDO_SOURCE_DIR "/tests/devices/textfsm/oracle.py " + kind + ' ' +
      setting("RONDO_TEXTFSM_SEED", "1") + ' ' + setting("RONDO_TEXTFSM_CASES", "3000");
  std::vector<Case> cases;
  std::FILE* pipe = popen(command.c_str(), "r");
  while (auto pattern = read_string(pipe)) {
    auto text = read_string(pipe);
    auto outcome = read_string(pipe);
    if (!outcome) break;
    cases.push_back({std::move(*pattern), std::move(*text), std::move(*outcome)});
  }
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return cases;
}

bool has_python_textfsm() {
  if (std::system("/usr/bin/python3 -W ignore -c 'import textfsm' 2>/dev/null") == 0) return true;
  std::printf("SKIP python3-textfsm is not installed: apt-get install python3-textfsm\n");
  return false;
}

/// The same JSON as the oracle's.
std::string parse(const Case& one) {
  try {
    const TextFSM fsm(one.pattern);
    return to_json(fsm.header(), fsm.parse_text(one.text));
  } catch (const Error&) {
    return "error";
  }
}

std::string match(const Case& one) {
  try {
    const detail::Regex regex(one.pattern);
    detail::Matches matches(regex.groups());
    if (!regex.match(detail::Subject(one.text), matches)) return "null";
    const auto item = [&](std::size_t group) -> Item {
      const auto text = matches.group(group);
      if (text) return std::string(*text);
      return std::monostate();
    };
    List groups;
    for (std::size_t group = 1; group <= regex.groups(); ++group)
      groups.push_back(item(group));
    Groups names;
    for (const auto& [name, group] : regex.names()) {
      const auto text = matches.group(group);
      names.emplace_back(name, text ? std::optional<std::string>(*text) : std::nullopt);
    }
    // Rows of such cells are what there is to print.
    std::string json =
        to_json({"0", "groups", "names"}, {{std::string(*matches.group(0)), groups, List{names}}});
    json = json.substr(1, json.size() - 2);
    const std::size_t list = json.find("\"names\":[");
    return json.substr(0, list + 8) + json.substr(list + 9, json.size() - list - 11) + '}';
  } catch (const detail::PatternError&) {
    return "error";
  }
}

void compare(const std::string& kind, std::string (*outcome)(const Case&)) {
  if (!has_python_textfsm()) return;
  const std::vector<Case> cases = ask_python(kind);
  CHECK(cases.size() > 1000);
  int different = 0;
  for (const Case& one : cases) {
    const std::string ours = outcome(one);
    if (ours == one.outcome) continue;
    CAPTURE(one.pattern);
    CAPTURE(one.text);
    if (++different <= 20) CHECK(ours == one.outcome);
  }
  CHECK(different == 0);
}

TEST_CASE("templates at random give the rows and the refusals that they give in Python") {
  compare("templates", parse);
}

TEST_CASE("regular expressions at random match as they do in Python") {
  compare("regexes", match);
}

}  // namespace
