#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include <rondo/runtime/detail/frame_pool.h>

namespace rondo::detail {

/// Bytes that come in at one end and are taken out at the other, in one piece of memory. Pieces of
/// ordinary size come from the pool of this thread, so that one buffer's memory, given back by
/// `release`, is the next one's while it is still in the processor's cache.
///
/// It may also hold bytes that are lent to it, in memory of others.
///
/// Room handed out by `prepare` may be written to, by the kernel too, until `commit`; in between
/// bytes may be taken out, but nothing moves.
class ByteBuffer {
 public:
  ByteBuffer() noexcept = default;
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ~ByteBuffer() { release(); }

  std::string_view view() const noexcept { return {memory_ + begin_, size()}; }
  std::span<char> bytes() noexcept { return {memory_ + begin_, size()}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }

  /// At least `room` bytes after the end; all that the memory has.
  std::span<char> prepare(std::size_t room) {
    if (empty()) begin_ = end_ = 0;
    if (memory_ == nullptr && room <= least_capacity) {
      get_least();
    } else if (end_ + room > capacity_) {
      make_room(room);
    }
    return {memory_ + end_, capacity_ - end_};
  }
  /// The first `count` bytes of the prepared room are filled.
  void commit(std::size_t count) noexcept { end_ += count; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void consume(std::size_t count) noexcept { begin_ += count; }

  /// As `append`, for bytes that stay in place until `keep`: what is taken out before that is not
  /// copied, unless other bytes lie before it.
  void lend(std::string_view bytes) {
    if (memory_ != nullptr) {
      append(bytes);
      return;
    }
    memory_ = const_cast<char*>(bytes.data());  // nothing writes to them
    end_ = bytes.size();
  }
  /// Copies what is left of lent bytes.
  void keep() {
    if (memory_ == nullptr || capacity_ > 0) return;
    empty() ? release() : make_room(0);
  }

  void clear() noexcept { begin_ = end_; }
  /// Gives the memory back, and what is in it.
  void release() noexcept {
    if (capacity_ > 0) free_pooled(memory_, capacity_);
    memory_ = nullptr;
    capacity_ = begin_ = end_ = 0;
  }
  /// Takes all that another buffer has. Only for a buffer without memory.
  void take_over(ByteBuffer& other) noexcept {
    memory_ = std::exchange(other.memory_, nullptr);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
  }

 private:
  void get_least() {
    capacity_ = least_capacity;
    memory_ = static_cast<char*>(allocate_pooled(least_capacity));
  }
  void make_room(std::size_t room) {
    const std::size_t used = size();
    if (memory_ != nullptr && capacity_ >= used + room) {
      std::memmove(memory_, memory_ + begin_, used);
    } else {
      const std::size_t capacity = round_up(std::max({used + room, 2 * capacity_, least_capacity}));
      char* const memory = static_cast<char*>(allocate_pooled(capacity));
      if (memory_ != nullptr) std::memcpy(memory, memory_ + begin_, used);
      release();
      memory_ = memory;
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  static constexpr std::size_t least_capacity = 512;  // bytes

  /// Few different sizes, where the pool keeps a list for each.
  static std::size_t round_up(std::size_t size) noexcept {
    return size <= FramePool::largest ? std::bit_ceil(size) : size;
  }

  char* memory_ = nullptr;
  std::size_t capacity_ = 0;  // of the memory; 0: there is none, or it is lent
  std::size_t begin_ = 0;     // the first byte that was not taken out
  std::size_t end_ = 0;       // one past the last byte
};

}  // namespace rondo::detail
