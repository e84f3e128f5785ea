// What stands behind a pipe: `show running-config | include ^interface`. Patterns are regular
// expressions in IOS's dialect, which has . * + ? ^ $ [] () | and no intervals.
//
// A pattern comes from the network, so none may cost more than a moment: what makes the C
// library's expressions expensive (intervals, back references, many +) is not let through.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rondo::lab {

enum class FilterKind {
  none,
  include,
  exclude,
  begin,
  section,      // lines that match, and those below them that are indented deeper
  count,        // how many lines there are, as a bare number
  count_lines,  // the same as Junos says it
  no_more,      // all lines, in one page
  display,      // the pattern says how the command is to show them
  compare,      // the command itself compares, with what the pattern says
};

// Does it want something behind its name?
constexpr bool takes_pattern(FilterKind kind) {
  return kind == FilterKind::include || kind == FilterKind::exclude || kind == FilterKind::begin ||
         kind == FilterKind::section || kind == FilterKind::display;
}

struct LineFilter {
  FilterKind kind = FilterKind::none;
  std::string pattern;
};

// The lines of `text` (each ends with "\n") that the filter lets through; nothing when the pattern
// is no regular expression or is too expensive.
std::optional<std::string> filter_lines(const LineFilter& filter, std::string_view text);

}  // namespace rondo::lab
