#pragma once

#include <cstddef>
#include <string_view>

#include <rondo/runtime/detail/intrusive_list.h>

namespace rondo::ssh::detail {

/// The memory of one libssh2 session, which holds keys and passwords: every block is wiped before
/// it is given back. Blocks that libssh2 forgets, as it does with the keys of an exchange that was
/// cut short, are given back with the session's memory as a whole.
class WipedMemory {
 public:
  WipedMemory() noexcept = default;
  WipedMemory(const WipedMemory&) = delete;
  WipedMemory& operator=(const WipedMemory&) = delete;
  ~WipedMemory();

  /// Null when there is no memory left.
  void* allocate(std::size_t size) noexcept;
  /// As realloc: null when there is no memory left, and then `memory` stays as it was.
  void* reallocate(void* memory, std::size_t size) noexcept;
  /// `memory` is a block of this, or null.
  void deallocate(void* memory) noexcept;
  /// All of a block of this; of null, nothing.
  static std::string_view view(void* memory) noexcept;
  /// Calls `visit` with a view of each block, the oldest first.
  template <class Visit>
  void for_each(Visit visit) {
    blocks_.for_each_until([&](Block& block) {
      visit(view(block.bytes()));
      return false;
    });
  }

 private:
  /// Stands in front of the bytes of each block.
  class alignas(std::max_align_t) Block : public rondo::detail::ListNode<Block> {
   public:
    explicit Block(std::size_t size) noexcept : size_(size) {}

    static Block& of(void* bytes) noexcept { return *(static_cast<Block*>(bytes) - 1); }
    void* bytes() noexcept { return this + 1; }
    std::size_t size() const noexcept { return size_; }

   private:
    std::size_t size_;
  };

  static void give_back(Block& block) noexcept;

  rondo::detail::IntrusiveList<Block, Block> blocks_;  // all of them
};

}  // namespace rondo::ssh::detail
