#include <algorithm>
#include <new>
#include <utility>

#include <rondo/runtime/detail/timer_heap.h>

namespace rondo::detail {

namespace {

constexpr std::size_t children_per_entry = 8;
constexpr std::align_val_t cache_line{64};

}  // namespace

void TimerHeap::FreeBlock::operator()(Entry* block) const noexcept {
  ::operator delete(block, cache_line);
}

TimerHeap::~TimerHeap() {
  for (std::size_t index = 0; index < size_; ++index)
    entry(index).timer->index_ = Timer::nowhere;
}

void TimerHeap::place(std::size_t index, const Entry& placed) noexcept {
  entry(index) = placed;
  placed.timer->index_ = static_cast<std::uint32_t>(index);
}

void TimerHeap::sift_up(std::size_t index, const Entry& placed) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / children_per_entry;
    if (!before(placed, entry(parent))) break;
    place(index, entry(parent));
    index = parent;
  }
  place(index, placed);
}

void TimerHeap::sift_down(std::size_t index, const Entry& placed) noexcept {
  for (;;) {
    const std::size_t first = index * children_per_entry + 1;
    if (first >= size_) break;
    const Entry* const children = &entry(first);
    const std::size_t count = std::min(children_per_entry, size_ - first);
    std::size_t least = 0;
    for (std::size_t child = 1; child < count; ++child) {
      if (before(children[child], children[least])) least = child;
    }
    if (!before(children[least], placed)) break;
    place(index, children[least]);
    index = first + least;
  }
  place(index, placed);
}

void TimerHeap::arm(Timer& timer, TimePoint deadline) {
  if (size_ + first_slot == blocks_.size() * entries_per_block || blocks_.empty()) {
    void* const memory = ::operator new(entries_per_block * sizeof(Entry), cache_line);
    blocks_.push_back(Block(static_cast<Entry*>(memory)));
  }
  timer.sequence_ = next_sequence_++;
  sift_up(size_++, {deadline, &timer});
}

/// The last entry, which leaves its place. Of the blocks that are empty then, one is kept.
TimerHeap::Entry TimerHeap::take_last() noexcept {
  const Entry last = entry(--size_);
  if (size_ + first_slot + 2 * entries_per_block <= blocks_.size() * entries_per_block) {
    blocks_.pop_back();
  }
  return last;
}

void TimerHeap::disarm(Timer& timer) noexcept {
  if (!timer.armed()) return;
  const std::size_t index = std::exchange(timer.index_, Timer::nowhere);
  const Entry last = take_last();
  if (index == size_) return;
  if (index > 0 && before(last, entry((index - 1) / children_per_entry))) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

Timer& TimerHeap::pop() noexcept {
  Timer& timer = *entry(0).timer;
  disarm(timer);
  return timer;
}

}  // namespace rondo::detail
