#pragma once

#include <string>
#include <vector>

#include <rondo/devices/textfsm/cell.h>
#include <rondo/tools/command_line.h>

namespace rondo::tools {

/// A table: as many cells in each row as the header has names.
class Sheet {
 public:
  Sheet() = default;

  std::string title;  // the command
  std::vector<std::string> header;
  std::vector<textfsm::Row> rows;
};

/// What a cell shows in a line: the items of a list with commas between them.
std::string text_of(const textfsm::Cell& cell);

/// For people: columns below each other, under their names and a line of dashes.
std::string to_table(const Sheet& sheet);
/// As RFC 4180 has it, but with "\n" at the ends of lines.
std::string to_csv(const Sheet& sheet);
/// `table` and `text` are the same.
std::string to_text(const Sheet& sheet, Format format);

/// Sheets below each other, with all columns that any of them has, and before these one for each
/// of `names`; `values` has what stands there, for each sheet.
Sheet merged(const std::vector<std::string>& names,
             const std::vector<std::vector<std::string>>& values,
             const std::vector<const Sheet*>& sheets);

}  // namespace rondo::tools
