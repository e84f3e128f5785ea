#include <algorithm>
#include <utility>

#include <rondo/runtime/detail/timer_heap.h>

namespace rondo::detail {

namespace {
constexpr std::size_t children = 4;
}

TimerHeap::~TimerHeap() {
  for (const Entry& entry : entries_)
    entry.timer->index_ = Timer::nowhere;
}

// The count of sequences may wrap: of two timers that are armed at the same time, the one that was
// armed first is less than half the circle behind.
bool TimerHeap::before(const Entry& a, const Entry& b) noexcept {
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  return static_cast<std::int32_t>(a.timer->sequence_ - b.timer->sequence_) < 0;
}

void TimerHeap::place(std::size_t index, const Entry& entry) noexcept {
  entries_[index] = entry;
  entry.timer->index_ = static_cast<std::uint32_t>(index);
}

void TimerHeap::sift_up(std::size_t index, const Entry& entry) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / children;
    if (!before(entry, entries_[parent])) break;
    place(index, entries_[parent]);
    index = parent;
  }
  place(index, entry);
}

void TimerHeap::sift_down(std::size_t index, const Entry& entry) noexcept {
  const std::size_t size = entries_.size();
  for (;;) {
    const std::size_t first = index * children + 1;
    if (first >= size) break;
    const std::size_t end = std::min(first + children, size);
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child)
      least = before(entries_[child], entries_[least]) ? child : least;
    if (!before(entries_[least], entry)) break;
    place(index, entries_[least]);
    index = least;
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
  if (index > 0 && before(last, entries_[(index - 1) / children])) {
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
