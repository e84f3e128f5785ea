// What stands behind a pipe: `show running-config | include ^interface`. Patterns are regular
// expressions in IOS's dialect, which has . * + ? ^ $ [] () | and no intervals.
//
// A pattern comes from the network, so none may cost more than a moment: what makes the C
// library's expressions expensive (intervals, back references, many +) is not let through.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rondo::lab {

enum class IosFilterKind { none, include, exclude, begin };

struct IosFilter {
  IosFilterKind kind = IosFilterKind::none;
  std::string pattern;
};

// The lines of `text` (each ends with "\n") that the filter lets through; nothing when the pattern
// is no regular expression or is too expensive.
std::optional<std::string> filter_ios_lines(const IosFilter& filter, std::string_view text);

}  // namespace rondo::lab
