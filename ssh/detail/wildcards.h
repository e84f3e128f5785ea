#pragma once

#include <string_view>

namespace rondo::ssh::detail {

/// `*` stands for any text, `?` for any one character. Takes time in proportion to the product of
/// the two sizes at most.
bool matches_wildcards(std::string_view pattern, std::string_view name) noexcept;

}  // namespace rondo::ssh::detail
