#pragma once

#include <cstddef>

#include <liburing.h>

namespace rondo::detail {

/// Buffers that lie ready for whichever socket receives next (Opcode::receive_many).
///
/// A thousand connections that are idle need no memory of their own to receive into: the kernel
/// takes a buffer from this ring when bytes have come, and the driver gives it back as soon as it
/// has handed them on. When all are taken, the kernel says ENOBUFS, and no byte is lost.
class ProvidedBuffers {
 public:
  static constexpr unsigned short group = 0;     // there is one group of buffers in a ring
  static constexpr unsigned count = 512;         // a power of two
  static constexpr std::size_t size = 4 * 1024;  // bytes of each

  ProvidedBuffers() noexcept = default;
  ProvidedBuffers(const ProvidedBuffers&) = delete;
  ProvidedBuffers& operator=(const ProvidedBuffers&) = delete;
  ~ProvidedBuffers();

  /// Makes the buffers and registers them. False when the kernel cannot, or has no memory for it.
  /// Until the ring's end they stay.
  bool provide_to(io_uring& ring) noexcept;

  const char* memory_of(unsigned buffer) const noexcept { return memory_ + buffer * stride; }
  /// The kernel may use it again after `publish_returned`.
  void give_back(unsigned buffer) noexcept {
    io_uring_buf_ring_add(ring_, memory_ + buffer * stride, size,
                          static_cast<unsigned short>(buffer), io_uring_buf_ring_mask(count),
                          returned_++);
  }
  void publish_returned() noexcept {
    if (returned_ == 0) return;
    io_uring_buf_ring_advance(ring_, returned_);
    returned_ = 0;
  }

 private:
  // Were it a power of two, the first bytes of all buffers would share a few lines of the cache.
  static constexpr std::size_t stride = size + 64;

  io_uring_buf_ring* ring_ = nullptr;  // shared with the kernel; null: there are no buffers
  char* memory_ = nullptr;             // of all the buffers, one behind the other
  int returned_ = 0;                   // buffers given back, and not published
};

}  // namespace rondo::detail
