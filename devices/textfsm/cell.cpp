#include <array>
#include <cstdio>
#include <string_view>

#include <rondo/devices/textfsm/cell.h>

namespace rondo::textfsm {

namespace {

void write_character(std::string& json, char c) {
  if (static_cast<unsigned char>(c) >= 0x20) {
    json += c;
    return;
  }
  std::array<char, 8> escaped{};
  std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
  json += escaped.data();
}

void write(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        json += "\\\"";
        break;
      case '\\':
        json += "\\\\";
        break;
      case '\b':
        json += "\\b";
        break;
      case '\f':
        json += "\\f";
        break;
      case '\n':
        json += "\\n";
        break;
      case '\r':
        json += "\\r";
        break;
      case '\t':
        json += "\\t";
        break;
      default:
        write_character(json, c);
    }
  }
  json += '"';
}

void write(std::string& json, const std::string& text) {
  write(json, std::string_view(text));
}

void write(std::string& json, std::monostate) {
  json += "null";
}

void write(std::string& json, const Groups& groups) {
  json += '{';
  for (const auto& [name, text] : groups) {
    if (json.back() != '{') json += ',';
    write(json, name);
    json += ':';
    if (text) {
      write(json, *text);
    } else {
      json += "null";
    }
  }
  json += '}';
}

void write(std::string& json, const List& list) {
  json += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) json += ',';
    std::visit([&](const auto& item) { write(json, item); }, list[i]);
  }
  json += ']';
}

}  // namespace

bool empty(const Cell& cell) noexcept {
  return std::visit([](const auto& content) { return content.empty(); }, cell);
}

std::string to_json(const std::vector<std::string>& header, const std::vector<Row>& rows) {
  std::string json = "[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    json += i > 0 ? ",{" : "{";
    for (std::size_t column = 0; column < header.size(); ++column) {
      if (column > 0) json += ',';
      write(json, header[column]);
      json += ':';
      std::visit([&](const auto& content) { write(json, content); }, rows[i].at(column));
    }
    json += '}';
  }
  return json + ']';
}

}  // namespace rondo::textfsm
