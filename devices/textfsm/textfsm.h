#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/textfsm/cell.h>
#include <rondo/devices/textfsm/errors.h>
#include <rondo/devices/textfsm/value.h>

// TextFSM: what a router prints for people, as rows for a program.
//
//     const auto interfaces = textfsm::TextFSM::from_file("show_ip_interface_brief.textfsm");
//     for (const textfsm::Record& row : interfaces.parse_text_to_dicts(output))
//       fmt::print("{}\n", std::get<std::string>(row.at("INTERFACE")));
//
// A template declares values, then states with rules; each line of the text is tried against the
// rules of the state. The language is that of python-textfsm 1.1 in all its details, and the
// regular expressions are Python's, so templates that were written for Python, as the ntc-templates
// were, give the same rows here.
//
// Text is UTF-8. In what is parsed, bytes that are no UTF-8 count as U+FFFD, one for each that
// Python would put there; in a template they are an error.

namespace rondo::textfsm {

namespace detail {
struct Program;
}

/// A template. It is never changed, so several threads may parse with it at once; copies are cheap,
/// and mean the same.
class TextFSM {
 public:
  /// `name` is what errors call the template. Lines end with "\n". Throws TemplateError.
  explicit TextFSM(std::string_view text, std::string name = "template");
  /// Lines end with "\n", "\r\n" or "\r". Throws TemplateError, also when the file cannot be read.
  static TextFSM from_file(const std::filesystem::path& path);

  const std::string& name() const noexcept;
  /// The names of the values.
  const std::vector<std::string>& header() const noexcept;
  /// In the order of the header.
  std::vector<Value> values() const;
  /// The names of those that have the option.
  std::vector<std::string> values_with(Option option) const;

  /// Starts in the state Start with nothing, and ends with a last row, unless the template says
  /// otherwise. Throws ParseError when a rule says Error, when an expression takes unreasonably
  /// long with a line, and when a List value whose expression has groups of its own took no part in
  /// a match.
  std::vector<Row> parse_text(std::string_view text) const;
  /// The same, by names.
  std::vector<Record> parse_text_to_dicts(std::string_view text) const;

 private:
  std::shared_ptr<const detail::Program> program_;  // never null
};

}  // namespace rondo::textfsm
