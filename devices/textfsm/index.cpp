#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include <rondo/devices/textfsm/detail/regex.h>
#include <rondo/devices/textfsm/detail/text_file.h>
#include <rondo/devices/textfsm/detail/unicode.h>
#include <rondo/devices/textfsm/errors.h>
#include <rondo/devices/textfsm/index.h>

namespace rondo::textfsm {

namespace detail {

struct IndexRow {
  std::size_t line = 0;               // of the file
  std::string templates;              // the column Template
  std::vector<const Regex*> columns;  // null: matches everything
};

struct IndexTable {
  std::filesystem::path path;
  std::vector<std::string> header;
  std::vector<IndexRow> rows;
  std::map<std::string, Regex, std::less<>> regexes;  // most rows share some
  std::size_t most_groups = 0;

  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw CliTableError(path.string() + ':' + std::to_string(line) + ": " + what);
  }
};

}  // namespace detail

namespace {

using detail::IndexTable;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(detail::strip(text.substr(0, end)));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// sh[[ow]] is sh(o(w)?)?
std::string with_completions(std::string_view command) {
  static const detail::Regex completion(R"(\[\[(.+?)\]\])");
  detail::Matches matches(1);
  std::string result;
  while (!command.empty()) {
    if (completion.match(detail::Subject(command), matches)) {
      const std::u32string word = detail::code_points(*matches.group(1));
      for (const char32_t letter : word) {
        result += '(';
        detail::append_utf8(result, letter);
      }
      for (std::size_t i = 0; i < word.size(); ++i)
        result += ")?";
      command.remove_prefix(matches.group(0)->size());
    } else {
      // As far as the next place where one could begin.
      const std::size_t next = std::min(command.find('[', 1), command.size());
      result += command.substr(0, next);
      command.remove_prefix(next);
    }
  }
  return result;
}

void read_header(IndexTable& table, std::string_view line, std::size_t number) {
  for (std::string& name : split(line, ',')) {
    if (std::find(table.header.begin(), table.header.end(), name) != table.header.end())
      table.fail(number, "there are two columns '" + name + '\'');
    table.header.push_back(std::move(name));
  }
  if (std::find(table.header.begin(), table.header.end(), "Template") == table.header.end())
    table.fail(number, "the first line names the columns, and one of them must be Template");
}

const detail::Regex* compile(IndexTable& table, std::string text, std::size_t line) {
  if (text.empty()) return nullptr;
  const auto known = table.regexes.find(text);
  if (known != table.regexes.end()) return &known->second;
  try {
    detail::Regex regex(text);
    table.most_groups = std::max(table.most_groups, regex.groups());
    return &table.regexes.emplace(std::move(text), std::move(regex)).first->second;
  } catch (const detail::PatternError& error) {
    table.fail(line, "the regular expression '" + text + "' is none: " + error.what());
  }
}

void read_row(IndexTable& table, std::string_view line, std::size_t number) {
  std::vector<std::string> cells = split(line, ',');
  if (cells.size() != table.header.size()) return;
  detail::IndexRow& row = table.rows.emplace_back();
  row.line = number;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::string& name = table.header[column];
    if (name == "Template") {
      row.templates = cells[column];
      row.columns.push_back(nullptr);
    } else {
      if (name == "Command") cells[column] = with_completions(cells[column]);
      row.columns.push_back(compile(table, std::move(cells[column]), number));
    }
  }
}

}  // namespace

Index::Index(const std::filesystem::path& path) {
  const auto table = std::make_shared<IndexTable>();
  table->path = path;
  std::string text;
  try {
    text = detail::read_text_file(path);
  } catch (const std::system_error& error) {
    throw CliTableError(path.string() + ": the index cannot be read: " + error.code().message());
  }
  if (detail::find_invalid_utf8(text) != text.npos)
    throw CliTableError(path.string() + ": an index is written in UTF-8, and this one is not");
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++number;
    if (table->header.empty()) {
      line = detail::strip(line.substr(0, line.find('#')));
      if (!line.empty()) read_header(*table, line, number);
    } else if (!line.starts_with('#')) {
      read_row(*table, line, number);
    }
  }
  if (table->header.empty()) table->fail(1, "the index is empty: its first line names the columns");
  table_ = table;
}

const std::filesystem::path& Index::path() const noexcept {
  return table_->path;
}
const std::vector<std::string>& Index::header() const noexcept {
  return table_->header;
}
std::size_t Index::size() const noexcept {
  return table_->rows.size();
}

std::vector<std::filesystem::path> Index::find(const Attributes& attributes) const {
  std::vector<std::pair<std::size_t, detail::Subject>> wanted;  // by column
  for (const auto& [name, text] : attributes) {
    const auto column = std::find(table_->header.begin(), table_->header.end(), name);
    if (column == table_->header.end()) continue;
    wanted.emplace_back(std::distance(table_->header.begin(), column), detail::Subject(text));
  }
  detail::Matches matches(table_->most_groups);
  const auto fits = [&](const detail::IndexRow& row) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& attribute) {
      const detail::Regex* regex = row.columns[attribute.first];
      try {
        return regex == nullptr || regex->match(attribute.second, matches);
      } catch (const detail::MatchError& error) {
        table_->fail(row.line, error.what());
      }
    });
  };
  const auto row = std::find_if(table_->rows.begin(), table_->rows.end(), fits);
  std::vector<std::filesystem::path> templates;
  if (row == table_->rows.end()) return templates;
  for (const std::string& name : split(row->templates, ':'))
    templates.push_back(table_->path.parent_path() / name);
  return templates;
}

std::vector<std::filesystem::path> Index::find(std::string platform, std::string command) const {
  return find({{"Platform", std::move(platform)}, {"Command", std::move(command)}});
}

}  // namespace rondo::textfsm
