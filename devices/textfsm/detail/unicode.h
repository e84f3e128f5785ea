#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Text as Python sees it: UTF-8 in place of its code points, with its idea of white space and of
// lines.

namespace rondo::textfsm::detail {

bool is_ascii(std::string_view text) noexcept;

/// Where the first byte lies that is no UTF-8; npos when all of it is.
std::size_t find_invalid_utf8(std::string_view text) noexcept;
/// The same text, with U+FFFD for what is no UTF-8, as many as Python's decoder puts there.
std::string replace_invalid_utf8(std::string_view text);

/// Of valid UTF-8.
std::u32string code_points(std::string_view text);
std::size_t count_code_points(std::string_view text) noexcept;
void append_utf8(std::string& text, char32_t code_point);
std::string utf8(std::u32string_view text);

/// For messages.
inline std::string in_quotes(std::string_view text) {
  return '\'' + std::string(text) + '\'';
}
inline std::string in_quotes(std::u32string_view text) {
  return in_quotes(utf8(text));
}

/// str.strip() and str.rstrip(), of valid UTF-8.
std::string_view strip(std::string_view text) noexcept;
std::string_view rstrip(std::string_view text) noexcept;

/// str.splitlines(), of valid UTF-8: lines end at \n, \r, \r\n, \v, \f, \x1c, \x1d, \x1e, U+0085,
/// U+2028 and U+2029, and what follows the last of these is a line only if it is not empty. They
/// refer to `text`.
std::vector<std::string_view> split_lines(std::string_view text);

/// str.isidentifier().
bool is_identifier(std::string_view text);

}  // namespace rondo::textfsm::detail
