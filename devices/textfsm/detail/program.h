#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/devices/textfsm/detail/regex.h>
#include <rondo/devices/textfsm/value.h>

// Program: a template, read and checked, as `Run` carries it out.

namespace rondo::textfsm::detail {

/// What becomes of the line. Continue goes on with the rules that follow, Next with the next line.
enum class LineOperation { next, keep, error };
/// What becomes of the row that is being made, before that.
enum class RecordOperation { none, record, clear, clear_all };

/// Whither a rule leads, if not to a state's place in the program.
constexpr std::size_t same_state = static_cast<std::size_t>(-1);
constexpr std::size_t end_state = static_cast<std::size_t>(-2);  // End: stop at once
constexpr std::size_t eof_state = static_cast<std::size_t>(-3);  // EOF: as if the text ended here

struct Rule {
  explicit Rule(Regex its_regex) : regex(std::move(its_regex)) {}

  Regex regex;
  /// Which value gets which group, in the order in which they are assigned.
  std::vector<std::pair<std::size_t, std::size_t>> assignments;
  LineOperation line_operation = LineOperation::next;
  RecordOperation record_operation = RecordOperation::none;
  std::string target;                     // a state's name; with Error, its message; or empty
  std::size_t target_state = same_state;  // the same as a place
  std::size_t line = 0;                   // of the template, from 1
};

struct State {
  std::string name;
  std::vector<Rule> rules;
};

struct Program {
  std::string name;  // for errors
  std::vector<std::string> header;
  std::vector<Value> values;
  std::vector<std::optional<Regex>> list_regexes;  // for List values
  std::vector<State> states;
  std::size_t start = 0;        // the place of Start
  bool has_eof = false;         // a state EOF, and so no last row
  std::size_t most_groups = 0;  // of an expression
};

/// `text` is valid UTF-8. Throws TemplateError.
Program read_template(std::string_view text, std::string name);

}  // namespace rondo::textfsm::detail
