#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/devices/textfsm/detail/character_class.h>
#include <rondo/devices/textfsm/detail/pattern_source.h>
#include <rondo/devices/textfsm/detail/python_pattern.h>
#include <rondo/devices/textfsm/detail/unicode.h>

// The work of `translate`: a recursive descent that reads Python's and writes PCRE2's words. How
// wide each part may be is counted on the way, for a look-behind must have one width.

namespace rondo::textfsm::detail {

constexpr std::uint64_t endless = std::numeric_limits<std::uint32_t>::max();  // Python's MAXREPEAT

/// How many characters a part of an expression matches.
struct Width {
  std::uint64_t least = 0;
  std::uint64_t most = 0;

  Width& operator+=(Width other) {
    least = std::min(least + other.least, endless - 1);
    most = std::min(most + other.most, endless);
    return *this;
  }
};

constexpr Width one_character{1, 1};

/// What a quantifier may follow, or not: the last part of a sequence.
struct Part {
  enum class Kind { single, look_around, anchor, repeat };
  Kind kind = Kind::single;
  std::string text;
  Width width;
};

/// Parts one after the other, or alternatives.
struct Sequence {
  std::string text;
  Width width;
};

/// What holds where a part of an expression is read.
struct Place {
  Flags flags;
  bool verbose = false;  // blanks and comments are left out
  int depth = 0;         // of parentheses
  bool first = false;    // the flags of the whole expression may stand here
};

/// As in (?im-s:
struct WrittenFlags {
  std::u32string on;
  std::u32string off;
  bool global = false;  // there is no colon, but a parenthesis
};

inline bool has(std::u32string_view text, char32_t c) {
  return text.find(c) != text.npos;
}

class Translator {
 public:
  Translator(std::string_view pattern, Alphabet alphabet)
      : source_(pattern), alphabet_(is_ascii(pattern) ? alphabet : Alphabet::unicode) {}

  Translation translate();

 private:
  Sequence alternatives(Place place);
  Sequence sequence(Place place);
  Part character(char32_t c, Flags flags);
  Part literal_character(char32_t c, Flags flags);
  void repeat(char32_t quantifier, std::vector<Part>& parts);
  std::optional<std::pair<std::uint64_t, std::uint64_t>> repetitions();

  Part escape(Flags flags);
  Part number_escape(char32_t first, Flags flags);
  char32_t escaped_character(char32_t letter);
  static char32_t octal(std::u32string_view digits);
  char32_t hexadecimal(char32_t letter, std::size_t size);
  Part backreference(std::size_t group);
  Part brackets(Flags flags);
  std::optional<char32_t> member(std::u32string_view token, CharacterClass& category);

  void parenthesis(std::vector<Part>& parts, Place& place);
  Part group(const std::u32string& name, Place place);
  Part python_group(Place place);
  Part look_behind(Place place);
  Part condition(Place place);
  std::size_t condition_group();
  void flags(std::u32string_view first, std::vector<Part>& parts, Place& place);
  WrittenFlags written_flags(std::u32string_view token);
  void finish(Part& part, Place place);
  void close();
  std::size_t group_named(const std::u32string& name) const;
  void check_look_behind(std::size_t group) const;

  bool is_open(std::size_t group) const { return group >= widths_.size() || !widths_[group]; }

  PatternSource source_;
  Alphabet alphabet_;
  Place whole_;               // with the flags at the beginning, once they were read
  std::u32string turned_on_;  // those flags
  bool repeats_ = false;      // something
  std::vector<std::optional<Width>> widths_{std::nullopt};  // of the groups; none while it is open
  GroupNames names_;
  std::size_t largest_condition_ = 0;                 // of the groups that are asked for by number
  std::optional<std::size_t> groups_at_look_behind_;  // how many there were; none: outside of one
};

}  // namespace rondo::textfsm::detail
