#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <system_error>
#include <variant>

#include <rondo/devices/textfsm/cli_table.h>

namespace rondo::textfsm {

namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::size_t place(const Names& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

/// What a row is sorted by. Numbers come first.
using SortKey = std::vector<std::variant<double, Cell>>;

std::variant<double, Cell> number_or_cell(const Cell& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr) return cell;
  double number = 0;
  const char* const end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || rest != end || !std::isfinite(number)) return cell;
  return number;
}

}  // namespace

void CliTable::parse_cmd(std::string_view text, const Attributes& attributes) {
  const std::vector<std::filesystem::path> templates = index_.find(attributes);
  if (!templates.empty()) return parse_with(text, templates);
  std::string wanted;
  for (const auto& [name, value] : attributes) {
    if (!wanted.empty()) wanted += ", ";
    wanted.append(name).append(" '").append(value).append("'");
  }
  throw CliTableError(index_.path().string() + ": there is no template for " + wanted);
}

void CliTable::parse_with(std::string_view text,
                          const std::vector<std::filesystem::path>& templates) {
  header_.clear();
  rows_.clear();
  keys_.clear();
  try {
    for (const std::filesystem::path& path : templates)
      template_at(path);  // a missing one is reported before anything is parsed
    for (const std::filesystem::path& path : templates) {
      Table table = table_of(path, text);
      if (&path != &templates.front()) {
        extend(table);
      } else {
        header_ = std::move(table.header);
        rows_ = std::move(table.rows);
      }
    }
  } catch (...) {
    header_.clear();
    rows_.clear();
    throw;
  }
}

const TextFSM& CliTable::template_at(const std::filesystem::path& path) {
  const auto known = templates_.find(path);
  if (known != templates_.end()) return known->second;
  return templates_.emplace(path, TextFSM::from_file(path)).first->second;
}

/// The first template that has keys determines them.
CliTable::Table CliTable::table_of(const std::filesystem::path& path, std::string_view text) {
  const TextFSM& fsm = template_at(path);
  if (keys_.empty()) keys_ = fsm.values_with(Option::key);
  return {fsm.header(), fsm.parse_text(text)};
}

void CliTable::extend(const Table& table) {
  std::vector<std::size_t> added;  // columns of the other table
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    if (!contains(header_, table.header[i])) added.push_back(i);
  }
  std::vector<std::pair<std::size_t, std::size_t>> keys;  // where they are here, and there
  for (const std::string& key : keys_) {
    const bool compared = !added.empty() && !rows_.empty() && !table.rows.empty();
    if (!contains(header_, key) || (compared && !contains(table.header, key)))
      throw CliTableError(index_.path().string() + ": tables cannot be merged, since the key '" +
                          key + "' is not a value of each of their templates");
    keys.emplace_back(place(header_, key), place(table.header, key));
  }
  for (const std::size_t i : added)
    header_.push_back(table.header[i]);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    const auto is_same = [&](const Row& other) {
      return std::all_of(keys.begin(), keys.end(),
                         [&](const auto& key) { return row[key.first] == other[key.second]; });
    };
    auto other = table.rows.begin();
    if (!keys.empty()) {
      other = std::find_if(table.rows.begin(), table.rows.end(), is_same);
    } else {
      std::advance(other, static_cast<std::ptrdiff_t>(std::min(i, table.rows.size())));
    }
    for (const std::size_t column : added)
      row.push_back(other == table.rows.end() ? Cell() : (*other)[column]);
  }
}

std::vector<Record> CliTable::records() const {
  std::vector<Record> records;
  for (const Row& row : rows_) {
    Record& record = records.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i)
      record.emplace(header_[i], row[i]);
  }
  return records;
}

std::size_t CliTable::column(std::string_view name) const {
  const std::size_t found = place(header_, name);
  if (found < header_.size()) return found;
  throw CliTableError("the table has no column '" + std::string(name) + '\'');
}

const Cell& CliTable::at(std::size_t row, std::string_view name) const {
  return rows_.at(row)[column(name)];
}

std::vector<std::string> CliTable::superkey() const {
  Names names;
  std::copy_if(header_.begin(), header_.end(), std::back_inserter(names),
               [&](const std::string& name) { return contains(keys_, name); });
  return names;
}

void CliTable::add_keys(const std::vector<std::string>& columns) {
  for (const std::string& name : columns)
    column(name);
  for (const std::string& name : columns) {
    if (!contains(keys_, name)) keys_.push_back(name);
  }
}

std::vector<Cell> CliTable::key_value(std::size_t row) const {
  std::vector<Cell> cells;
  for (const std::string& name : superkey())
    cells.push_back(at(row, name));
  if (cells.empty()) cells.emplace_back(std::to_string(row + 1));
  return cells;
}

void CliTable::sort(Order order) {
  struct Keyed {
    SortKey key;
    std::size_t place;  // so that rows with the same key keep their order
    Row row;
  };
  const Names names = superkey();
  std::vector<Keyed> sorted;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    SortKey key;
    for (const std::string& name : names)
      key.emplace_back(at(i, name));
    if (names.empty())
      std::transform(rows_[i].begin(), rows_[i].end(), std::back_inserter(key), number_or_cell);
    sorted.push_back({std::move(key), i, std::move(rows_[i])});
  }
  std::sort(sorted.begin(), sorted.end(), [&](const Keyed& a, const Keyed& b) {
    if (a.key == b.key) return a.place < b.place;
    return (a.key < b.key) == (order == Order::ascending);
  });
  std::transform(sorted.begin(), sorted.end(), rows_.begin(),
                 [](Keyed& keyed) { return std::move(keyed.row); });
}

}  // namespace rondo::textfsm
