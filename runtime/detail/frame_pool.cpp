#include <array>
#include <new>

#include <rondo/runtime/detail/frame_pool.h>

namespace rondo::detail {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool pooling = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool pooling = false;
#else
constexpr bool pooling = true;
#endif
#else
constexpr bool pooling = true;
#endif

constexpr std::size_t grain = 64;
constexpr std::size_t largest = 8192;  // g++ does not overlap frame slots: its frames grow this big

struct FreeBlock {
  FreeBlock* next;
};

// Constant-initialised and trivially destroyed, so that reaching it needs no guard.
struct FreeLists {
  std::array<FreeBlock*, largest / grain> head{};
  bool closed = false;        // the thread is ending: blocks go straight back to the heap
  bool reaper_armed = false;  // the object that empties the lists at thread exit exists
};
constinit thread_local FreeLists lists;

struct Reaper {
  Reaper() noexcept = default;
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper() {
    lists.closed = true;
    for (FreeBlock*& head : lists.head) {
      while (head != nullptr) {
        FreeBlock* block = head;
        head = block->next;
        ::operator delete(block);
      }
    }
  }
};

void arm_reaper() {
  static thread_local Reaper reaper;
  lists.reaper_armed = true;
}

std::size_t size_class(std::size_t size) noexcept {
  return (size - 1) / grain;
}

}  // namespace

void* allocate_frame(std::size_t size) {
  if (!pooling || size > largest) return ::operator new(size);
  const std::size_t index = size_class(size);
  if (FreeBlock* block = lists.head[index]) {
    lists.head[index] = block->next;
    return block;
  }
  if (!lists.reaper_armed) arm_reaper();
  return ::operator new((index + 1) * grain);
}

void free_frame(void* memory, std::size_t size) noexcept {
  if (!pooling || size > largest || lists.closed) {
    ::operator delete(memory);
    return;
  }
  const std::size_t index = size_class(size);
  lists.head[index] = new (memory) FreeBlock{lists.head[index]};
}

}  // namespace rondo::detail
