#pragma once

#include <cstddef>

#include <liburing.h>

namespace rondo::detail {

/// Buffers that lie ready for whichever socket receives next (Opcode::receive_many).
///
/// A thousand connections that are idle need no memory of their own to receive into: the kernel
/// takes a buffer from this ring when bytes have come, and the driver gives it back before it
/// enters the kernel next. When all are taken, the kernel says ENOBUFS, and no byte is lost.
///
/// The kernel takes the one that has lain there longest, so all that lie there are soon real
/// memory. Few do at first, and each shortage doubles them.
class ProvidedBuffers {
 public:
  static constexpr unsigned short group = 0;  // there is one group of buffers in a ring
  static constexpr unsigned count = 512;      // at most; a power of two
  static constexpr unsigned first_count = 8;
  static constexpr std::size_t size = 8 * 1024;  // bytes of each

  ProvidedBuffers() noexcept = default;
  ProvidedBuffers(const ProvidedBuffers&) = delete;
  ProvidedBuffers& operator=(const ProvidedBuffers&) = delete;
  ~ProvidedBuffers();

  /// Makes the first buffers and registers them. False when the kernel cannot, or has no memory for
  /// it. Until the ring's end they stay.
  bool provide_to(io_uring& ring) noexcept;

  /// Twice as many, as long as there are fewer than `count`. For `publish_returned`, too.
  void grow() noexcept;

  const char* memory_of(unsigned buffer) const noexcept { return memory_ + buffer * stride; }
  /// The kernel may use it again after `publish_returned`.
  void give_back(unsigned buffer) noexcept {
    io_uring_buf& place = ring_->bufs[tail_++ % count];
    place.addr = reinterpret_cast<std::uintptr_t>(memory_ + buffer * stride);
    place.len = size;
    place.bid = static_cast<unsigned short>(buffer);
  }
  void publish_returned() noexcept {
    if (ring_ != nullptr) io_uring_smp_store_release(&ring_->tail, tail_);
  }

 private:
  // Were it a power of two, the first bytes of all buffers would share a few lines of the cache.
  static constexpr std::size_t stride = size + 64;

  io_uring_buf_ring* ring_ = nullptr;  // shared with the kernel; null: there are no buffers
  char* memory_ = nullptr;             // of all the buffers, one behind the other
  unsigned made_ = 0;                  // buffers that were ever given to the kernel
  unsigned short tail_ = 0;            // the next place in the ring; the kernel is told it later
};

}  // namespace rondo::detail
