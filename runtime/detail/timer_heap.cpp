#include <algorithm>

#include <rondo/runtime/detail/timer_heap.h>

namespace rondo::detail {

namespace {
constexpr std::size_t children = 4;
}

Timer::~Timer() {
  if (armed()) heap_->disarm(*this);
}

TimerHeap::~TimerHeap() {
  for (const Entry& entry : entries_)
    entry.timer->heap_ = nullptr;
}

bool TimerHeap::before(const Entry& a, const Entry& b) noexcept {
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  return a.sequence < b.sequence;
}

void TimerHeap::place(std::size_t index, const Entry& entry) noexcept {
  entries_[index] = entry;
  entry.timer->index_ = index;
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
  for (;;) {
    const std::size_t first = index * children + 1;
    if (first >= entries_.size()) break;
    const std::size_t end = std::min(first + children, entries_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (before(entries_[child], entries_[least])) least = child;
    }
    if (!before(entries_[least], entry)) break;
    place(index, entries_[least]);
    index = least;
  }
  place(index, entry);
}

void TimerHeap::arm(Timer& timer, TimePoint deadline) {
  const Entry entry{deadline, next_sequence_++, &timer};
  entries_.push_back(entry);
  timer.deadline_ = deadline;
  timer.heap_ = this;
  sift_up(entries_.size() - 1, entry);
}

void TimerHeap::disarm(Timer& timer) noexcept {
  if (timer.heap_ != this) return;
  remove_at(timer.index_);
  timer.heap_ = nullptr;
}

Timer& TimerHeap::pop() noexcept {
  Timer& timer = *entries_.front().timer;
  disarm(timer);
  return timer;
}

void TimerHeap::remove_at(std::size_t index) noexcept {
  const Entry last = entries_.back();
  entries_.pop_back();
  if (index == entries_.size()) return;
  if (index > 0 && before(last, entries_[(index - 1) / children])) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

}  // namespace rondo::detail
