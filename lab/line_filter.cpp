#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <regex.h>

#include <rondo/lab/line_filter.h>

namespace rondo::lab {

namespace {

// The C library copies what stands before each +, so nested ones double the expression each time.
constexpr std::size_t most_plus_signs = 10;

// The pattern in the C library's dialect: { is an ordinary character here, and \1 is just a 1.
std::string posix_pattern(std::string_view pattern) {
  std::string result;
  bool in_brackets = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const bool has_next = i + 1 < pattern.size();
    if (in_brackets) {
      in_brackets = c != ']';
    } else if (c == '[') {
      in_brackets = true;
      // A ] right behind the opening bracket is a member of the set.
      if (has_next && pattern[i + 1] == '^') result += pattern[i++];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') result += pattern[i++];
    } else if (c == '\\' && has_next) {
      const char next = pattern[++i];
      if (std::string_view(".*+?^$[]()|\\{").find(next) != std::string_view::npos) result += c;
      result += next;
      continue;
    } else if (c == '{') {
      result += '\\';
    }
    result += pattern[i];
  }
  return result;
}

class RegularExpression {
 public:
  explicit RegularExpression(const std::string& pattern)
      : compiled_(::regcomp(&expression_, pattern.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}
  ~RegularExpression() {
    if (compiled_) ::regfree(&expression_);
  }
  RegularExpression(const RegularExpression&) = delete;
  RegularExpression& operator=(const RegularExpression&) = delete;

  bool compiled() const { return compiled_; }
  bool found_in(const std::string& line) const {
    return ::regexec(&expression_, line.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t expression_{};
  bool compiled_;  // only then may expression_ be used and freed
};

}  // namespace

std::optional<std::string> filter_lines(const LineFilter& filter, std::string_view text) {
  const auto lines = std::ranges::count(text, '\n');
  if (filter.kind == FilterKind::count) return fmt::format("{}\n", lines);
  if (filter.kind == FilterKind::count_lines) return fmt::format("Count: {} lines\n", lines);
  const bool searches = takes_pattern(filter.kind) && filter.kind != FilterKind::display;
  if (!searches) return std::string(text);
  if (static_cast<std::size_t>(std::ranges::count(filter.pattern, '+')) > most_plus_signs) {
    return std::nullopt;
  }
  const RegularExpression expression(posix_pattern(filter.pattern));
  if (!expression.compiled()) return std::nullopt;

  std::string result;
  bool begun = false;
  std::size_t section_indent = std::string::npos;  // of the line that began a section
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool found = expression.found_in(line);
    begun = begun || found;
    const std::size_t indent = line.find_first_not_of(' ');
    const bool within = section_indent != std::string::npos && indent != std::string::npos &&
                        indent > section_indent;
    if (!within) section_indent = found ? indent : std::string::npos;
    const bool shown = filter.kind == FilterKind::include   ? found
                       : filter.kind == FilterKind::exclude ? !found
                       : filter.kind == FilterKind::section ? found || within
                                                            : begun;
    if (shown) result.append(line).append("\n");
  }
  return result;
}

}  // namespace rondo::lab
