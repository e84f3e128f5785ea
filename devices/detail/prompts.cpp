#include <algorithm>

#include <rondo/devices/detail/prompts.h>

namespace rondo::devices::detail {

namespace {

// A name that is longer may be cut off in some levels: IOS does that.
constexpr std::size_t longest_base = 12;

/// The device's name in a prompt: `r1` in "r1(config-if)#", "<r1>" and "{master:0}\nuser@r1>".
std::string name_in(std::string_view prompt) {
  const std::size_t newline = prompt.rfind('\n');
  if (newline != std::string_view::npos) prompt.remove_prefix(newline + 1);
  const std::size_t begin = prompt.find_first_not_of("<[(~* ");
  if (begin == std::string_view::npos) return {};
  prompt.remove_prefix(begin);
  return std::string(prompt.substr(0, std::min(prompt.find_first_of("()[]<>#$% "), longest_base)));
}

}  // namespace

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(blanks) + 1 - begin));
}

std::string_view last_lines(std::string_view text, std::size_t depth,
                            std::size_t& offset) noexcept {
  offset = 0;
  if (text.size() <= depth) return text;
  const std::size_t newline = text.find('\n', text.size() - depth - 1);
  offset = newline == std::string_view::npos ? text.size() : newline + 1;
  return text.substr(offset);
}

std::optional<Prompts::Found> Prompts::at_end(std::string_view text) const {
  std::size_t offset = 0;
  const std::string_view tail = last_lines(text, search_depth_, offset);
  const auto begin = begin_of_prompt(tail);
  if (!begin) return std::nullopt;
  return Found(offset + *begin, is_familiar(tail.substr(*begin)));
}

std::optional<Prompts::Found> Prompts::above(std::string_view text) const {
  std::size_t offset = 0;
  std::string_view tail = last_lines(text, search_depth_, offset);
  while (!tail.empty()) {
    const std::size_t newline = tail.rfind('\n');
    if (newline == std::string_view::npos) return std::nullopt;
    tail = tail.substr(0, newline);
    const auto begin = begin_of_prompt(tail);
    if (begin && is_familiar(tail.substr(*begin))) return Found(offset + *begin, true);
  }
  return std::nullopt;
}

void Prompts::learn(std::string_view prompt) {
  std::string name = name_in(trimmed(prompt));
  if (!name.empty()) base_ = std::move(name);
}

std::string Prompts::description() const {
  std::string text;
  const auto add = [&text](const Pattern& pattern) {
    const std::string quoted = "/" + pattern.text() + "/";
    if (text.find(quoted) == std::string::npos) text += (text.empty() ? "" : " or ") + quoted;
  };
  for (const PrivilegeLevel& level : levels_)
    add(level.pattern);
  if (!extra_.empty()) add(extra_);
  return text;
}

std::optional<std::size_t> Prompts::begin_of_prompt(std::string_view tail) const {
  for (const PrivilegeLevel& level : levels_) {
    if (const auto match = level.prompt_at_end(tail)) return match->begin;
  }
  if (const auto match = extra_.search_end(tail)) return match->begin;
  return std::nullopt;
}

bool Prompts::is_familiar(std::string_view prompt) const noexcept {
  return !base_.empty() && prompt.find(base_) != std::string_view::npos;
}

}  // namespace rondo::devices::detail
