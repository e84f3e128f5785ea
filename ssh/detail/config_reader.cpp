#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include <glob.h>

#include <rondo/ssh/detail/config_reader.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

constexpr int deepest_include = 16;  // as in OpenSSH
constexpr std::size_t largest_config_file = 1024 * 1024;
constexpr std::string_view blanks = " \t\r\f";

std::vector<ConfigLine> read_text(std::string_view text, const std::string& path, int depth);

std::vector<ConfigLine> read_file(const std::string& path, int depth) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw ConfigParseError(path + ": cannot be read: " + std::strerror(errno));
  if (text.view().size() > largest_config_file)
    throw ConfigParseError(path + ": is larger than 1 MiB");
  return read_text(text.view(), path, depth);
}

/// The words of what follows a keyword: split at blanks, with quotes, up to a word that begins with
/// '#'.
std::vector<std::string> split_words(std::string_view rest, const std::string& place) {
  std::vector<std::string> words;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (rest.empty() || rest.front() == '#') return words;
    std::string word;
    char quote = 0;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
      const char c = rest[i];
      if (quote == 0 && blanks.find(c) != blanks.npos) break;
      const char next = i + 1 < rest.size() ? rest[i + 1] : '\0';
      if (c == '\\' &&
          (next == '"' || next == '\'' || next == '\\' || (quote == 0 && next == ' '))) {
        word += next;
        ++i;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    }
    if (quote != 0) throw ConfigParseError(place + ": a quote is not closed");
    words.push_back(std::move(word));
    rest.remove_prefix(i);
  }
}

/// Files by their pattern, which is relative to ~/.ssh. That there are none is no error.
std::vector<std::string> files_of(std::string pattern) {
  const char* const variable = std::getenv("HOME");
  const std::string home = variable == nullptr ? "" : variable;
  if (pattern.starts_with("~/")) {
    pattern = home + pattern.substr(1);
  } else if (!pattern.starts_with('/')) {
    pattern = home + "/.ssh/" + pattern;
  }
  glob_t found{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, ::globfree);
  if (::glob(pattern.c_str(), 0, nullptr, &found) != 0) return {};
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

std::vector<ConfigLine> read_text(std::string_view text, const std::string& path, int depth) {
  std::vector<ConfigLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (rest.empty() || rest.front() == '#') continue;

    ConfigLine line;
    line.place = path + ":" + std::to_string(number);
    const std::size_t keyword_end = std::min(rest.find_first_of(" \t\r\f="), rest.size());
    for (const char c : rest.substr(0, keyword_end))
      line.keyword += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    rest.remove_prefix(keyword_end);
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (rest.starts_with('=')) rest.remove_prefix(1);
    line.words = split_words(rest, line.place);
    if (line.words.empty()) throw ConfigParseError(line.place + ": " + line.keyword + " of what?");

    if (line.keyword == "include") {
      if (depth == deepest_include) throw ConfigParseError(line.place + ": includes go too deep");
      for (const std::string& pattern : line.words) {
        for (const std::string& file : files_of(pattern))
          std::ranges::move(read_file(file, depth + 1), std::back_inserter(line.included));
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<ConfigLine> read_config(const std::string& path) {
  return read_file(path, 0);
}

std::vector<ConfigLine> read_config_text(std::string_view text, const std::string& path) {
  return read_text(text, path, 0);
}

}  // namespace rondo::ssh::detail
