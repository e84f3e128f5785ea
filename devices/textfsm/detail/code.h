#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

// One compiled expression of PCRE2, and what it has matched.

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;

namespace rondo::textfsm::detail {

/// What the text may hold: only ASCII, for which matching is faster, or all of Unicode.
enum class Alphabet { ascii, unicode };

/// A regular expression is none. The text is a sentence without a full stop.
class PatternError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A match takes too long or too much memory, or cannot be made at all.
class MatchError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The groups of the last match. Not for two threads at once.
class Matches {
 public:
  /// For expressions with so many groups.
  explicit Matches(std::size_t groups);
  Matches(const Matches&) = delete;
  Matches& operator=(const Matches&) = delete;
  ~Matches();

  /// The text of a group, if it took part in the match; 0 is all that matched. It refers to the
  /// subject.
  std::optional<std::string_view> group(std::size_t number) const noexcept;

 private:
  friend class Code;

  pcre2_real_match_data_8* data_;
  std::string_view subject_;
};

/// Matches at the beginning of its subjects only. Several threads may match at once.
///
/// The first matches are interpreted, for machine code costs more than they do: it is made when the
/// expression has been tried often, or when a match turns out to take long.
class Code {
 public:
  /// `pattern` is PCRE2's, in UTF-8, with so many groups. Throws PatternError.
  Code(const std::string& pattern, Alphabet alphabet, std::size_t groups);
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code();

  /// `subject` is of the alphabet, and valid UTF-8. Throws MatchError.
  bool match(std::string_view subject, Matches& matches) const;

  std::size_t groups() const noexcept { return groups_; }

 private:
  int match_with(std::string_view subject, Matches& matches, std::uint32_t limit) const;
  const pcre2_real_code_8* machine_code() const;

  pcre2_real_code_8* code_;
  std::size_t groups_;
  mutable std::atomic<unsigned> tries_ = 0;  // no more are counted than machine code needs
  mutable std::once_flag once_;              // machine code was asked for
  mutable std::atomic<pcre2_real_code_8*> machine_code_ = nullptr;  // null: none, or not yet
};

}  // namespace rondo::textfsm::detail
