#include <rondo/devices/textfsm/detail/translator.h>

// What a backslash and what brackets mean.

namespace rondo::textfsm::detail {

namespace {

constexpr char32_t last_code_point = 0x10ffff;
constexpr char32_t largest_octal = 0377;

bool is_category(char32_t letter) {
  return std::u32string_view(U"dDsSwW").find(letter) != std::u32string_view::npos;
}

/// \n and the like; 0: no such.
char32_t control_character(char32_t letter) {
  switch (letter) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return 0;
  }
}

}  // namespace

/// Outside of brackets.
Part Translator::escape(Flags flags) {
  const char32_t letter = source_.get()[1];
  const bool all_letters = alphabet_ == Alphabet::unicode && !flags.ascii;
  // PCRE2 is not told that all of Unicode counts for it: its words are not Python's.
  const std::string word = all_letters ? R"([\p{L}\p{N}_])" : R"(\w)";
  switch (letter) {
    case 'A':
      return {Part::Kind::anchor, R"(\A)", {}};
    case 'Z':
      return {Part::Kind::anchor, R"(\z)", {}};
    case 'b':
      return {Part::Kind::anchor,
              all_letters
                  ? "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))"
                  : R"(\b)",
              {}};
    case 'B':  // never in an empty text
      return {Part::Kind::anchor,
              R"((?!\A\z))" + (all_letters ? "(?:(?<=" + word + ")(?=" + word + ")|(?<!" + word +
                                                 ")(?!" + word + "))"
                                           : R"(\B)"),
              {}};
    default:
      break;
  }
  if (is_category(letter)) {
    CharacterClass category;
    category.add_category(static_cast<char>(letter));
    return {Part::Kind::single, category.text(false, flags, alphabet_), one_character};
  }
  if (letter >= '1' && letter <= '9') return number_escape(letter, flags);
  return literal_character(escaped_character(letter), flags);
}

/// \1 to \99 are groups, three octal digits a character.
Part Translator::number_escape(char32_t first, Flags flags) {
  std::u32string digits(1, first);
  digits += source_.take_while(1, is_digit);
  if (digits.size() == 2 && is_octal_digit(digits[0]) && is_octal_digit(digits[1])) {
    digits += source_.take_while(1, is_octal_digit);
    if (digits.size() == 3) return literal_character(octal(digits), flags);
  }
  return backreference(number(digits, 10));
}

Part Translator::backreference(std::size_t group) {
  if (group >= widths_.size())
    throw PatternError("there is no group " + std::to_string(group) + " before \\" +
                       std::to_string(group));
  if (is_open(group))
    throw PatternError("a group cannot hold a reference to itself: group " + std::to_string(group));
  check_look_behind(group);
  return {Part::Kind::single, "\\g{" + std::to_string(group) + "}", *widths_[group]};
}

char32_t Translator::octal(std::u32string_view digits) {
  const char32_t c = number(digits, 8);
  if (c > largest_octal) throw PatternError("\\" + utf8(digits) + " is larger than \\377");
  return c;
}

/// What each escape means within brackets and without; `letter` is read already.
char32_t Translator::escaped_character(char32_t letter) {
  if (const char32_t control = control_character(letter)) return control;
  switch (letter) {
    case 'x':
      return hexadecimal(letter, 2);
    case 'u':
      return hexadecimal(letter, 4);
    case 'U':
      return hexadecimal(letter, 8);
    case 'N':
      throw PatternError("\\N{...} is not supported: write the number, as in \\u2014");
    default:
      break;
  }
  if (is_octal_digit(letter))
    return octal(std::u32string(1, letter) + source_.take_while(2, is_octal_digit));
  if (is_digit(letter) || is_letter(letter))
    throw PatternError("\\" + utf8({&letter, 1}) + " means nothing");
  return letter;
}

char32_t Translator::hexadecimal(char32_t letter, std::size_t size) {
  const std::u32string digits = source_.take_while(size, is_hex_digit);
  const std::string text = "\\" + utf8({&letter, 1}) + utf8(digits);
  if (digits.size() != size)
    throw PatternError(text + " must have " + std::to_string(size) + " hexadecimal digits");
  const char32_t c = number(digits, 16);
  if (c > last_code_point) throw PatternError(text + " is no character of Unicode");
  return c;
}

/// One member of the brackets, the beginning of which is read. A category has no character.
std::optional<char32_t> Translator::member(std::u32string_view token, CharacterClass& category) {
  if (token.empty()) throw PatternError("a [ has no ]: write \\[ for one that opens nothing");
  if (token[0] != '\\') return token[0];
  const char32_t letter = token[1];
  if (!is_category(letter)) return escaped_character(letter);
  category.add_category(static_cast<char>(letter));
  return std::nullopt;
}

/// After a [.
Part Translator::brackets(Flags flags) {
  CharacterClass members;
  const auto add = [&](char32_t first, char32_t last) {
    if (last >= 0x80) alphabet_ = Alphabet::unicode;
    members.add(first, last);
  };
  const bool negated = source_.take('^');
  bool closed = false;
  while (!closed) {
    const std::u32string_view token = source_.get();
    if (token == U"]" && !members.empty()) break;
    const std::optional<char32_t> first = member(token, members);
    std::optional<char32_t> last = first;
    if (source_.take('-')) {
      if (source_.take(']')) {
        add('-', '-');
        closed = true;
      } else {
        last = member(source_.get(), members);
        if (!first || !last || *last < *first)
          throw PatternError("the range in brackets that begins with " + in_quotes(token) +
                             " does not end behind it");
      }
    }
    if (first) add(*first, *last);
  }
  return {Part::Kind::single, members.text(negated, flags, alphabet_), one_character};
}

}  // namespace rondo::textfsm::detail
