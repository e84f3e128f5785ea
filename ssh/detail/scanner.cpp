#include <algorithm>

#include <rondo/ssh/detail/scanner.h>

namespace rondo::ssh::detail {

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 500;
  std::string result(text.substr(0, longest));
  std::ranges::replace_if(result, [](char c) { return c < ' ' || c > '~'; }, '?');
  if (text.size() > longest) result += "...";
  return result;
}

}  // namespace rondo::ssh::detail
