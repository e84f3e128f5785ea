#include <algorithm>
#include <cstdint>
#include <limits>

#include <rondo/devices/textfsm/detail/code.h>
#include <rondo/devices/textfsm/detail/pattern_source.h>
#include <rondo/devices/textfsm/detail/unicode.h>

namespace rondo::textfsm::detail {

PatternSource::PatternSource(std::string_view pattern) : pattern_(code_points(pattern)) {}

std::u32string_view PatternSource::peek() const {
  const std::u32string_view rest = std::u32string_view(pattern_).substr(place_);
  if (rest == U"\\") throw PatternError("a backslash at the end escapes nothing: write \\\\");
  return rest.substr(0, rest.starts_with(U'\\') ? 2 : 1);
}

std::u32string_view PatternSource::get() {
  const std::u32string_view next = peek();
  place_ += next.size();
  return next;
}

bool PatternSource::take(char32_t c) {
  if (!next_is(c)) return false;
  ++place_;
  return true;
}

bool PatternSource::next_is_digit() const {
  return peek().size() == 1 && is_digit(peek()[0]);
}

std::u32string PatternSource::take_while(std::size_t most, bool (*wanted)(char32_t)) {
  std::u32string taken;
  while (taken.size() < most && peek().size() == 1 && wanted(peek()[0]))
    taken += get();
  return taken;
}

std::u32string PatternSource::take_until(char32_t end, const char* what) {
  std::u32string taken;
  while (!take(end)) {
    if (at_end()) throw PatternError(std::string(what) + " has no end");
    taken += get();
  }
  if (taken.empty()) throw PatternError(std::string(what) + " is empty");
  return taken;
}

void PatternSource::take_comment() {
  while (!take(')')) {
    if (at_end()) throw PatternError("a comment (?# has no )");
    get();
  }
}

bool is_digit(char32_t c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_octal_digit(char32_t c) noexcept {
  return c >= '0' && c <= '7';
}
bool is_hex_digit(char32_t c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char32_t number(std::u32string_view digits, unsigned base) noexcept {
  std::uint64_t value = 0;
  for (const char32_t c : digits) {
    const unsigned digit = is_digit(c) ? c - '0' : (c | 0x20U) - 'a' + 10;
    value =
        std::min<std::uint64_t>(value * base + digit, std::numeric_limits<std::uint32_t>::max());
  }
  return static_cast<char32_t>(value);
}

}  // namespace rondo::textfsm::detail
