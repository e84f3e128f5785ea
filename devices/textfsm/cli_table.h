#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/devices/textfsm/cell.h>
#include <rondo/devices/textfsm/errors.h>
#include <rondo/devices/textfsm/index.h>
#include <rondo/devices/textfsm/textfsm.h>

// CliTable: the output of a command as a table, by the template that an index has for it.
//
//     textfsm::CliTable table(textfsm::Index("templates/index"));
//     table.parse_cmd(output, {{"Platform", "cisco_ios"}, {"Command", "show version"}});
//
// It is clitable of python-textfsm, with two differences: what a List value has collected stays a
// list of texts and groups, where Python makes texts of the groups; and the columns of a second
// table are added whatever the first one holds, where Python refuses a column whose name happens to
// be in some cell.

namespace rondo::textfsm {

/// A table, and the templates that it has read so far. Not for two threads at once.
class CliTable {
 public:
  explicit CliTable(Index index) : index_(std::move(index)) {}

  /// Makes a table of `text`. Where the index has several templates, their tables are merged: each
  /// row gets the new columns of the first row of the next table that has the same keys, or of the
  /// row at the same place if no value is a Key; without such a row they are empty. Throws
  /// CliTableError when no row of the index fits or the tables cannot be merged, TemplateError and
  /// ParseError; the table is empty then.
  void parse_cmd(std::string_view text, const Attributes& attributes);
  /// The same by these templates.
  void parse_with(std::string_view text, const std::vector<std::filesystem::path>& templates);

  const Index& index() const noexcept { return index_; }
  const std::vector<std::string>& header() const noexcept { return header_; }
  const std::vector<Row>& rows() const noexcept { return rows_; }
  std::vector<Record> records() const;
  std::size_t size() const noexcept { return rows_.size(); }
  /// One cell. Throws CliTableError for a name that no column has, std::out_of_range for a row that
  /// is not there.
  const Cell& at(std::size_t row, std::string_view name) const;

  /// The columns that together tell rows apart: those of Key values, in the order of the header.
  std::vector<std::string> superkey() const;
  /// Makes more columns part of it. Throws CliTableError for a name that no column has.
  void add_keys(const std::vector<std::string>& columns);
  /// What a row has in those columns; its number, from 1, if there are none.
  std::vector<Cell> key_value(std::size_t row) const;

  enum class Order { ascending, descending };

  /// By the superkey, as texts; without one by all columns, in which numbers are numbers and come
  /// before other texts. Rows that are the same stay in their order.
  void sort(Order order = Order::ascending);

 private:
  struct Table {
    std::vector<std::string> header;
    std::vector<Row> rows;
  };

  const TextFSM& template_at(const std::filesystem::path& path);
  Table table_of(const std::filesystem::path& path, std::string_view text);
  void extend(const Table& table);
  std::size_t column(std::string_view name) const;

  Index index_;
  std::map<std::filesystem::path, TextFSM> templates_;  // that were read
  std::vector<std::string> header_;
  std::vector<Row> rows_;
  std::vector<std::string> keys_;  // names of columns, in any order, each once
};

}  // namespace rondo::textfsm
