#include <algorithm>
#include <charconv>
#include <utility>

#include <rondo/devices/detail/device.h>
#include <rondo/runtime/loop.h>

// Levels of privilege: a tree, in which the way from one to another leads down to where their ways
// part, and up again.

namespace rondo::devices::detail {

namespace {

constexpr std::size_t most_steps = 32;
constexpr std::string_view letters_of_names =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

/// {name} and {name:6} in a session's pattern.
std::string pattern_of_session(std::string pattern, const std::string& name) {
  replace_all(pattern, "{name}", Pattern::literal(name).text());
  constexpr std::string_view opening = "{name:";
  const std::size_t begin = pattern.find(opening);
  if (begin == std::string::npos) return pattern;
  const char* const digits = pattern.data() + begin + opening.size();
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(digits, pattern.data() + pattern.size(), length);
  if (error != std::errc() || *end != '}') return pattern;
  const auto size = static_cast<std::size_t>(end + 1 - (pattern.data() + begin));
  return pattern.replace(begin, size, Pattern::literal(name.substr(0, length)).text());
}

}  // namespace

const PrivilegeLevel& Device::level(const std::string& name) const {
  const auto found = std::ranges::find(levels_, name, &PrivilegeLevel::name);
  if (found != levels_.end()) return *found;
  std::string known;
  for (const PrivilegeLevel& one : levels_)
    known += (known.empty() ? "" : ", ") + one.name;
  throw PrivilegeError(peer_ + ": " + platform_->name + " has no privilege level '" + name +
                       "', but: " + known);
}

std::string Device::wanted_level(const SendOptions& options, const std::string& otherwise) const {
  if (!options.privilege_level.empty()) return options.privilege_level;
  if (!otherwise.empty()) return otherwise;
  throw PrivilegeError(peer_ + ": " + platform_->name + " has no configuration level");
}

/// Does the way from the bottom to `level` lead through `lower`?
bool Device::is_below(const std::string& lower, const PrivilegeLevel& level) const {
  for (const PrivilegeLevel* one = &level; !one->previous.empty();) {
    if (one->previous == lower) return true;
    one = &this->level(one->previous);
  }
  return false;
}

Coroutine<void> Device::acquire_priv(std::string name) {
  co_await go_to(std::move(name));
}

Coroutine<void> Device::go_to(std::string name) {
  const PrivilegeLevel target = level(name);
  if (current_level_.empty() && levels_.size() == 1) co_return;  // a prompt of an unusual shape
  if (current_level_.empty()) co_await get_prompt();
  for (std::size_t step = 0; current_level_ != name; ++step) {
    if (current_level_.empty()) {
      throw PrivilegeError(peer_ + ": the prompt '" + terminal_->last_prompt() +
                           "' is of none of the levels of " + platform_->name);
    }
    if (step == most_steps) fail_to_move("going there", name);
    if (!is_below(current_level_, target)) {
      co_await deescalate(level(current_level_));
      continue;
    }
    // The level on the way to the target that stands right above the present one.
    PrivilegeLevel next = target;
    while (next.previous != current_level_)
      next = level(next.previous);
    co_await escalate(next);
  }
}

Coroutine<void> Device::escalate(PrivilegeLevel next) {
  std::vector<Question> questions;
  if (!next.escalate_prompt.empty()) {
    Question for_secret;
    for_secret.pattern = next.escalate_prompt;
    for_secret.secret = true;
    questions.push_back(std::move(for_secret));
  }
  auto conversation = converse(next.escalate, questions);
  co_await within(std::move(conversation), options_.timeout_ops, "'" + next.escalate + "'");
  if (!objection_.empty()) {
    throw PrivilegeError(peer_ + ": '" + next.escalate + "' " + objection_);
  }
  note_prompt(next.name);
  if (current_level_ != next.name) fail_to_move(next.escalate, next.name);
}

Coroutine<void> Device::deescalate(PrivilegeLevel from) {
  if (from.previous.empty()) fail_to_move("leaving", "another level");
  auto conversation = converse(from.deescalate, from.deescalate_questions);
  co_await within(std::move(conversation), options_.timeout_ops, "'" + from.deescalate + "'");
  if (!objection_.empty()) throw PrivilegeError(peer_ + ": " + objection_);
  if (current_level_ == from.name) fail_to_move(from.deescalate, from.previous);
}

void Device::fail_to_move(const std::string& command, const std::string& target) const {
  std::string said = redactor_.redact(terminal_->take_output(false));
  throw PrivilegeError(peer_ + ": '" + command + "' does not lead to '" + target +
                       "', but to the prompt '" + terminal_->last_prompt() + "'" +
                       (said.empty() ? "" : "; the device says: " + said));
}

void Device::register_configuration_session(const std::string& name) {
  if (!platform_->configuration_session) {
    throw PrivilegeError(peer_ + ": " + platform_->name + " has no configuration sessions");
  }
  if (name.empty() || name.find_first_not_of(letters_of_names) != std::string::npos) {
    throw ValueError("the name of a configuration session is of letters, digits, '-' and '_'; '" +
                     name + "' is not");
  }
  if (std::ranges::find(levels_, name, &PrivilegeLevel::name) != levels_.end()) return;
  const SessionTemplate& session = *platform_->configuration_session;
  PrivilegeLevel level = session.level;
  level.name = name;
  level.pattern = Pattern(pattern_of_session(session.pattern, name));
  replace_all(level.escalate, "{name}", name);
  replace_all(level.deescalate, "{name}", name);
  levels_.push_back(std::move(level));
}

Coroutine<Response> Device::commit(std::string comment) {
  const PrivilegeLevel from = level(current_level_);
  const bool is_session = !from.commit.empty();
  std::string command = is_session ? from.commit : platform_->commit;
  if (command.empty()) {
    throw PrivilegeError(peer_ + ": " + platform_->name +
                         " has nothing to commit: configuration takes effect at once" +
                         (platform_->configuration_session ? ", except in a session" : ""));
  }
  if (from.previous.empty()) {
    throw PrivilegeError(peer_ + ": there is nothing to commit in the level '" + from.name + "'");
  }
  if (!comment.empty()) {
    if (is_session || platform_->commit_comment.empty()) {
      throw ValueError("a commit of " + platform_->name + " takes no comment");
    }
    if (comment.find_first_of("\"\r\n") != std::string::npos) {
      throw ValueError("a comment is one line, without double quotes");
    }
    command = platform_->commit_comment;
    replace_all(command, "{comment}", comment);
  }
  SendOptions options;
  options.failed_when_contains = platform_->failed_when_contains;
  options.failed_when_contains->insert(options.failed_when_contains->end(),
                                       platform_->commit_failed_when_contains.begin(),
                                       platform_->commit_failed_when_contains.end());
  Response response = co_await send_one(command, options, platform_->commit_questions);
  if (!objection_.empty()) throw CommandFailure(peer_ + ": '" + command + "': " + objection_);
  response.raise_for_status();
  co_return response;
}

Coroutine<void> Device::abort_config() {
  const PrivilegeLevel from = level(current_level_);
  const bool is_session = !from.abort.empty();
  const std::vector<std::string> commands = is_session ? from.abort : platform_->abort;
  if (from.previous.empty() || from.name == default_level_) co_return;
  const SendOptions options;
  for (const std::string& command : commands)
    co_await send_one(command, options, from.deescalate_questions);
}

}  // namespace rondo::devices::detail
