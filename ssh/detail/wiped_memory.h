#pragma once

#include <cstddef>

#include <rondo/runtime/detail/intrusive_list.h>

namespace rondo::ssh::detail {

/// The memory of one libssh2 session, which holds keys and passwords: every block is wiped before
/// it is given back. Blocks that libssh2 forgets, as it does with the keys of an exchange that was
/// cut short, are given back with the session's memory as a whole.
class WipedMemory {
 public:
  WipedMemory() = default;
  WipedMemory(const WipedMemory&) = delete;
  WipedMemory& operator=(const WipedMemory&) = delete;
  ~WipedMemory();

  /// Null when there is no memory left.
  void* allocate(std::size_t size) noexcept;
  /// As realloc: null when there is no memory left, and then `memory` stays as it was.
  void* reallocate(void* memory, std::size_t size) noexcept;
  /// `memory` may be null.
  void deallocate(void* memory) noexcept;

 private:
  struct Block;

  rondo::detail::IntrusiveList<Block, WipedMemory> blocks_;
};

}  // namespace rondo::ssh::detail
