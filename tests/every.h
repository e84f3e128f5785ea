#pragma once

#include <rondo/runtime/detail/frame_pool.h>

namespace rondo::test {

/// Tests that try each of many moments try every so many-th of them. Under AddressSanitizer, where
/// all takes several times as long, that is not each.
inline constexpr int every = rondo::detail::pooling ? 1 : 4;

}  // namespace rondo::test
