#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <rondo/ssh/detail/wiped_memory.h>

namespace rondo::ssh::detail {

WipedMemory::Block::~Block() {
  if (bytes_) explicit_bzero(bytes_.get(), size_);
}

void* WipedMemory::allocate(std::size_t size) noexcept {
  try {
    Block block(size);
    void* const bytes = block.bytes();
    blocks_.emplace(bytes, std::move(block));
    return bytes;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* WipedMemory::reallocate(void* memory, std::size_t size) noexcept {
  void* const moved = allocate(size);
  if (moved == nullptr || memory == nullptr) return moved;
  std::memcpy(moved, memory, std::min(blocks_.at(memory).size(), size));
  deallocate(memory);
  return moved;
}

void WipedMemory::deallocate(void* memory) noexcept {
  blocks_.erase(memory);
}

std::string_view WipedMemory::view(void* memory) const noexcept {
  const auto found = blocks_.find(memory);
  if (found == blocks_.end()) return {};
  return {static_cast<const char*>(found->second.bytes()), found->second.size()};
}

}  // namespace rondo::ssh::detail
