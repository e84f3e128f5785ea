#pragma once

#include <chrono>
#include <cstddef>

#include <rondo/runtime/clock.h>

// What SSH and telnet keep to alike.

namespace rondo::devices::detail {

constexpr std::size_t most_at_once = 64 * 1024;  // bytes of one read

/// A device that has not closed its end by then is cut off.
constexpr Duration time_to_close = std::chrono::seconds(5);

}  // namespace rondo::devices::detail
