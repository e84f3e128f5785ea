#include <tuple>

#include <rondo/devices/textfsm/detail/translator.h>

namespace rondo::textfsm::detail {

namespace {

constexpr std::uint64_t most_repetitions = 65535;  // that PCRE2 counts
constexpr int deepest_python_nesting = 450;        // about where Python's stack ends

/// Something that matches no character, repeated: once is as good as often. PCRE2 takes no such
/// repetition in a look-behind, and others for something else.
std::string repeated_nothing(const std::string& text, bool optional, bool lazy, bool possessive) {
  const std::string opening = possessive ? "(?>" : "(?:";
  if (!optional) return opening + text + ')';
  return opening + (lazy ? "|" + text : text + "|") + ')';
}

/// Something that is repeated no times: what matters is that its groups are counted.
std::string never(const std::string& text) {
  return "(?:(?!)(?=" + text + ")|)";
}

}  // namespace

Translation translate(std::string_view pattern, Alphabet alphabet) {
  Translation made = Translator(pattern, alphabet).translate();
  // Characters outside of ASCII came up, and some parts were written without knowing.
  if (made.alphabet != alphabet) made = Translator(pattern, made.alphabet).translate();
  return made;
}

Translation Translator::translate() {
  whole_.first = true;
  Sequence all = alternatives(whole_);
  if (!source_.at_end()) throw PatternError("a ) closes nothing: write \\)");
  if (largest_condition_ >= widths_.size())
    throw PatternError("there is no group " + std::to_string(largest_condition_));
  if (has(turned_on_, 't') && repeats_) throw PatternError("the flag t goes with no repetition");
  if (has(turned_on_, 'a') && has(turned_on_, 'u'))
    throw PatternError("the flags a and u contradict each other");
  if (whole_.flags.caseless()) all.text.insert(0, "(?i)");
  return {std::move(all.text), alphabet_, widths_.size() - 1, std::move(names_)};
}

/// a|b|c, up to a parenthesis or the end.
Sequence Translator::alternatives(Place place) {
  if (place.depth > deepest_python_nesting)
    throw PatternError("its parentheses are nested too deep");
  Sequence all = sequence(place);
  while (source_.take('|')) {
    if (place.depth == 0) place = whole_;
    place.first = false;
    const Sequence next = sequence(place);
    all.text += '|' + next.text;
    all.width = {std::min(all.width.least, next.width.least),
                 std::max(all.width.most, next.width.most)};
  }
  return all;
}

Sequence Translator::sequence(Place place) {
  std::vector<Part> parts;
  while (!source_.at_end() && !source_.next_is('|') && !source_.next_is(')')) {
    const std::size_t start = source_.tell();
    const char32_t c = source_.get()[0];
    if (place.verbose && (c == ' ' || (c >= '\t' && c <= '\r'))) continue;
    if (place.verbose && c == '#') {
      while (!source_.at_end() && source_.get() != U"\n") {
      }
    } else if (c == '\\') {
      source_.seek(start);
      parts.push_back(escape(place.flags));
    } else if (c == '[') {
      parts.push_back(brackets(place.flags));
    } else if (c == '(') {
      parenthesis(parts, place);
    } else if (c == '*' || c == '+' || c == '?' || (c == '{' && !source_.next_is('}'))) {
      repeat(c, parts);
    } else {
      parts.push_back(character(c, place.flags));
    }
  }
  Sequence all;
  for (const Part& part : parts) {
    all.text += part.text;
    all.width += part.width;
  }
  return all;
}

/// One that stands for itself, or for a place, or is the dot.
Part Translator::character(char32_t c, Flags flags) {
  switch (c) {
    case '^':
      return {Part::Kind::anchor, flags.multi_line ? "(?m:^)" : "\\A", {}};
    case '$':
      return {Part::Kind::anchor, flags.multi_line ? "(?m:$)" : "\\Z", {}};
    case '.':
      return {Part::Kind::single, flags.dot_all ? "(?s:.)" : ".", one_character};
    default:
      return literal_character(c, flags);
  }
}

Part Translator::literal_character(char32_t c, Flags flags) {
  if (c >= 0x80) alphabet_ = Alphabet::unicode;
  return {Part::Kind::single, literal(c, flags, alphabet_), one_character};
}

/// After a {: how often; none if it is an ordinary character.
std::optional<std::pair<std::uint64_t, std::uint64_t>> Translator::repetitions() {
  const std::size_t start = source_.tell();
  const std::u32string least = source_.take_while(source_.npos, is_digit);
  const bool has_comma = source_.take(',');
  const std::u32string most = has_comma ? source_.take_while(source_.npos, is_digit) : least;
  if (!source_.take('}')) {
    source_.seek(start);
    return std::nullopt;
  }
  const std::uint64_t low = number(least, 10);
  const std::uint64_t high = most.empty() ? endless : number(most, 10);
  if (low == endless || (!most.empty() && high == endless))
    throw PatternError("that many repetitions cannot be counted");
  if (high < low)
    throw PatternError("{" + utf8(least) + "," + utf8(most) + "} ends before it begins");
  return std::pair(low, high);
}

/// Makes the last part a repeated one.
void Translator::repeat(char32_t quantifier, std::vector<Part>& parts) {
  std::uint64_t least = quantifier == '+' ? 1 : 0;
  std::uint64_t most = quantifier == '?' ? 1 : endless;
  if (quantifier == '{') {
    const auto counted = repetitions();
    if (!counted) {
      parts.push_back({Part::Kind::single, "\\{", one_character});
      return;
    }
    std::tie(least, most) = *counted;
  }
  if (parts.empty() || parts.back().kind == Part::Kind::anchor)
    throw PatternError("there is nothing that " + in_quotes({&quantifier, 1}) + " could repeat");
  Part& part = parts.back();
  if (part.kind == Part::Kind::repeat)
    throw PatternError(in_quotes({&quantifier, 1}) +
                       " repeats what is repeated already: write (?:...) around that");
  if (least > most_repetitions)
    throw PatternError("more than " + std::to_string(most_repetitions) +
                       " repetitions cannot be demanded");
  std::string how = quantifier == '{' ? "{" + std::to_string(least) + "," : utf8({&quantifier, 1});
  if (quantifier == '{') {
    if (most <= most_repetitions) how += std::to_string(most);
    how += '}';
  }
  const bool lazy = source_.take('?');
  const bool possessive = !lazy && source_.take('+');
  if (most == 0) {
    part.text = never(part.text);
  } else if (part.width.most == 0) {
    part.text = repeated_nothing(part.text, least == 0, lazy, possessive);
  } else {
    part.text += how + (lazy ? "?" : possessive ? "+" : "");
  }
  part.kind = Part::Kind::repeat;
  part.width = {std::min(part.width.least * least, endless - 1),
                std::min(part.width.most * most, endless)};
  repeats_ = true;
}

}  // namespace rondo::textfsm::detail
