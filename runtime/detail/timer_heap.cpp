#include <algorithm>
#include <utility>

#include <rondo/runtime/detail/timer_heap.h>

namespace rondo::detail {

namespace {
constexpr std::size_t children_per_entry = 4;
}

TimerHeap::~TimerHeap() {
  for (const Entry& entry : entries_)
    entry.timer->index_ = Timer::nowhere;
}

void TimerHeap::place(std::size_t index, const Entry& entry) noexcept {
  entries_[index] = entry;
  entry.timer->index_ = static_cast<std::uint32_t>(index);
}

void TimerHeap::sift_up(std::size_t index, const Entry& entry) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / children_per_entry;
    if (!before(entry, entries_[parent])) break;
    place(index, entries_[parent]);
    index = parent;
  }
  place(index, entry);
}

void TimerHeap::sift_down(std::size_t index, const Entry& entry) noexcept {
  Entry* const entries = entries_.data();
  const std::size_t size = entries_.size();
  for (;;) {
    const std::size_t first = index * children_per_entry + 1;
    if (first >= size) break;
    const Entry* least = entries + first;
    const Entry* const end = entries + std::min(first + children_per_entry, size);
    for (const Entry* child = least + 1; child < end; ++child) {
      if (before(*child, *least)) least = child;
    }
    if (!before(*least, entry)) break;
    place(index, *least);
    index = static_cast<std::size_t>(least - entries);
  }
  place(index, entry);
}

void TimerHeap::arm(Timer& timer, TimePoint deadline) {
  const Entry entry{deadline, &timer};
  entries_.push_back(entry);
  timer.sequence_ = next_sequence_++;
  sift_up(entries_.size() - 1, entry);
}

void TimerHeap::disarm(Timer& timer) noexcept {
  if (!timer.armed()) return;
  const std::size_t index = std::exchange(timer.index_, Timer::nowhere);
  const Entry last = entries_.back();
  entries_.pop_back();
  if (index == entries_.size()) return;
  if (index > 0 && before(last, entries_[(index - 1) / children_per_entry])) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

Timer& TimerHeap::pop() noexcept {
  Timer& timer = *entries_.front().timer;
  disarm(timer);
  return timer;
}

}  // namespace rondo::detail
