#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace rondo::devices::detail {

/// The definitions of devices/platforms: file name and text of each. (The build makes the .cpp of
/// them, by platforms/embed.py.)
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_platform_texts();

}  // namespace rondo::devices::detail
