#pragma once

#include <string>
#include <vector>

#include <rondo/devices/textfsm/detail/code.h>

// The flags of an expression, and what depends on them: single characters and sets of them, in the
// words of PCRE2.

namespace rondo::textfsm::detail {

/// What holds at a place in an expression.
struct Flags {
  bool ignore_case = false;
  bool multi_line = false;
  bool dot_all = false;
  bool ascii = false;  // \w, \d, \s, \b and letters' cases are those of ASCII

  /// PCRE2's own caseless matching: it always thinks of all of Unicode.
  bool caseless() const noexcept { return ignore_case && !ascii; }
};

/// Of ASCII.
bool is_letter(char32_t c);

/// One character, for outside of brackets.
std::string literal(char32_t c, Flags flags, Alphabet alphabet);

/// Such a set as stands in brackets.
class CharacterClass {
 public:
  bool empty() const noexcept { return ranges_.empty() && categories_.empty(); }
  void add(char32_t first, char32_t last) { ranges_.push_back({first, last}); }
  /// 'd', 'D', 's', 'S', 'w' or 'W'.
  void add_category(char letter) { categories_ += letter; }

  std::string text(bool negated, Flags flags, Alphabet alphabet) const;

 private:
  struct Range {
    char32_t first;
    char32_t last;
  };

  std::vector<Range> ranges_;
  std::string categories_;  // their letters
};

}  // namespace rondo::textfsm::detail
