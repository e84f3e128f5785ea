#include <algorithm>

#include <rondo/tools/sheet.h>

namespace rondo::tools {

namespace {

std::string text_of_item(const textfsm::Item& item) {
  if (const auto* const text = std::get_if<std::string>(&item)) return *text;
  std::string joined;
  if (const auto* const groups = std::get_if<textfsm::Groups>(&item)) {
    for (const auto& [name, value] : *groups)
      joined += (joined.empty() ? "" : " ") + name + "=" + value.value_or("");
  }
  return joined;
}

/// So many places a text takes: its code points.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string all = "\"";
  for (const char c : text)
    all.append(c == '"' ? 2 : 1, c);
  return all + "\"";
}

/// The texts of a row with as many blanks behind each as its column needs.
std::string padded(const std::vector<std::string>& texts, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    line += texts[i];
    line.append(widths[i] - width(texts[i]) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::vector<std::string> texts_of(const textfsm::Row& row) {
  std::vector<std::string> texts;
  for (const textfsm::Cell& cell : row)
    texts.push_back(text_of(cell));
  return texts;
}

}  // namespace

std::string text_of(const textfsm::Cell& cell) {
  if (const auto* const text = std::get_if<std::string>(&cell)) return *text;
  std::string joined;
  for (const textfsm::Item& item : std::get<textfsm::List>(cell))
    joined += (joined.empty() ? "" : ", ") + text_of_item(item);
  return joined;
}

std::string to_table(const Sheet& sheet) {
  std::vector<std::vector<std::string>> lines = {sheet.header};
  std::ranges::transform(sheet.rows, std::back_inserter(lines), texts_of);
  std::vector<std::size_t> widths(sheet.header.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width(line[i]));
  std::vector<std::string> dashes;
  dashes.reserve(widths.size());
  for (const std::size_t size : widths)
    dashes.emplace_back(size, '-');
  lines.insert(lines.begin() + 1, dashes);
  std::string text;
  for (const auto& line : lines)
    text += padded(line, widths);
  return text;
}

std::string to_csv(const Sheet& sheet) {
  std::vector<std::vector<std::string>> lines = {sheet.header};
  std::ranges::transform(sheet.rows, std::back_inserter(lines), texts_of);
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i)
      text += (i == 0 ? "" : ",") + quoted(line[i]);
    text += "\n";
  }
  return text;
}

std::string to_text(const Sheet& sheet, Format format) {
  if (format == Format::csv) return to_csv(sheet);
  if (format == Format::json) return textfsm::to_json(sheet.header, sheet.rows) + "\n";
  return to_table(sheet);
}

Sheet merged(const std::vector<std::string>& names,
             const std::vector<std::vector<std::string>>& values,
             const std::vector<const Sheet*>& sheets) {
  Sheet all;
  all.header = names;
  for (const Sheet* const sheet : sheets) {
    for (const std::string& column : sheet->header) {
      const auto columns = all.header.begin() + static_cast<std::ptrdiff_t>(names.size());
      if (std::find(columns, all.header.end(), column) == all.header.end()) {
        all.header.push_back(column);
      }
    }
  }
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    for (const textfsm::Row& row : sheets[i]->rows) {
      textfsm::Row cells(values[i].begin(), values[i].end());
      cells.resize(all.header.size());
      for (std::size_t j = 0; j < row.size(); ++j) {
        const auto columns = all.header.begin() + static_cast<std::ptrdiff_t>(names.size());
        const auto column = std::find(columns, all.header.end(), sheets[i]->header[j]);
        cells[static_cast<std::size_t>(column - all.header.begin())] = row[j];
      }
      all.rows.push_back(std::move(cells));
    }
  }
  return all;
}

}  // namespace rondo::tools
