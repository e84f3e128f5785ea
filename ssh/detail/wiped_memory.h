#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace rondo::ssh::detail {

/// The memory of one libssh2 session, which holds keys and passwords: every block is wiped before
/// it is given back. Blocks that libssh2 forgets, as it does with the keys of an exchange that was
/// cut short, are given back with the session's memory as a whole.
class WipedMemory {
 public:
  /// Null when there is no memory left.
  void* allocate(std::size_t size) noexcept;
  /// As realloc: null when there is no memory left, and then `memory` stays as it was.
  void* reallocate(void* memory, std::size_t size) noexcept;
  /// `memory` may be null.
  void deallocate(void* memory) noexcept;
  /// All of a block; of null, nothing.
  std::string_view view(void* memory) const noexcept;

 private:
  class Block {
   public:
    explicit Block(std::size_t size)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}
    Block(Block&&) noexcept = default;
    Block& operator=(Block&&) = delete;
    ~Block();

    void* bytes() const noexcept { return bytes_.get(); }
    std::size_t size() const noexcept { return size_; }

   private:
    std::unique_ptr<std::byte[]> bytes_;  // null: moved from
    std::size_t size_;
  };

  std::unordered_map<void*, Block> blocks_;  // by the address of their bytes
};

}  // namespace rondo::ssh::detail
