#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <utility>

#include <rondo/devices/textfsm/detail/template_reader.h>
#include <rondo/devices/textfsm/detail/unicode.h>
#include <rondo/devices/textfsm/errors.h>

namespace rondo::textfsm::detail {

namespace {

constexpr std::size_t longest_name = 48;  // of values and states, in characters

constexpr std::array reserved_names = {"Continue", "Next",   "Error",   "Clear",
                                       "Clearall", "Record", "NoRecord"};

bool is_comment(std::string_view line) {
  return strip(line).starts_with('#');
}

std::optional<Option> option_named(std::string_view name) {
  for (const Option option :
       {Option::filldown, Option::fillup, Option::key, Option::list, Option::required}) {
    if (to_string(option) == name) return option;
  }
  return std::nullopt;
}

/// Takes what lies before the first separator, and the separator.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text = end == text.npos ? std::string_view() : text.substr(end + 1);
  return taken;
}

bool is_word(std::string_view text) {
  static const Regex word("\\w+\\Z");
  Matches matches(0);
  return word.match(Subject(text), matches);
}

/// Python puts the name into the expression with re.sub, which refuses most escapes.
bool is_fit_for_sub(std::string_view name) {
  static const Regex fit(R"((?:[^\\]|\\[abfnrtv0\\]|\\[^a-zA-Z0-9])*\Z)");
  Matches matches(0);
  return fit.match(Subject(name), matches);
}

std::optional<LineOperation> line_operation(std::string_view word) {
  if (word == "Next") return LineOperation::next;
  if (word == "Continue") return LineOperation::keep;
  if (word == "Error") return LineOperation::error;
  return std::nullopt;
}

std::optional<RecordOperation> record_operation(std::string_view word) {
  if (word == "NoRecord") return RecordOperation::none;
  if (word == "Record") return RecordOperation::record;
  if (word == "Clear") return RecordOperation::clear;
  if (word == "Clearall") return RecordOperation::clear_all;
  return std::nullopt;
}

/// "Line", "Record", or "Line.Record". False when it is none of them.
bool read_operations(std::string_view text, Rule& rule) {
  std::string_view record = text;
  const std::string_view line = take_until(record, '.');
  const bool has_dot = line.size() < text.size();
  if (const auto operation = line_operation(line)) {
    rule.line_operation = *operation;
    if (!has_dot) return true;
  } else if (has_dot) {
    return false;
  } else {
    record = line;
  }
  const auto operation = record_operation(record);
  if (operation) rule.record_operation = *operation;
  return operation.has_value();
}

}  // namespace

Program read_template(std::string_view text, std::string name) {
  return TemplateReader(text, std::move(name)).read();
}

TemplateReader::TemplateReader(std::string_view text, std::string name) : rest_(text) {
  program_.name = std::move(name);
}

void TemplateReader::fail(const std::string& what, std::size_t line) const {
  throw TemplateError(program_.name + ':' + std::to_string(line) + ": " + what);
}

/// Without the white space at its end.
bool TemplateReader::next_line(std::string_view& line) {
  if (rest_.empty()) return false;
  line = rstrip(take_until(rest_, '\n'));
  ++line_;
  return true;
}

Program TemplateReader::read() {
  read_values();
  while (read_state()) {
  }
  check_states();
  return std::move(program_);
}

void TemplateReader::read_values() {
  std::string_view line;
  while (next_line(line) && !line.empty()) {
    if (is_comment(line)) continue;
    if (line.starts_with("Value ")) {
      read_value(line);
    } else if (program_.values.empty()) {
      fail("a template begins with values, and this is none: write 'Value NAME (regex)'");
    } else {
      fail("a blank line ends the values, and this is neither: " + in_quotes(line));
    }
  }
}

/// Value [Option,...] NAME (regex)
void TemplateReader::read_value(std::string_view line) {
  std::string_view rest = line;
  take_until(rest, ' ');
  if (rest.find(' ') == rest.npos)
    fail("a value has a name and an expression: write 'Value NAME (regex)'");
  Value value;
  std::string_view name = take_until(rest, ' ');
  if (!rest.starts_with('(')) {  // so that was the options
    std::string_view options = name;
    bool more = true;
    while (more) {
      more = options.find(',') != options.npos;
      const std::string_view text = take_until(options, ',');
      const auto option = option_named(text);
      if (!option)
        fail("there is no option " + in_quotes(text) +
             ", but Filldown, Fillup, Key, List and Required, with commas and without blanks "
             "between");
      if (value.has(*option)) fail("the option " + in_quotes(text) + " is there twice");
      value.options.push_back(*option);
    }
    name = take_until(rest, ' ');
  }
  if (count_code_points(name) > longest_name)
    fail("the name " + in_quotes(name) + " is longer than " + std::to_string(longest_name) +
         " characters");
  if (!is_fit_for_sub(name))
    fail("what begins with a backslash in the name " + in_quotes(name) +
         " means nothing: use letters, digits and _");
  if (!rest.starts_with('(') || !rest.ends_with(')') || rest.size() < 2 ||
      std::count(rest.begin(), rest.end(), '(') != std::count(rest.begin(), rest.end(), ')'))
    fail("the expression of " + in_quotes(name) +
         " must stand in parentheses, and hold as many ( as ): " + in_quotes(rest));
  value.name = name;
  value.regex = rest;
  if (!value_places_.emplace(value.name, program_.values.size()).second)
    fail("there are two values " + in_quotes(name));
  program_.list_regexes.emplace_back();
  if (value.has(Option::list)) program_.list_regexes.back() = compile(value.regex);
  program_.header.push_back(value.name);
  program_.values.push_back(std::move(value));
}

Regex TemplateReader::compile(const std::string& pattern) {
  try {
    Regex regex(pattern);
    program_.most_groups = std::max(program_.most_groups, regex.groups());
    return regex;
  } catch (const PatternError& error) {
    fail("the regular expression " + in_quotes(pattern) + " is none: " + error.what());
  }
}

/// Up to a blank line. False when there is no more.
bool TemplateReader::read_state() {
  std::string_view line;
  do {
    if (!next_line(line)) return false;
  } while (line.empty() || is_comment(line));
  if (!is_word(line) || count_code_points(line) > longest_name)
    fail("here the name of a state stands alone, of at most " + std::to_string(longest_name) +
         " letters, digits and _: not " + in_quotes(line));
  if (std::find(reserved_names.begin(), reserved_names.end(), line) != reserved_names.end())
    fail("a state cannot be named " + in_quotes(line) + ", for that is an action");
  if (state_named(line) != same_state) fail("there are two states " + in_quotes(line));
  State& state = program_.states.emplace_back();
  state.name = line;
  while (next_line(line) && !line.empty()) {
    if (is_comment(line)) continue;
    if (!line.starts_with(" ^") && !line.starts_with("  ^") && !line.starts_with("\t^"))
      fail("a rule begins with one or two blanks or a tab, and ^: not " + in_quotes(line));
    read_rule(strip(line), state);
  }
  return true;
}

/// ^regex [-> action]
void TemplateReader::read_rule(std::string_view line, State& state) {
  static const Regex with_action(R"((.*)\s->(.*))");
  Matches matches(2);
  const bool has_action = with_action.match(Subject(line), matches);
  Rule rule(compile(substitute(has_action ? *matches.group(1) : line)));
  rule.line = line_;
  for (const auto& [name, group] : rule.regex.names()) {
    const auto value = value_places_.find(name);
    if (value != value_places_.end()) rule.assignments.emplace_back(value->second, group);
  }
  if (has_action) read_action(*matches.group(2), line, rule);
  state.rules.push_back(std::move(rule));
}

/// $NAME and ${NAME} are the value's expression, as a group of that name; $$ is $.
std::string TemplateReader::substitute(std::string_view match) const {
  // As in Python, where a template without values has nothing to substitute.
  if (program_.values.empty()) return std::string(match);
  static const Regex variable(R"((\$)|([_a-zA-Z][_a-zA-Z0-9]*)|\{([_a-zA-Z][_a-zA-Z0-9]*)\})");
  Matches matches(3);
  std::string result;
  for (std::size_t dollar; (dollar = match.find('$')) != match.npos;) {
    result += match.substr(0, dollar);
    match.remove_prefix(dollar + 1);
    if (!variable.match(Subject(match), matches))
      fail("after a $ comes the name of a value, as in ${NAME}; write $$ for the end of the line");
    const auto name = matches.group(2) ? matches.group(2) : matches.group(3);
    if (!name) {
      result += '$';
    } else {
      const auto value = value_places_.find(*name);
      if (value == value_places_.end()) fail("there is no value " + in_quotes(*name));
      result += "(?P<" + value->first + '>' + program_.values[value->second].regex.substr(1);
    }
    match.remove_prefix(matches.group(0)->size());
  }
  return result += match;
}

/// [operations] [state or "message"]
void TemplateReader::read_action(std::string_view action, std::string_view line, Rule& rule) {
  static const Regex with_target(R"(\s+(\S+?)(?:\s+(\w+|".*"))?$)");
  static const Regex target_only(R"((?:\s+(\w+|".*"))?$)");
  Matches matches(2);
  if (with_target.match(Subject(action), matches) && read_operations(*matches.group(1), rule)) {
    rule.target = matches.group(2).value_or("");
  } else if (target_only.match(Subject(action), matches)) {
    rule.target = matches.group(1).value_or("");
  } else {
    fail(
        "after -> comes an action as in 'Continue.Record', 'Record Start', 'Next.Clear' or 'Error "
        "\"why\"': not in " +
        in_quotes(line));
  }
  if (rule.target.empty() || rule.line_operation == LineOperation::error) return;
  if (rule.line_operation == LineOperation::keep)
    fail("Continue stays in its state, so that no other can be named after it: " +
         in_quotes(rule.target));
  if (rule.target.starts_with('"')) fail("only Error has a message: " + in_quotes(line));
}

std::size_t TemplateReader::state_named(std::string_view name) const {
  const auto found = std::find_if(program_.states.begin(), program_.states.end(),
                                  [&](const State& state) { return state.name == name; });
  return found == program_.states.end() ? same_state
                                        : static_cast<std::size_t>(found - program_.states.begin());
}

void TemplateReader::check_states() {
  program_.start = state_named("Start");
  if (program_.start == same_state)
    fail("there is no state Start, in which all begins", std::max<std::size_t>(line_, 1));
  program_.has_eof = state_named("EOF") != same_state;
  for (const State& state : program_.states) {
    if ((state.name == "End" || state.name == "EOF") && !state.rules.empty())
      fail("the state " + state.name + " can have no rules", state.rules.front().line);
  }
  for (State& state : program_.states) {
    for (Rule& rule : state.rules) {
      if (rule.line_operation == LineOperation::error || rule.target.empty()) continue;
      rule.target_state = rule.target == "End"   ? end_state
                          : rule.target == "EOF" ? eof_state
                                                 : state_named(rule.target);
      if (rule.target_state == same_state)
        fail("there is no state " + in_quotes(rule.target), rule.line);
    }
  }
}

}  // namespace rondo::textfsm::detail
