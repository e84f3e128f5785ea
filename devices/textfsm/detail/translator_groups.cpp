#include <rondo/devices/textfsm/detail/translator.h>

// What parentheses mean.

namespace rondo::textfsm::detail {

namespace {

bool is_flag(std::u32string_view token) {
  return token.size() == 1 && has(U"aiLmsxtu", token[0]);
}

Place changed(Place place, const WrittenFlags& written) {
  const auto change = [&](char32_t letter, bool& flag) {
    flag = (flag || has(written.on, letter)) && !has(written.off, letter);
  };
  change('i', place.flags.ignore_case);
  change('m', place.flags.multi_line);
  change('s', place.flags.dot_all);
  change('x', place.verbose);
  if (has(written.on, 'a')) place.flags.ascii = true;
  if (has(written.on, 'u')) place.flags.ascii = false;
  return place;
}

/// A flag that may stand after what was read so far.
void check_flag(std::u32string_view token, const char* instead) {
  if (token.empty() || !is_flag(token))
    throw PatternError("in the flags (?... " +
                       (token.empty() ? std::string("the end") : in_quotes(token)) +
                       " stands where only a flag of aimsux or " + instead + " can");
}

}  // namespace

/// After a (: reads to its ), and adds what it means to the parts, if it is a part at all.
void Translator::parenthesis(std::vector<Part>& parts, Place& place) {
  if (!source_.take('?')) {
    parts.push_back(group({}, place));
    return;
  }
  const std::u32string_view token = source_.get();
  if (token == U"P") {
    parts.push_back(python_group(place));
  } else if (token == U":") {
    parts.push_back({Part::Kind::single, "(?:", {}});
    finish(parts.back(), place);
  } else if (token == U">") {
    parts.push_back({Part::Kind::single, "(?>", {}});
    finish(parts.back(), place);
  } else if (token == U"#") {
    source_.take_comment();
  } else if (token == U"=" || token == U"!") {
    parts.push_back({Part::Kind::look_around, "(?" + utf8(token), {}});
    finish(parts.back(), place);
    parts.back().width = {};
  } else if (token == U"<") {
    parts.push_back(look_behind(place));
  } else if (token == U"(") {
    parts.push_back(condition(place));
  } else if (is_flag(token) || token == U"-") {
    flags(token, parts, place);
  } else {
    throw PatternError("(?" + utf8(token) + " means nothing");
  }
}

/// Reads the alternatives up to the ) after what opens the part.
void Translator::finish(Part& part, Place place) {
  ++place.depth;
  place.first = false;
  const Sequence inside = alternatives(place);
  close();
  part.text += inside.text + ')';
  part.width = inside.width;
}

void Translator::close() {
  if (!source_.take(')')) throw PatternError("a ( has no ): write \\( for one that opens nothing");
}

/// One that is remembered; without a name if that is empty.
Part Translator::group(const std::u32string& name, Place place) {
  const std::size_t number = widths_.size();
  widths_.emplace_back(std::nullopt);
  if (!name.empty()) {
    const std::string text = utf8(name);
    for (const auto& [other, its_number] : names_) {
      if (other == text) throw PatternError("two groups are named " + in_quotes(name));
    }
    names_.emplace_back(text, number);
  }
  Part part{Part::Kind::single, "(", {}};
  finish(part, place);
  widths_[number] = part.width;
  return part;
}

/// After (?P: a group with a name, or a reference to one.
Part Translator::python_group(Place place) {
  const bool opens = source_.take('<');
  if (!opens && !source_.take('='))
    throw PatternError("(?P" + utf8(source_.get()) + " means nothing");
  const std::u32string name = source_.take_until(opens ? '>' : ')', "a group's name");
  if (!is_identifier(utf8(name))) throw PatternError(in_quotes(name) + " cannot be a group's name");
  return opens ? group(name, place) : backreference(group_named(name));
}

std::size_t Translator::group_named(const std::u32string& name) const {
  const std::string text = utf8(name);
  for (const auto& [other, number] : names_) {
    if (other == text) return number;
  }
  throw PatternError("no group before this place is named " + in_quotes(name));
}

/// After (?<.
Part Translator::look_behind(Place place) {
  const std::u32string_view kind = source_.get();
  if (kind != U"=" && kind != U"!")
    throw PatternError("(?<" + utf8(kind) + " means nothing: a group with a name is (?P<name>...)");
  const bool outermost = !groups_at_look_behind_;
  if (outermost) groups_at_look_behind_ = widths_.size();
  Part part{Part::Kind::look_around, "(?<" + utf8(kind), {}};
  finish(part, place);
  if (outermost) groups_at_look_behind_.reset();
  if (part.width.least != part.width.most)
    throw PatternError("a look-behind must have one width, and what it holds can have several");
  part.width = {};
  return part;
}

/// In a look-behind, only groups that were complete before it can be referred to.
void Translator::check_look_behind(std::size_t group) const {
  if (!groups_at_look_behind_) return;
  if (is_open(group) || group >= *groups_at_look_behind_)
    throw PatternError("a look-behind cannot refer to group " + std::to_string(group) +
                       ", which does not end before it");
}

/// After (?(: the yes and the no of whether a group took part.
Part Translator::condition(Place place) {
  const std::size_t group = condition_group();
  check_look_behind(group);
  ++place.depth;
  place.first = false;
  Part part{Part::Kind::single, "(?(" + std::to_string(group) + ")", {}};
  const Sequence yes = sequence(place);
  Sequence no;
  part.text += yes.text;
  if (source_.take('|')) {
    no = sequence(place);
    part.text += '|' + no.text;
    if (source_.next_is('|')) throw PatternError("a condition (?(...)yes|no) has no third way");
  }
  close();
  part.text += ')';
  part.width = {std::min(yes.width.least, no.width.least), std::max(yes.width.most, no.width.most)};
  return part;
}

/// A number may be that of a group that comes later.
std::size_t Translator::condition_group() {
  const std::u32string name = source_.take_until(')', "a condition's group");
  if (is_identifier(utf8(name))) return group_named(name);
  // As Python's int() reads it.
  static const Code integer("\\+?[0-9]+(?:_[0-9]+)*\\z", Alphabet::ascii, 0);
  const std::string text(strip(utf8(name)));
  Matches matches(0);
  if (!integer.match(text, matches))
    throw PatternError(in_quotes(name) + " is neither a group's number nor its name");
  std::u32string digits = code_points(text);
  std::erase_if(digits, [](char32_t c) { return !is_digit(c); });
  const std::size_t group = number(digits, 10);
  if (group == 0) throw PatternError("groups are numbered from 1: a condition asks for 0");
  largest_condition_ = std::max(largest_condition_, group);
  return group;
}

/// After the first of (?flags), (?flags:...) and (?-flags:...).
void Translator::flags(std::u32string_view first, std::vector<Part>& parts, Place& place) {
  const WrittenFlags written = written_flags(first);
  if (written.global) {
    if (!place.first || !parts.empty())
      throw PatternError(
          "flags for all of it stand at its beginning: write (?flags:...) elsewhere");
    turned_on_ += written.on;
    place = changed(place, written);
    whole_ = place;
    return;
  }
  const Place inside = changed(place, written);
  std::string opening = "(?";
  if (inside.flags.caseless() != place.flags.caseless())
    opening += inside.flags.caseless() ? "i" : "-i";
  parts.push_back({Part::Kind::single, opening + ":", {}});
  finish(parts.back(), inside);
}

WrittenFlags Translator::written_flags(std::u32string_view token) {
  WrittenFlags written;
  while (token != U"-" && token != U":" && token != U")") {
    check_flag(token, "-, : or )");
    written.on += token;
    token = source_.get();
  }
  written.global = token == U")";
  if (token == U"-") {
    do {
      token = source_.get();
      check_flag(token, "(not first) :");
      written.off += token;
    } while (!source_.take(':'));
  }
  if (has(written.on, 'L')) throw PatternError("the flag L is not for text");
  if (has(written.on, 'a') && has(written.on, 'u'))
    throw PatternError("the flags a and u contradict each other");
  if (!written.global && has(written.on + written.off, 't'))
    throw PatternError("the flag t is for all of an expression");
  for (const char32_t flag : written.off) {
    if (has(U"aLu", flag))
      throw PatternError("the flag " + in_quotes({&flag, 1}) + " cannot be turned off");
    if (has(written.on, flag))
      throw PatternError("the flag " + in_quotes({&flag, 1}) + " is turned both on and off");
  }
  return written;
}

}  // namespace rondo::textfsm::detail
