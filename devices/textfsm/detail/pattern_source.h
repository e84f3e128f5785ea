#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// A regular expression as Python reads it: one character at a time, and a backslash together with
// the one after it, wherever they stand; so in a name or a comment too `\)` is no `)`.

namespace rondo::textfsm::detail {

class PatternSource {
 public:
  /// Valid UTF-8.
  explicit PatternSource(std::string_view pattern);

  /// The next one, of one or two characters; empty at the end. Throws PatternError for a backslash
  /// at the end.
  std::u32string_view peek() const;
  std::u32string_view get();
  /// Takes the next one if it is this one.
  bool take(char32_t c);
  /// Takes at most so many of those that `wanted` knows.
  std::u32string take_while(std::size_t most, bool (*wanted)(char32_t));
  /// Takes all before `end`, and `end`. `what` names it in errors.
  std::u32string take_until(char32_t end, const char* what);
  /// Takes all up to a parenthesis that closes.
  void take_comment();

  bool at_end() const { return peek().empty(); }
  /// True when the next one is `c`.
  bool next_is(char32_t c) const { return peek() == std::u32string_view(&c, 1); }
  /// True when the next one is a digit.
  bool next_is_digit() const;

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  /// For `seek`.
  std::size_t tell() const noexcept { return place_; }
  void seek(std::size_t place) noexcept { place_ = place; }

 private:
  std::u32string pattern_;
  std::size_t place_ = 0;
};

bool is_digit(char32_t c) noexcept;
bool is_octal_digit(char32_t c) noexcept;
bool is_hex_digit(char32_t c) noexcept;
/// Of such digits; 0 for none. Too large ones end at 2^32 - 1, which is larger than all that
/// counts.
char32_t number(std::u32string_view digits, unsigned base) noexcept;

}  // namespace rondo::textfsm::detail
