#include <algorithm>
#include <utility>

#include <rondo/devices/textfsm/detail/run.h>
#include <rondo/devices/textfsm/detail/unicode.h>
#include <rondo/devices/textfsm/errors.h>

namespace rondo::textfsm::detail {

namespace {

using Content = std::variant<std::monostate, std::string, List>;

/// None, or an empty list. An empty string is something.
bool is_nothing(const Content& content) {
  if (const auto* list = std::get_if<List>(&content)) return list->empty();
  return std::holds_alternative<std::monostate>(content);
}

bool is_empty(const Content& content) {
  const auto* text = std::get_if<std::string>(&content);
  return is_nothing(content) || (text != nullptr && text->empty());
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

Run::Run(const Program& program)
    : program_(program),
      matches_(program.most_groups),
      list_matches_(program.most_groups),
      state_(program.start),
      slots_(program.values.size()) {}

std::vector<Row> Run::parse(std::string_view text) {
  std::string replaced;
  const bool all_ascii = is_ascii(text);
  if (!all_ascii && find_invalid_utf8(text) != text.npos) {
    replaced = replace_invalid_utf8(text);
    text = replaced;
  }
  for (const std::string_view line : split_lines(text)) {
    ++line_;
    read_line(all_ascii ? Subject(line, Alphabet::ascii) : Subject(line));
    if (state_ == end_state || state_ == eof_state) break;
  }
  if (state_ != end_state && !program_.has_eof) record();
  return std::move(rows_);
}

void Run::read_line(Subject line) {
  const State& state = program_.states[state_];
  for (const Rule& rule : state.rules) {
    try {
      if (!rule.regex.match(line, matches_)) continue;
      for (const auto& [value, group] : rule.assignments)
        assign(value, matches_.group(group));
    } catch (const MatchError& error) {
      fail(rule, error.what(), line);
    }
    operate(rule, line);
    if (rule.line_operation == LineOperation::keep) continue;
    if (rule.target_state != same_state) state_ = rule.target_state;
    return;
  }
}

/// A group that took no part in the match makes its value none.
void Run::assign(std::size_t value, std::optional<std::string_view> text) {
  Slot& slot = slots_[value];
  if (text) {
    slot.content = std::string(*text);
  } else {
    slot.content = std::monostate();
  }
  for (const Option option : program_.values[value].options) {
    if (option == Option::filldown) slot.filldown = owned(text);
    if (option == Option::fillup && text && !text->empty()) fill_up(value, std::string(*text));
    if (option == Option::list) collect(value, text);
  }
}

/// Into the rows above, up to one that has something.
void Run::fill_up(std::size_t value, const std::string& text) {
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
    if (!empty((*row)[value])) return;
    (*row)[value] = text;
  }
}

/// The named groups, if the value's expression has any that match once more within the text.
void Run::collect(std::size_t value, std::optional<std::string_view> text) {
  const Regex& regex = *program_.list_regexes[value];
  List& list = slots_[value].collected;
  if (regex.groups() > 1) {  // more than the parentheses around it
    if (!text)
      throw MatchError("the value '" + program_.values[value].name +
                       "' took no part in the match, and its expression has groups to look at");
    if (!regex.names().empty() && regex.match(Subject(*text), list_matches_)) {
      Groups groups;
      for (const auto& [name, group] : regex.names())
        groups.emplace_back(name, owned(list_matches_.group(group)));
      list.emplace_back(std::move(groups));
      return;
    }
  }
  if (text) {
    list.emplace_back(std::string(*text));
  } else {
    list.emplace_back();
  }
}

void Run::operate(const Rule& rule, Subject line) {
  switch (rule.record_operation) {
    case RecordOperation::none:
      break;
    case RecordOperation::record:
      record();
      break;
    case RecordOperation::clear:
      clear();
      break;
    case RecordOperation::clear_all:
      clear_all();
      break;
  }
  if (rule.line_operation == LineOperation::error) fail(rule, rule.target, line);
}

/// Options act in the order of the template: `Required,List` looks at what was assigned last,
/// `List,Required` at all that was collected.
void Run::record() {
  for (std::size_t value = 0; value < slots_.size(); ++value) {
    Slot& slot = slots_[value];
    for (const Option option : program_.values[value].options) {
      if (option == Option::list) slot.content = slot.collected;
      if (option == Option::required && is_empty(slot.content)) {
        clear();
        return;
      }
    }
  }
  const bool nothing = std::all_of(slots_.begin(), slots_.end(),
                                   [](const Slot& slot) { return is_nothing(slot.content); });
  if (nothing) return;
  Row& row = rows_.emplace_back();
  row.reserve(slots_.size());
  for (Slot& slot : slots_) {
    if (auto* list = std::get_if<List>(&slot.content)) {
      row.emplace_back(std::move(*list));
    } else if (auto* text = std::get_if<std::string>(&slot.content)) {
      row.emplace_back(std::move(*text));
    } else {
      row.emplace_back();
    }
  }
  clear();
}

/// All but what Filldown keeps.
void Run::clear() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    const Value& value = program_.values[i];
    const bool keeps = value.has(Option::filldown);
    slot.content = std::monostate();
    if (keeps && slot.filldown) slot.content = *slot.filldown;
    if (!keeps) slot.collected.clear();
  }
}

void Run::clear_all() {
  for (Slot& slot : slots_)
    slot = Slot();
}

void Run::fail(const Rule& rule, const std::string& message, Subject line) const {
  std::string reason = message;
  if (reason.size() >= 2 && reason.starts_with('"')) reason = reason.substr(1, reason.size() - 2);
  const std::string& state = program_.states[state_].name;
  throw ParseError(program_.name + ':' + std::to_string(rule.line) + ": in the state " + state +
                       ", line " + std::to_string(line_) + " of the text is refused" +
                       (reason.empty() ? "" : " (" + reason + ")") + ": " + std::string(line.text),
                   reason, state, line_, std::string(line.text));
}

}  // namespace rondo::textfsm::detail
