#include <cstdint>
#include <cstring>
#include <string_view>

#include <doctest/doctest.h>

#include <rondo/ssh/detail/wiped_memory.h>

namespace rondo::ssh::detail {

TEST_CASE("a wiped block keeps its bytes when it grows or shrinks") {
  WipedMemory memory;
  auto* block = static_cast<char*>(memory.reallocate(nullptr, 6));
  std::memcpy(block, "secret", 6);

  block = static_cast<char*>(memory.reallocate(block, 100'000));
  CHECK(std::string_view(block, 6) == "secret");
  block = static_cast<char*>(memory.reallocate(block, 3));
  CHECK(std::string_view(block, 3) == "sec");

  memory.deallocate(block);
  memory.deallocate(nullptr);
}

// That the blocks are given back is for the leak checker to say.
TEST_CASE("blocks that were forgotten go when their session's memory goes") {
  WipedMemory memory;
  for (std::size_t size = 0; size < 100; ++size)
    std::memset(memory.allocate(size), 'x', size);
}

TEST_CASE("a wiped block has room for every type") {
  WipedMemory memory;
  void* const block = memory.allocate(1);
  CHECK(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
  memory.deallocate(block);
}

}  // namespace rondo::ssh::detail
