#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include <yaml-cpp/yaml.h>

#include <rondo/devices/errors.h>
#include <rondo/devices/platform.h>

// Reads a platform's definition, and checks all of it: a mistake is to be found when the file is
// read, not at the first device.

namespace rondo::devices {

namespace {

constexpr std::size_t most_entries = 256;  // of a list
constexpr const char* usual_username_prompt =
    R"(^(?!.*last\s+(?:successful\s+|failed\s+)?login)[^\n]*(?:user\s?name|login|user)( \w+)?:\s?$)";
constexpr const char* usual_password_prompt =
    R"(^[^\n]*\bpass(?:word|code|phrase)[^\n:]{0,60}:\s?$)";
constexpr const char* usual_page_end = R"(^[^\n]{0,20}-{2,5}\s?\(?more\b[^\n]{0,60}$)";

/// A mapping of the file; knows where it stands, for the error texts.
class Section {
 public:
  Section(const std::string& path, std::string what, const YAML::Node& node,
          std::initializer_list<std::string_view> keys)
      : path_(path), what_(std::move(what)), node_(node) {
    if (!node.IsMap()) fail(node, "must be a mapping of keys to values");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      if (std::ranges::find(keys, key) == keys.end()) {
        fail(entry.first, "has no key '" + key.substr(0, 40) + "'; the keys are " + joined(keys));
      }
      if (!seen.insert(key).second) fail(entry.first, "has the key '" + key + "' twice");
    }
  }

  [[noreturn]] void fail(const YAML::Node& at, const std::string& text) const {
    throw PlatformError(path_ + ":" + std::to_string(std::max(at.Mark().line, 0) + 1) + ": " +
                        what_ + " " + text);
  }
  [[noreturn]] void fail(const char* key, const std::string& text) const {
    const YAML::Node value = node_[key];
    fail(value ? value : node_, std::string("has a wrong '") + key + "': " + text);
  }

  bool has(const char* key) const { return static_cast<bool>(node_[key]); }
  YAML::Node child(const char* key) const { return node_[key]; }
  const std::string& path() const noexcept { return path_; }
  const std::string& what() const noexcept { return what_; }

  std::string text(const char* key) const {
    if (!has(key)) fail(node_, std::string("lacks the key '") + key + "'");
    if (!node_[key].IsScalar()) fail(key, "it must be a text");
    return node_[key].Scalar();
  }
  std::string text_or(const char* key, const std::string& otherwise) const {
    return has(key) ? text(key) : otherwise;
  }
  bool flag(const char* key) const {
    const std::string value = text_or(key, "false");
    if (value != "true" && value != "false") fail(key, "it must be true or false");
    return value == "true";
  }
  Pattern pattern(const char* key, const std::string& otherwise = "") const {
    const std::string value = text_or(key, otherwise);
    if (value.empty()) return {};
    try {
      return Pattern(value);
    } catch (const std::exception& error) {
      fail(key, error.what());
    }
  }
  std::vector<YAML::Node> list(const char* key) const {
    if (!has(key)) return {};
    const YAML::Node value = node_[key];
    if (!value.IsSequence() || value.size() > most_entries) {
      fail(key, "it must be a list of at most " + std::to_string(most_entries) + " entries");
    }
    return {value.begin(), value.end()};
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> all;
    for (const YAML::Node& entry : list(key)) {
      if (!entry.IsScalar() || entry.Scalar().empty()) {
        fail(entry, std::string("has something in '") + key + "' that is no text");
      }
      all.push_back(entry.Scalar());
    }
    return all;
  }

 private:
  static std::string joined(std::initializer_list<std::string_view> words) {
    std::string text;
    for (const std::string_view word : words)
      text.append(text.empty() ? "" : ", ").append(word);
    return text;
  }

  const std::string& path_;
  std::string what_;  // "the level 'exec'"
  YAML::Node node_;
};

std::vector<Question> read_questions(const Section& section, const char* key) {
  std::vector<Question> questions;
  for (const YAML::Node& entry : section.list(key)) {
    const Section one(section.path(), "a question of " + section.what(), entry,
                      {"pattern", "answer", "secret", "error"});
    Question question;
    one.text("pattern");
    question.pattern = one.pattern("pattern");
    question.secret = one.flag("secret");
    if (!question.secret) question.answer = one.text("answer");
    question.error = one.text_or("error", "");
    questions.push_back(std::move(question));
  }
  return questions;
}

PrivilegeLevel read_level(const std::string& path, const YAML::Node& node) {
  const bool has_name = node.IsMap() && node["name"] && node["name"].IsScalar();
  const Section section(path, has_name ? "the level '" + node["name"].Scalar() + "'" : "a level",
                        node,
                        {"name", "pattern", "not_contains", "previous", "escalate", "deescalate",
                         "escalate_auth", "escalate_prompt", "deescalate_questions"});
  PrivilegeLevel level;
  level.name = section.text("name");
  if (level.name.empty()) section.fail("name", "it must not be empty");
  section.text("pattern");
  level.pattern = section.pattern("pattern");
  if (level.pattern.empty()) section.fail("pattern", "it must not be empty");
  level.not_contains = section.texts("not_contains");
  level.previous = section.text_or("previous", "");
  if (!level.previous.empty()) {
    level.escalate = section.text("escalate");
    level.deescalate = section.text("deescalate");
  }
  level.escalate_auth = section.flag("escalate_auth");
  level.escalate_prompt =
      section.pattern("escalate_prompt", level.escalate_auth ? usual_password_prompt : "");
  level.deescalate_questions = read_questions(section, "deescalate_questions");
  return level;
}

/// Each level hangs on one that stands above it in the file, so that they are a tree.
void read_levels(const Section& top, Platform& platform) {
  for (const YAML::Node& entry : top.list("privilege_levels")) {
    PrivilegeLevel level = read_level(top.path(), entry);
    if (platform.find_level(level.name) != nullptr) {
      top.fail(entry, "has two levels '" + level.name + "'");
    }
    if (level.previous.empty() != platform.privilege_levels.empty()) {
      top.fail(entry, "must have one level without 'previous', the first; all others need it");
    }
    if (!level.previous.empty() && platform.find_level(level.previous) == nullptr) {
      top.fail(entry, "has no level '" + level.previous + "' above the level '" + level.name +
                          "', whose 'previous' it is");
    }
    platform.privilege_levels.push_back(std::move(level));
  }
  if (platform.privilege_levels.empty()) {
    top.fail("privilege_levels", "there must be at least one level");
  }
}

std::string level_name(const Section& section, const Platform& platform, const char* key,
                       const std::string& otherwise) {
  std::string name = section.text_or(key, otherwise);
  if (!name.empty() && platform.find_level(name) == nullptr) {
    section.fail(key, "there is no level '" + name + "'");
  }
  return name;
}

SessionTemplate read_session(const Section& top, const Platform& platform) {
  const Section section(top.path(), "the configuration session", top.child("configuration_session"),
                        {"pattern", "not_contains", "previous", "escalate", "deescalate",
                         "deescalate_questions", "abort", "commit"});
  SessionTemplate session;
  session.pattern = section.text("pattern");
  section.pattern("pattern");  // {name} is no quantifier, so the text is a pattern as it stands
  session.level.not_contains = section.texts("not_contains");
  section.text("previous");
  session.level.previous = level_name(section, platform, "previous", "");
  session.level.escalate = section.text("escalate");
  session.level.deescalate = section.text("deescalate");
  session.level.deescalate_questions = read_questions(section, "deescalate_questions");
  session.level.abort = section.texts("abort");
  session.level.commit = section.text_or("commit", "");
  return session;
}

std::vector<Step> read_steps(const Section& top, const char* key) {
  std::vector<Step> steps;
  for (const YAML::Node& entry : top.list(key)) {
    Step step;
    if (entry.IsScalar()) {
      step.command = entry.Scalar();
    } else {
      const Section section(top.path(), std::string("a step of ") + key, entry,
                            {"command", "questions"});
      step.command = section.text("command");
      step.questions = read_questions(section, "questions");
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

std::vector<Question> read_paging(const Section& top) {
  if (top.has("paging")) return read_questions(top, "paging");
  Question usual;
  usual.pattern = Pattern(usual_page_end);
  usual.answer = " ";
  return {usual};
}

std::vector<Detection> read_detections(const Section& top) {
  std::vector<Detection> detections;
  for (const YAML::Node& entry : top.list("detect")) {
    const Section section(top.path(), "an entry of detect", entry, {"command", "pattern"});
    Detection detection;
    detection.command = section.text("command");
    section.text("pattern");
    detection.pattern = section.pattern("pattern");
    detections.push_back(std::move(detection));
  }
  return detections;
}

YAML::Node load_definition(std::string_view text, const std::string& path) {
  try {
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    throw PlatformError(path + ":" + std::to_string(error.mark.line + 1) + ": no YAML: " +
                        error.msg + "; a text with special characters must be in single quotes");
  }
}

PlatformPtr read_platform(const YAML::Node& root, const std::string& path) {
  const Section top(path, "the definition", root,
                    {"platform",
                     "names",
                     "textfsm_platform",
                     "privilege_levels",
                     "default_desired_privilege_level",
                     "configuration_level",
                     "configuration_session",
                     "abort",
                     "commit",
                     "commit_comment",
                     "commit_questions",
                     "commit_failed_when_contains",
                     "failed_when_contains",
                     "paging",
                     "output_heading",
                     "on_open",
                     "on_close",
                     "username_suffix",
                     "username_prompt",
                     "password_prompt",
                     "return",
                     "interrupt",
                     "detect"});
  auto platform = std::make_shared<Platform>();
  platform->name = top.text("platform");
  platform->names = top.texts("names");
  platform->textfsm_platform = top.text_or("textfsm_platform", platform->name);
  read_levels(top, *platform);
  platform->default_desired_privilege_level = level_name(
      top, *platform, "default_desired_privilege_level", platform->privilege_levels.front().name);
  platform->configuration_level = level_name(top, *platform, "configuration_level", "");
  if (top.has("configuration_session")) {
    platform->configuration_session = read_session(top, *platform);
  }
  platform->abort = top.texts("abort");
  platform->commit = top.text_or("commit", "");
  platform->commit_comment = top.text_or("commit_comment", "");
  platform->commit_questions = read_questions(top, "commit_questions");
  platform->commit_failed_when_contains = top.texts("commit_failed_when_contains");
  platform->failed_when_contains = top.texts("failed_when_contains");
  platform->paging = read_paging(top);
  platform->output_heading = top.pattern("output_heading");
  platform->on_open = read_steps(top, "on_open");
  platform->on_close = top.texts("on_close");
  platform->username_suffix = top.text_or("username_suffix", "");
  platform->username_prompt = top.pattern("username_prompt", usual_username_prompt);
  platform->password_prompt = top.pattern("password_prompt", usual_password_prompt);
  platform->return_key = top.text_or("return", platform->return_key);
  platform->interrupt = top.text_or("interrupt", platform->interrupt);
  platform->detect = read_detections(top);
  return platform;
}

}  // namespace

PlatformPtr parse_platform(std::string_view text, const std::string& path) {
  return read_platform(load_definition(text, path), path);
}

}  // namespace rondo::devices
