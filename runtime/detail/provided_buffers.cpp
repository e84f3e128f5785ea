#include <algorithm>

#include <sys/mman.h>

#include <rondo/runtime/detail/provided_buffers.h>

namespace rondo::detail {

namespace {

/// Memory that no child shares, for the kernel would go on writing to the parent's; null if there
/// is none.
void* map(std::size_t size) noexcept {
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  ::madvise(memory, size, MADV_DONTFORK);
  return memory;
}

constexpr std::size_t ring_size = ProvidedBuffers::count * sizeof(io_uring_buf);

}  // namespace

bool ProvidedBuffers::provide_to(io_uring& ring) noexcept {
  memory_ = static_cast<char*>(map(count * stride));
  ring_ = static_cast<io_uring_buf_ring*>(map(ring_size));
  if (memory_ == nullptr || ring_ == nullptr) return false;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(ring_);
  registration.ring_entries = count;
  registration.bgid = group;
  if (io_uring_register_buf_ring(&ring, &registration, 0) != 0) return false;
  io_uring_buf_ring_init(ring_);
  while (made_ < first_count)
    give_back(made_++);
  publish_returned();
  return true;
}

void ProvidedBuffers::grow() noexcept {
  const unsigned wanted = std::min(2 * made_, count);
  while (made_ < wanted)
    give_back(made_++);
}

ProvidedBuffers::~ProvidedBuffers() {
  if (memory_ != nullptr) ::munmap(memory_, count * stride);
  if (ring_ != nullptr) ::munmap(ring_, ring_size);
}

}  // namespace rondo::detail
