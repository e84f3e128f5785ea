#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/devices/textfsm/detail/code.h>
#include <rondo/devices/textfsm/detail/python_pattern.h>

// Regex: what re.compile and match are in Python.
//
// Most texts are ASCII, and PCRE2 is faster with those. So an expression is compiled for ASCII at
// first, and for all of Unicode when a subject comes that needs it, or at once if it holds such
// characters itself.

namespace rondo::textfsm::detail {

/// What is to be matched.
struct Subject {
  std::string_view text;  // valid UTF-8
  Alphabet alphabet = Alphabet::unicode;

  /// Looks which alphabet it needs.
  explicit Subject(std::string_view whole);
  Subject(std::string_view whole, Alphabet its_alphabet) : text(whole), alphabet(its_alphabet) {}
};

class Regex {
 public:
  /// An expression of Python's, in valid UTF-8. Throws PatternError.
  explicit Regex(std::string pattern);

  /// re.match: from the beginning, but not always to the end. `matches` has room for the groups of
  /// this expression. Several threads may match at once. Throws MatchError.
  bool match(Subject subject, Matches& matches) const;

  const std::string& pattern() const noexcept { return pattern_; }
  std::size_t groups() const noexcept { return groups_; }
  /// In the order of the groups.
  const GroupNames& names() const noexcept { return names_; }

 private:
  struct Codes {
    std::optional<Code> ascii;    // none: it needs all of Unicode in any case
    std::optional<Code> unicode;  // none: not wanted yet
    std::once_flag once;          // for the latter
  };

  std::string pattern_;
  std::size_t groups_ = 0;
  GroupNames names_;
  std::unique_ptr<Codes> codes_;  // in a place of its own, so that a Regex can be moved
};

}  // namespace rondo::textfsm::detail
