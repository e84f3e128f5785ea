#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <rondo/runtime/clock.h>
#include <rondo/runtime/detail/runnable.h>

// Deadlines in user space: a heap with eight children to a node, and in each timer its own place in
// the heap, so that arming and cancelling cost O(log n) with however many outstanding. The kernel
// never sees a timer; it sees one deadline a turn, the heap's first.
//
// The heap lies in blocks, and grows by one of them at a time: to copy half a million entries into
// a bigger piece of memory would hold the loop up for tens of milliseconds. The eight children of
// an entry lie in two lines of the cache; each timer that moves is a line more, so the heap is
// flat.

namespace rondo::detail {

class TimerHeap;

/// Base of whatever waits for a moment. When the moment has come, the loop puts it on the ready
/// queue. Whoever derives from it disarms it before it goes.
class Timer : public Runnable {
 public:
  bool armed() const noexcept { return index_ != nowhere; }

 protected:
  Timer() noexcept = default;
  ~Timer() = default;

 private:
  friend class TimerHeap;

  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

  std::uint32_t index_ = nowhere;  // its place in the heap
  std::uint32_t sequence_ = 0;     // the order of arming, which decides between equal deadlines
};

class TimerHeap {
 public:
  TimerHeap() = default;
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;
  ~TimerHeap();

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  TimePoint first_deadline() const noexcept { return blocks_.front()[first_slot].deadline; }

  /// Adds a timer that is not armed. Equal deadlines come out in the order in which they went in.
  void arm(Timer& timer, TimePoint deadline);

  /// Takes a timer out; nothing happens when it is not in.
  void disarm(Timer& timer) noexcept;

  /// Takes the first timer out.
  Timer& pop() noexcept;

 private:
  struct Entry {
    TimePoint deadline;
    Timer* timer;
  };

  // The count of sequences may wrap: of two timers that are armed at the same time, the one that
  // was armed first is less than half the circle behind.
  static bool before(const Entry& a, const Entry& b) noexcept {
    if (a.deadline != b.deadline) return a.deadline < b.deadline;
    return static_cast<std::int32_t>(a.timer->sequence_ - b.timer->sequence_) < 0;
  }
  struct FreeBlock {
    void operator()(Entry* block) const noexcept;
  };
  using Block = std::unique_ptr<Entry[], FreeBlock>;  // of entries_per_block, on a cache line

  static constexpr std::size_t entries_per_block = 1024;
  // Where entry 0 lies, so that the children of each begin a line.
  static constexpr std::size_t first_slot = 7;

  Entry& entry(std::size_t index) noexcept {
    const std::size_t slot = index + first_slot;
    return blocks_[slot / entries_per_block][slot % entries_per_block];
  }
  void place(std::size_t index, const Entry& placed) noexcept;
  void sift_up(std::size_t index, const Entry& placed) noexcept;
  void sift_down(std::size_t index, const Entry& placed) noexcept;
  Entry take_last() noexcept;

  std::vector<Block> blocks_;
  std::size_t size_ = 0;  // entries
  std::uint32_t next_sequence_ = 0;
};

}  // namespace rondo::detail
