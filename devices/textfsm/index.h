#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Index: which template understands which command of which platform.
//
// It is a table of comma-separated columns, as ntc-templates has it:
//
//     Template, Hostname, Platform, Command
//     cisco_ios_show_version.textfsm, .*, cisco_ios, sh[[ow]] ver[[sion]]
//
// All columns but Template are regular expressions, matched from the beginning of what is asked
// for, but not to its end; an empty one matches everything. In Command, [[word]] may be shortened.
// A template may be several, a:b, whose tables are merged. Lines that begin with # are comments; as
// in Python, a line with more or fewer columns than the first is passed over.

namespace rondo::textfsm {

namespace detail {
struct IndexTable;
}

/// What is asked for, by the names of columns. A name that the index does not have is passed over.
using Attributes = std::map<std::string, std::string, std::less<>>;

/// An index as it was read; copies are cheap, and several threads may search it at once.
class Index {
 public:
  /// The templates lie in the same directory. Throws CliTableError, also when the file cannot be
  /// read.
  explicit Index(const std::filesystem::path& path);

  const std::filesystem::path& path() const noexcept;
  /// The names of the columns.
  const std::vector<std::string>& header() const noexcept;
  /// Rows, without the header.
  std::size_t size() const noexcept;

  /// The templates of the first row that fits; none when no row does. Throws CliTableError when an
  /// expression takes unreasonably long.
  std::vector<std::filesystem::path> find(const Attributes& attributes) const;
  /// By the columns Platform and Command.
  std::vector<std::filesystem::path> find(std::string platform, std::string command) const;

 private:
  std::shared_ptr<const detail::IndexTable> table_;  // never null
};

}  // namespace rondo::textfsm
