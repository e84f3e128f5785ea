#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <rondo/devices/textfsm/detail/program.h>

// The work of `read_template`: values up to the first blank line, then states with their rules.

namespace rondo::textfsm::detail {

class TemplateReader {
 public:
  TemplateReader(std::string_view text, std::string name);

  Program read();

 private:
  void read_values();
  void read_value(std::string_view line);
  bool read_state();
  void read_rule(std::string_view line, State& state);
  void read_action(std::string_view action, std::string_view line, Rule& rule);
  std::string substitute(std::string_view match) const;
  Regex compile(const std::string& pattern);
  void check_states();
  std::size_t state_named(std::string_view name) const;  // same_state: none

  bool next_line(std::string_view& line);
  [[noreturn]] void fail(const std::string& what, std::size_t line) const;
  [[noreturn]] void fail(const std::string& what) const { fail(what, line_); }

  std::string_view rest_;  // what is to be read yet
  std::size_t line_ = 0;   // the number of the line that was read last
  Program program_;
  std::map<std::string, std::size_t, std::less<>> value_places_;
};

}  // namespace rondo::textfsm::detail
