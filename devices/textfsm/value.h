#pragma once

#include <string>
#include <vector>

// Value: what a template declares at its beginning, one for each column of the rows.

namespace rondo::textfsm {

/// Filldown: keeps what it has for the rows to come. Fillup: fills the empty cells above as well.
/// Key: makes a row the same as one of another table. List: collects all matches. Required: a row
/// without it is dropped.
enum class Option { filldown, fillup, key, list, required };

struct Value {
  std::string name;
  std::vector<Option> options;  // in the order of the template, which counts
  std::string regex;            // with the parentheses around it

  bool has(Option option) const noexcept;
};

/// As in a template: "Filldown".
std::string to_string(Option option);

}  // namespace rondo::textfsm
