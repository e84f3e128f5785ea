#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rondo/devices/textfsm/cell.h>
#include <rondo/devices/textfsm/detail/program.h>

// Run: one text on its way through a program.
//
// For each line: the rules of the state, in order. The first that matches assigns its groups to the
// values; does what it says with the row; and ends the line, unless it says Continue: then the
// rules after it have their turn.

namespace rondo::textfsm::detail {

class Run {
 public:
  /// The program outlives it.
  explicit Run(const Program& program);

  /// Throws ParseError.
  std::vector<Row> parse(std::string_view text);

 private:
  /// A value between two rows. None is not the same as an empty string: a row in which every value
  /// is none is no row.
  struct Slot {
    std::variant<std::monostate, std::string, List> content;  // a list only while a row is made
    std::optional<std::string> filldown;                      // what is left when a row is done
    List collected;                                           // for List
  };

  void read_line(Subject line);
  void assign(std::size_t value, std::optional<std::string_view> text);
  void fill_up(std::size_t value, const std::string& text);
  void collect(std::size_t value, std::optional<std::string_view> text);
  void operate(const Rule& rule, Subject line);
  void record();
  void clear();
  void clear_all();
  [[noreturn]] void fail(const Rule& rule, const std::string& message, Subject line) const;

  const Program& program_;
  Matches matches_;
  Matches list_matches_;  // of a List value inside a match
  std::size_t state_;     // the place of one, or end_state or eof_state
  std::size_t line_ = 0;  // the number of the line that is being read
  std::vector<Slot> slots_;
  std::vector<Row> rows_;
};

}  // namespace rondo::textfsm::detail
