#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The lines of a configuration file of OpenSSH's client, in words.

namespace rondo::ssh::detail {

class ConfigLine {
 public:
  std::string place;                 // "file:line", for messages
  std::string keyword;               // in small letters
  std::vector<std::string> words;    // behind it; at least one
  std::vector<ConfigLine> included;  // of `Include`: the lines of its files
};

/// Reads a file, and those that it includes. Throws ConfigParseError.
std::vector<ConfigLine> read_config(const std::string& path);
/// The same of a text; `path` is for messages.
std::vector<ConfigLine> read_config_text(std::string_view text, const std::string& path);

}  // namespace rondo::ssh::detail
