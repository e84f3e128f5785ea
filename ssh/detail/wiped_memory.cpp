#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <rondo/ssh/detail/wiped_memory.h>

namespace rondo::ssh::detail {

// What stands in front of the bytes that libssh2 sees.
struct alignas(std::max_align_t) WipedMemory::Block : rondo::detail::ListNode<WipedMemory> {
  explicit Block(std::size_t bytes) noexcept : size(bytes) {}

  void* bytes() noexcept { return this + 1; }
  static Block& of(void* bytes) noexcept { return static_cast<Block*>(bytes)[-1]; }

  const std::size_t size;
};

WipedMemory::~WipedMemory() {
  while (!blocks_.empty())
    deallocate(blocks_.front().bytes());
}

void* WipedMemory::allocate(std::size_t size) noexcept {
  void* const room = std::malloc(sizeof(Block) + size);
  if (room == nullptr) return nullptr;
  auto* const block = new (room) Block(size);
  blocks_.push_back(*block);
  return block->bytes();
}

void* WipedMemory::reallocate(void* memory, std::size_t size) noexcept {
  void* const moved = allocate(size);
  if (moved == nullptr || memory == nullptr) return moved;
  std::memcpy(moved, memory, std::min(Block::of(memory).size, size));
  deallocate(memory);
  return moved;
}

void WipedMemory::deallocate(void* memory) noexcept {
  if (memory == nullptr) return;
  Block& block = Block::of(memory);
  explicit_bzero(memory, block.size);
  block.~Block();
  std::free(&block);
}

}  // namespace rondo::ssh::detail
