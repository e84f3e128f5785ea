#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Pattern: a regular expression over what a device says, by PCRE2.
//
// As scrapli has it, letters match in either case, and `^` and `$` match at each line. A search has
// limits, so that no output, however it was made, can hold the loop up for long. Text is taken as
// bytes: devices send what they like.

namespace rondo::devices {

/// A cheap handle to a compiled pattern; copies may be used on several threads.
class Pattern {
 public:
  /// What a search has found, in bytes from the beginning of the text.
  class Match {
   public:
    Match(std::size_t begin_at, std::size_t end_at) noexcept : begin(begin_at), end(end_at) {}
    std::size_t begin;
    std::size_t end;
  };

  /// Matches nothing.
  Pattern() = default;
  /// Throws ValueError, which says where in the pattern what is wrong.
  explicit Pattern(std::string text);
  /// A text that stands for itself.
  static Pattern literal(std::string_view text);
  /// As scrapli takes what it expects: a regular expression if the text begins with `^` and ends
  /// with `$`, a text that stands for itself otherwise.
  static Pattern expected(std::string_view text);
  static std::vector<Pattern> expected(const std::vector<std::string>& texts);

  /// As it was written.
  const std::string& text() const noexcept;
  bool empty() const noexcept { return code_ == nullptr; }

  /// The first match. These two throw RuntimeError when a search takes too many steps.
  std::optional<Match> search(std::string_view text) const;
  /// The first match that reaches to the end of the text.
  std::optional<Match> search_end(std::string_view text) const;

 private:
  class Code;
  explicit Pattern(std::shared_ptr<const Code> code) noexcept : code_(std::move(code)) {}

  std::shared_ptr<const Code> code_;  // null: matches nothing
};

}  // namespace rondo::devices
