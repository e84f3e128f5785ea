#include <algorithm>
#include <cstring>
#include <new>

#include <rondo/runtime/detail/populate.h>
#include <rondo/ssh/detail/wiped_memory.h>

namespace rondo::ssh::detail {

namespace {

// Bytes. What libssh2 1.10 asks for first, a session of 54,840, it clears from end to end.
constexpr std::size_t written_at_once = std::size_t{32} * 1024;

}  // namespace

WipedMemory::~WipedMemory() {
  while (!blocks_.empty())
    give_back(blocks_.front());
}

void* WipedMemory::allocate(std::size_t size) noexcept {
  if (size > SIZE_MAX - sizeof(Block)) return nullptr;
  void* const memory = ::operator new(sizeof(Block) + size, std::nothrow);
  if (memory == nullptr) return nullptr;
  if (size >= written_at_once) rondo::detail::populate(memory, sizeof(Block) + size);
  auto* const block = new (memory) Block(size);
  blocks_.push_back(*block);
  return block->bytes();
}

void* WipedMemory::reallocate(void* memory, std::size_t size) noexcept {
  void* const moved = allocate(size);
  if (moved == nullptr || memory == nullptr) return moved;
  std::memcpy(moved, memory, std::min(Block::of(memory).size(), size));
  deallocate(memory);
  return moved;
}

void WipedMemory::deallocate(void* memory) noexcept {
  if (memory != nullptr) give_back(Block::of(memory));
}

std::string_view WipedMemory::view(void* memory) noexcept {
  if (memory == nullptr) return {};
  return {static_cast<const char*>(memory), Block::of(memory).size()};
}

void WipedMemory::give_back(Block& block) noexcept {
  explicit_bzero(block.bytes(), block.size());
  block.~Block();
  ::operator delete(&block);
}

}  // namespace rondo::ssh::detail
