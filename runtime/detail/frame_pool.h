#pragma once

#include <cstddef>

// Memory for coroutine frames, tasks and futures: free lists by size, one set for each thread.
//
// A program on an event loop makes and drops the same few sizes of frame millions of times; a list
// of freed blocks answers that in a handful of instructions. Under AddressSanitizer the lists are
// switched off, so that a frame used after its end is found.

namespace rondo::detail {

/// Memory for `size` bytes, aligned for any ordinary type. Throws std::bad_alloc.
void* allocate_frame(std::size_t size);

/// Gives back what `allocate_frame(size)` returned, from whichever thread.
void free_frame(void* memory, std::size_t size) noexcept;

/// Base that lets `new T` and `delete` of a class use the pool.
class Pooled {
 public:
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

 protected:
  ~Pooled() = default;
};

}  // namespace rondo::detail
