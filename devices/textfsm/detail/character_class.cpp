#include <algorithm>
#include <array>
#include <cstdio>

#include <rondo/devices/textfsm/detail/character_class.h>
#include <rondo/devices/textfsm/detail/unicode.h>

namespace rondo::textfsm::detail {

namespace {

constexpr char32_t first_surrogate = 0xd800;
constexpr char32_t last_surrogate = 0xdfff;

constexpr std::array<std::u32string_view, 4> same_letters = {U"Ii\u0130\u0131", U"\u0390\u1fd3",
                                                             U"\u03b0\u1fe3", U"\ufb05\ufb06"};

constexpr const char* unicode_space =
    R"(\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
constexpr const char* unicode_not_space =
    R"(\x00-\x08\x0e-\x1b\x21-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";

constexpr const char* unicode_word = R"(\p{L}\p{N}_)";

bool is_surrogate(char32_t c) {
  return c >= first_surrogate && c <= last_surrogate;
}
bool is_lower(char32_t c) {
  return c >= 'a' && c <= 'z';
}
char32_t other_case(char32_t c) {
  return is_lower(c) ? c - 'a' + 'A' : c - 'A' + 'a';
}

/// Means the character and nothing else, within brackets and without.
std::string escaped(char32_t c) {
  if (is_letter(c) || (c >= '0' && c <= '9')) return {static_cast<char>(c)};
  if (c > 0x20 && c < 0x7f) return {'\\', static_cast<char>(c)};
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\x{%x}", static_cast<unsigned>(c));
  return text.data();
}

/// A category's members, for within brackets. PCRE2's own categories are those of ASCII here. Not
/// for a \W that means all of Unicode: no brackets hold that beside others.
std::string category_text(char letter, Flags flags, Alphabet alphabet) {
  if (flags.ascii) return {'\\', letter};
  const bool ascii = alphabet == Alphabet::ascii;
  switch (letter) {
    case 'd':
      return ascii ? R"(\d)" : R"(\p{Nd})";
    case 'D':
      return ascii ? R"(\D)" : R"(\P{Nd})";
    case 's':  // also the separators of ASCII, which PCRE2 does not count
      return ascii ? R"(\x09-\x0d\x1c-\x20)" : unicode_space;
    case 'S':
      return ascii ? R"(\x00-\x08\x0e-\x1b\x21-\x7f)" : unicode_not_space;
    case 'w':
      return ascii ? R"(\w)" : unicode_word;
    default:
      return R"(\W)";
  }
}

std::string in_brackets(const std::string& members, bool negated) {
  if (!members.empty()) return (negated ? "[^" : "[") + members + "]";
  return negated ? "(?s:.)" : "(?:(?!))";  // everything, nothing
}

void add_range(std::string& members, char32_t first, char32_t last) {
  // There are no surrogates in UTF-8, and PCRE2 does not want to hear of them.
  if (is_surrogate(first)) first = last_surrogate + 1;
  if (is_surrogate(last)) last = first_surrogate - 1;
  if (first > last) return;
  members += escaped(first);
  if (first < last) members += '-' + escaped(last);
}

/// The letters of ASCII among them, in their other case.
void add_other_cases(std::string& members, char32_t first, char32_t last) {
  for (const auto& [least, most] : {std::pair<char32_t, char32_t>('a', 'z'), {'A', 'Z'}}) {
    const char32_t from = std::max(first, least);
    const char32_t to = std::min(last, most);
    if (from <= to) add_range(members, other_case(from), other_case(to));
  }
}

void add_same_letters(std::string& members, char32_t first, char32_t last) {
  for (const std::u32string_view letters : same_letters) {
    const bool touched = std::any_of(letters.begin(), letters.end(),
                                     [&](char32_t c) { return c >= first && c <= last; });
    if (!touched) continue;
    for (const char32_t c : letters)
      add_range(members, c, c);
  }
}

}  // namespace

bool is_letter(char32_t c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

std::string literal(char32_t c, Flags flags, Alphabet alphabet) {
  const bool has_cases =
      flags.ignore_case && (flags.ascii ? is_letter(c) : alphabet == Alphabet::unicode);
  if (!has_cases && !is_surrogate(c)) return escaped(c);
  CharacterClass one;
  one.add(c, c);
  return one.text(false, flags, alphabet);
}

std::string CharacterClass::text(bool negated, Flags flags, Alphabet alphabet) const {
  std::string members;
  for (const auto& [first, last] : ranges_) {
    add_range(members, first, last);
    if (flags.ignore_case && flags.ascii) add_other_cases(members, first, last);
    if (flags.caseless() && alphabet == Alphabet::unicode) add_same_letters(members, first, last);
  }
  bool all_but_words = false;
  for (const char letter : categories_) {
    if (letter == 'W' && !flags.ascii && alphabet == Alphabet::unicode) {
      all_but_words = true;
    } else {
      members += category_text(letter, flags, alphabet);
    }
  }
  if (!all_but_words) return in_brackets(members, negated);
  if (members.empty()) return in_brackets(unicode_word, !negated);
  if (negated)
    return "(?:(?!" + in_brackets(members, false) + ")" + in_brackets(unicode_word, false) + ")";
  return "(?:" + in_brackets(members, false) + "|" + in_brackets(unicode_word, true) + ")";
}

}  // namespace rondo::textfsm::detail
