#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/platform.h>

// Prompts: what is a prompt of this device, and what only looks like one.
//
// A prompt stands at the very end of what the device has sent; nothing else is looked at, so long
// output costs nothing. That a line ends in `#` or `>` there may still be chance, since the network
// cuts output where it likes. So the name in the prompt is learned at the login, and a prompt that
// has it is familiar; any other is believed only after a moment of silence, and is then learned in
// its turn: the name may have been changed.

namespace rondo::devices::detail {

class Prompts {
 public:
  class Found {
   public:
    Found(std::size_t begin_at, bool is_familiar) noexcept
        : begin(begin_at), familiar(is_familiar) {}
    std::size_t begin;  // in the text
    bool familiar;
  };

  /// `levels` must outlive this; `extra` may be empty.
  Prompts(const std::vector<PrivilegeLevel>& levels, Pattern extra, std::size_t search_depth)
      : levels_(levels), extra_(std::move(extra)), search_depth_(search_depth) {}

  /// The prompt that the text ends with.
  std::optional<Found> at_end(std::string_view text) const;
  /// A line that is a familiar prompt, with others behind it.
  std::optional<Found> above(std::string_view text) const;

  void learn(std::string_view prompt);
  /// The name that familiar prompts have in them; empty before the first.
  const std::string& base() const noexcept { return base_; }
  /// The patterns, for error texts.
  std::string description() const;

 private:
  std::optional<std::size_t> begin_of_prompt(std::string_view tail) const;
  bool is_familiar(std::string_view prompt) const noexcept;

  const std::vector<PrivilegeLevel>& levels_;
  Pattern extra_;
  std::size_t search_depth_;
  std::string base_;
};

/// The last `depth` bytes of a text, from the beginning of a line on; where that is goes to
/// `offset`.
std::string_view last_lines(std::string_view text, std::size_t depth, std::size_t& offset) noexcept;

/// Without blanks and line ends at both ends.
std::string trimmed(std::string_view text);

}  // namespace rondo::devices::detail
