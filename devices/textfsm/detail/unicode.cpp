#include <algorithm>
#include <array>
#include <cstdint>

#include <rondo/devices/textfsm/detail/code.h>
#include <rondo/devices/textfsm/detail/unicode.h>

namespace rondo::textfsm::detail {

namespace {

constexpr char32_t replacement = 0xfffd;

/// A code point and its bytes. Without a code point, so many bytes begin one and do not end it.
struct Decoded {
  char32_t code_point = replacement;
  std::size_t size = 1;
  bool valid = false;
};

unsigned char byte(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

/// The first code point of `text`, which is not empty. What may follow the first byte stands in
/// table 3-7 of the Unicode standard: no surrogates, nothing above U+10FFFF, nothing too long.
Decoded decode(std::string_view text) noexcept {
  const unsigned char first = byte(text, 0);
  if (first < 0x80) return {first, 1, true};
  std::size_t size = 0;
  unsigned char least = 0x80;
  unsigned char most = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    size = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    size = 3;
    if (first == 0xe0) least = 0xa0;
    if (first == 0xed) most = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    size = 4;
    if (first == 0xf0) least = 0x90;
    if (first == 0xf4) most = 0x8f;
  } else {
    return {};
  }
  char32_t code_point = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (i >= text.size() || byte(text, i) < least || byte(text, i) > most)
      return {replacement, i, false};
    code_point = code_point << 6U | (byte(text, i) & 0x3fU);
    least = 0x80;
    most = 0xbf;
  }
  return {code_point, size, true};
}

bool is_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

/// How many bytes at the beginning of `text` end a line; 0: none.
std::size_t line_end(std::string_view text) noexcept {
  switch (byte(text, 0)) {
    case '\r':
      return text.size() > 1 && text[1] == '\n' ? 2 : 1;
    case '\n':
    case '\v':
    case '\f':
    case 0x1c:
    case 0x1d:
    case 0x1e:
      return 1;
    case 0xc2:
      return text.starts_with("\xc2\x85") ? 2 : 0;
    case 0xe2:
      return text.starts_with("\xe2\x80\xa8") || text.starts_with("\xe2\x80\xa9") ? 3 : 0;
    default:
      return 0;
  }
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t find_invalid_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const Decoded next = decode(text.substr(i));
    if (!next.valid) return i;
    i += next.size;
  }
  return std::string_view::npos;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode(text);
    append_utf8(result, next.code_point);
    text.remove_prefix(next.size);
  }
  return result;
}

std::u32string code_points(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode(text);
    result += next.code_point;
    text.remove_prefix(next.size);
  }
  return result;
}

std::size_t count_code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  const auto put_rest = [&](unsigned shift) { put(0x80U | (code_point >> shift & 0x3fU)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0U | code_point >> 6U);
    put_rest(0);
  } else if (code_point < 0x10000) {
    put(0xe0U | code_point >> 12U);
    put_rest(6);
    put_rest(0);
  } else {
    put(0xf0U | code_point >> 18U);
    put_rest(12);
    put_rest(6);
    put_rest(0);
  }
}

std::string utf8(std::u32string_view text) {
  std::string result;
  for (const char32_t c : text)
    append_utf8(result, c);
  return result;
}

std::string_view strip(std::string_view text) noexcept {
  while (!text.empty()) {
    const Decoded first = decode(text);
    if (!is_space(first.code_point)) break;
    text.remove_prefix(first.size);
  }
  return rstrip(text);
}

std::string_view rstrip(std::string_view text) noexcept {
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && (byte(text, start) & 0xc0U) == 0x80)
      --start;
    if (!is_space(decode(text.substr(start)).code_point)) break;
    text = text.substr(0, start);
  }
  return text;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = line_end(text.substr(i));
    if (size == 0) {
      ++i;
      continue;
    }
    lines.push_back(text.substr(start, i - start));
    i += size;
    start = i;
  }
  if (start < text.size()) lines.push_back(text.substr(start));
  return lines;
}

bool is_identifier(std::string_view text) {
  // By the categories that Unicode derives XID_Start and XID_Continue from.
  static const Code identifier(R"([\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*\z)",
                               Alphabet::unicode, 0);
  Matches matches(0);
  return identifier.match(text, matches);
}

}  // namespace rondo::textfsm::detail
