#pragma once

#include <array>
#include <cstddef>
#include <new>

// Memory for coroutine frames, tasks and futures: free lists by size, one set for each thread.
//
// A program on an event loop makes and drops the same few sizes of frame millions of times; a list
// of freed blocks answers that in a handful of instructions. New blocks are cut from big pieces,
// one after the other, so that a million sleeping tasks lie close together and none has a header;
// the pages of a piece are filled at once. What was cut is never given back to the heap; at a
// thread's end its blocks wait for the next thread. Under AddressSanitizer the pool is switched
// off, so that a frame used after its end is found.

namespace rondo::detail {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool pooling = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool pooling = false;
#else
inline constexpr bool pooling = true;
#endif
#else
inline constexpr bool pooling = true;
#endif

class FramePool {
 public:
  /// Bytes. What is larger comes from the heap. (g++ does not overlap frame slots: its frames grow
  /// this big.)
  static constexpr std::size_t largest = 8192;

  /// The pool of this thread. Constant-initialised and never destroyed, so that reaching it needs
  /// no guard.
  static FramePool& of_thread() noexcept { return pool_; }

  /// An object's size is a multiple of its alignment: where the size is no multiple of 16, neither
  /// need the address be.
  void* allocate(std::size_t size) {
    const std::size_t index = index_of(size);
    Block* const block = free_[index];
    if (block == nullptr) return cut((index + 1) * grain);
    free_[index] = block->next;
    return block;
  }
  void free(void* memory, std::size_t size) noexcept {
    const std::size_t index = index_of(size);
    free_[index] = new (memory) Block{free_[index]};
  }

 private:
  static constexpr std::size_t grain = 8;  // bytes

  struct Block {
    Block* next;
  };
  class Heir;

  static std::size_t index_of(std::size_t size) noexcept { return (size - 1) / grain; }
  /// A new block.
  void* cut(std::size_t size);
  void adopt_orphans();
  void leave_orphans() noexcept;

  static constinit thread_local FramePool pool_;

  std::array<Block*, largest / grain> free_{};  // by size
  std::byte* piece_ = nullptr;                  // the rest of the piece that is being cut
  std::size_t piece_size_ = 0;                  // bytes left of it
  bool heir_appointed_ = false;                 // whoever takes the blocks at the thread's end
};

inline constinit thread_local FramePool FramePool::pool_{};

/// Memory for an object of `size` bytes. Throws std::bad_alloc.
inline void* allocate_pooled(std::size_t size) {
  if (!pooling || size > FramePool::largest) return ::operator new(size);
  return FramePool::of_thread().allocate(size);
}

/// Gives back what `allocate_pooled(size)` returned, from whichever thread.
inline void free_pooled(void* memory, std::size_t size) noexcept {
  if (!pooling || size > FramePool::largest) {
    ::operator delete(memory);
    return;
  }
  FramePool::of_thread().free(memory, size);
}

/// The same for coroutine frames. Their size says nothing of their alignment, which may be 16.
constexpr std::size_t frame_size(std::size_t size) noexcept {
  return (size + 15) / 16 * 16;
}
inline void* allocate_frame(std::size_t size) {
  return allocate_pooled(frame_size(size));
}
inline void free_frame(void* memory, std::size_t size) noexcept {
  free_pooled(memory, frame_size(size));
}

/// Base that lets `new T` and `delete` of a class use the pool.
class Pooled {
 public:
  static void* operator new(std::size_t size) { return allocate_pooled(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    free_pooled(memory, size);
  }

 protected:
  ~Pooled() = default;
};

}  // namespace rondo::detail
