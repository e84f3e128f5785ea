#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace rondo::detail {

/// Bytes that come in at one end and are taken out at the other, in one piece of memory.
///
/// Room handed out by `prepare` may be written to, by the kernel too, until `commit`; in between
/// bytes may be taken out, but nothing moves.
class ByteBuffer {
 public:
  std::string_view view() const noexcept { return {memory_.get() + begin_, size()}; }
  std::span<char> bytes() noexcept { return {memory_.get() + begin_, size()}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }

  /// At least `room` bytes after the end; all that the memory has.
  std::span<char> prepare(std::size_t room) {
    if (empty()) begin_ = end_ = 0;
    if (capacity_ - end_ < room) make_room(room);
    return {memory_.get() + end_, capacity_ - end_};
  }
  /// The first `count` bytes of the prepared room are filled.
  void commit(std::size_t count) noexcept { end_ += count; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void consume(std::size_t count) noexcept { begin_ += count; }
  void clear() noexcept { begin_ = end_; }
  void swap(ByteBuffer& other) noexcept {
    memory_.swap(other.memory_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
  }

 private:
  void make_room(std::size_t room) {
    const std::size_t used = size();
    if (capacity_ >= used + room) {
      std::memmove(memory_.get(), memory_.get() + begin_, used);
    } else {
      const std::size_t capacity = std::max(used + room, 2 * capacity_);
      std::unique_ptr<char[]> memory(new char[capacity]);
      if (used > 0) std::memcpy(memory.get(), memory_.get() + begin_, used);
      memory_ = std::move(memory);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // the first byte that was not taken out
  std::size_t end_ = 0;    // one past the last byte
};

}  // namespace rondo::detail
