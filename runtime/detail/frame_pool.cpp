#include <mutex>
#include <utility>

#include <rondo/runtime/detail/frame_pool.h>
#include <rondo/runtime/detail/populate.h>

namespace rondo::detail {

namespace {

constexpr std::size_t piece_size = std::size_t{64} * 1024;
constexpr std::size_t largest_cut = 1024;  // of a larger block too much might be left over
constexpr std::size_t alignment = alignof(std::max_align_t);

/// What threads have left behind. Never destroyed: threads may end after the program's statics.
struct Orphans {
  std::mutex mutex;
  FramePool pool;
};
Orphans& orphans() {
  static Orphans& all = *new Orphans;
  return all;
}

}  // namespace

/// Hands the blocks over when the thread ends.
class FramePool::Heir {
 public:
  Heir() noexcept = default;
  Heir(const Heir&) = delete;
  Heir& operator=(const Heir&) = delete;
  ~Heir() { pool_.leave_orphans(); }
};

void* FramePool::cut(std::size_t size) {
  if (!heir_appointed_) {
    heir_appointed_ = true;
    static thread_local const Heir heir;
    adopt_orphans();
    return allocate(size);
  }
  if (size > largest_cut) return ::operator new(size);
  std::size_t gap = size % alignment == 0 ? piece_size_ % alignment : 0;
  if (piece_size_ < size + gap) {
    // What is left of the old piece is less than one block, and is forgotten.
    piece_ = static_cast<std::byte*>(::operator new(piece_size));
    piece_size_ = piece_size;
    populate(piece_, piece_size);
    gap = 0;
  }
  std::byte* const block = piece_ + gap;
  piece_ = block + size;
  piece_size_ -= size + gap;
  return block;
}

void FramePool::adopt_orphans() {
  Orphans& all = orphans();
  const std::lock_guard lock(all.mutex);
  free_.swap(all.pool.free_);
  std::swap(piece_, all.pool.piece_);
  std::swap(piece_size_, all.pool.piece_size_);
}

// A block that is freed on this thread later still goes to `free_`, and is lost with it; only
// destructors of thread-locals can do that.
void FramePool::leave_orphans() noexcept {
  Orphans& all = orphans();
  const std::lock_guard lock(all.mutex);
  for (std::size_t index = 0; index < free_.size(); ++index) {
    // Where nothing was left before, the list goes as a whole.
    if (all.pool.free_[index] == nullptr) std::swap(free_[index], all.pool.free_[index]);
    while (Block* const block = free_[index]) {
      free_[index] = block->next;
      block->next = all.pool.free_[index];
      all.pool.free_[index] = block;
    }
  }
  if (piece_size_ <= all.pool.piece_size_) return;
  all.pool.piece_ = std::exchange(piece_, nullptr);
  all.pool.piece_size_ = std::exchange(piece_size_, 0);
}

}  // namespace rondo::detail
