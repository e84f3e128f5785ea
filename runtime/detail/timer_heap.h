#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <rondo/runtime/clock.h>
#include <rondo/runtime/detail/runnable.h>

// Deadlines in user space: a heap with four children to a node, and in each timer its own place in
// the heap, so that arming and cancelling cost O(log n) with however many outstanding. The kernel
// never sees a timer; it sees one deadline a turn, the heap's first.

namespace rondo::detail {

class TimerHeap;

/// Base of whatever waits for a moment. When the moment has come, the loop puts it on the ready
/// queue. Being destroyed disarms it.
class Timer : public Runnable {
 public:
  bool armed() const noexcept { return heap_ != nullptr; }
  TimePoint deadline() const noexcept { return deadline_; }

 protected:
  Timer() noexcept = default;
  ~Timer();

 private:
  friend class TimerHeap;

  TimePoint deadline_{};
  TimerHeap* heap_ = nullptr;  // the heap that holds it; null: not armed
  std::size_t index_ = 0;      // its place there, while armed
};

class TimerHeap {
 public:
  TimerHeap() = default;
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;
  ~TimerHeap();

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  TimePoint first_deadline() const noexcept { return entries_.front().deadline; }

  /// Adds a timer that is not armed. Equal deadlines come out in the order in which they went in.
  void arm(Timer& timer, TimePoint deadline);

  /// Takes a timer out; nothing happens when it is not in.
  void disarm(Timer& timer) noexcept;

  /// Takes the first timer out.
  Timer& pop() noexcept;

 private:
  struct Entry {
    TimePoint deadline;
    std::uint64_t sequence;  // the order of arming, which decides between equal deadlines
    Timer* timer;
  };

  static bool before(const Entry& a, const Entry& b) noexcept;
  void place(std::size_t index, const Entry& entry) noexcept;
  void sift_up(std::size_t index, const Entry& entry) noexcept;
  void sift_down(std::size_t index, const Entry& entry) noexcept;
  void remove_at(std::size_t index) noexcept;

  std::vector<Entry> entries_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace rondo::detail
