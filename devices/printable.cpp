#include <algorithm>

#include <rondo/devices/printable.h>

namespace rondo::devices {

namespace {

constexpr std::size_t not_whole = 0;

/// How many bytes a character of UTF-8 has that begins with this one; 1 for those that begin none.
std::size_t length_after(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 1;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Is it one that terminals only show?
bool is_text(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1)
    return first == '\n' || first == '\t' || (first >= 0x20 && first < 0x7F);
  const auto second = static_cast<unsigned char>(character[1]);
  if (first == 0xC2 && second < 0xA0) return false;   // C1 controls
  if (first == 0xE0 && second < 0xA0) return false;   // longer than needed
  if (first == 0xED && second >= 0xA0) return false;  // half of a surrogate pair
  if (first == 0xF0 && second < 0x90) return false;   // longer than needed
  return first != 0xF4 || second < 0x90;              // behind the last one
}

void escape(std::string_view bytes, std::string& to) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    to += "\\x";
    to += digits[byte / 16];
    to += digits[byte % 16];
  }
}

/// Appends the first character of `text`, if it is whole or nothing more will come, and returns how
/// many bytes it had; 0: it is not whole.
std::size_t append_first(std::string_view text, bool more_will_come, std::string& to) {
  if (text.front() == '\r') {  // belongs to a line end, or would have what follows overwrite a line
    if (text.size() == 1 && more_will_come) return not_whole;
    if (text.starts_with("\r\n")) {
      to += "\r\n";
      return 2;
    }
  }
  const std::size_t wanted = length_after(static_cast<unsigned char>(text.front()));
  std::size_t length = 1;
  while (length < std::min(wanted, text.size()) && continues(text[length]))
    ++length;
  if (length < wanted && length == text.size() && more_will_come) return not_whole;
  const std::string_view character = text.substr(0, length);
  if (length == wanted && is_text(character)) {
    to += character;
  } else {
    escape(character, to);
  }
  return length;
}

/// What is left of `text` at its end: the beginning of a character.
std::string_view append(std::string_view text, bool more_will_come, std::string& to) {
  while (!text.empty()) {
    const std::size_t length = append_first(text, more_will_come, to);
    if (length == not_whole) break;
    text.remove_prefix(length);
  }
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  append(text, false, shown);
  return shown;
}

std::string PrintableStream::pass(std::string_view piece) {
  pending_ += piece;
  std::string shown;
  pending_ = std::string(append(pending_, true, shown));
  return shown;
}

}  // namespace rondo::devices
