#include <algorithm>

#include <rondo/net/http/headers.h>
#include <rondo/runtime/errors.h>

namespace rondo::http {

namespace detail {

namespace {

char lower(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

}  // namespace

bool same_name(std::string_view one, std::string_view other) noexcept {
  return std::ranges::equal(one, other, {}, lower, lower);
}
bool is_alphanumeric(char character) noexcept {
  return (character >= '0' && character <= '9') ||
         (lower(character) >= 'a' && lower(character) <= 'z');
}
bool is_token_character(char character) noexcept {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return is_alphanumeric(character) || others.find(character) != std::string_view::npos;
}
bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}
bool is_value_character(char character) noexcept {
  const auto code = static_cast<unsigned char>(character);
  return code == '\t' || (code >= ' ' && code != 0x7f);
}
std::string_view trim_blanks(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace detail

namespace {

/// The name as a message can show it.
std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char character : name.substr(0, 60))
    text += character > ' ' && character < 0x7f ? character : '?';
  return text + '"';
}

std::string_view checked_value(std::string_view name, std::string_view value) {
  if (!detail::is_token(name)) {
    throw ValueError("HTTP header name " + quoted(name) +
                     " is refused: letters, digits and !#$%&'*+-.^_`|~ only");
  }
  if (!std::ranges::all_of(value, detail::is_value_character)) {
    throw ValueError("the value of HTTP header " + quoted(name) +
                     " is refused: it holds a control character such as CR, LF or NUL");
  }
  return detail::trim_blanks(value);
}

}  // namespace

Headers::Headers(std::initializer_list<Entry> entries) {
  for (const Entry& entry : entries)
    add(entry.first, entry.second);
}

void Headers::add(std::string_view name, std::string_view value) {
  value = checked_value(name, value);
  entries_.emplace_back(name, value);
}

void Headers::set(std::string_view name, std::string_view value) {
  Entry entry(name, checked_value(name, value));
  remove(name);
  entries_.push_back(std::move(entry));
}

void Headers::set_default(std::string_view name, std::string_view value) {
  if (!contains(name)) add(name, value);
}

std::size_t Headers::remove(std::string_view name) noexcept {
  return std::erase_if(entries_,
                       [name](const Entry& entry) { return detail::same_name(entry.first, name); });
}

const std::string* Headers::find(std::string_view name) const noexcept {
  for (const Entry& entry : entries_) {
    if (detail::same_name(entry.first, name)) return &entry.second;
  }
  return nullptr;
}

std::string Headers::get(std::string_view name, std::string_view fallback) const {
  const std::string* const value = find(name);
  return value != nullptr ? *value : std::string(fallback);
}

std::vector<std::string> Headers::getall(std::string_view name) const {
  std::vector<std::string> values;
  for (const Entry& entry : entries_) {
    if (detail::same_name(entry.first, name)) values.push_back(entry.second);
  }
  return values;
}

bool Headers::has_word(std::string_view name, std::string_view word) const noexcept {
  for (const Entry& entry : entries_) {
    if (!detail::same_name(entry.first, name)) continue;
    std::string_view rest = entry.second;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (detail::same_name(detail::trim_blanks(rest.substr(0, comma)), word)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace rondo::http
