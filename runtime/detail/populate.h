#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/mman.h>

namespace rondo::detail {

inline constexpr std::size_t page_size = 4096;  // bytes; where pages are larger, none may be filled

/// Has the kernel fill the pages that lie in `memory`, all at once: for memory that is about to be
/// written from end to end, where each page would cost a fault of its own. Where the kernel cannot
/// (before Linux 5.14), the pages come one by one as ever.
inline void populate(void* memory, std::size_t size) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + page_size - 1) / page_size * page_size;
  const std::uintptr_t last = (begin + size) / page_size * page_size;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);
}

}  // namespace rondo::detail
