#pragma once

#include <cstddef>

#include <rondo/runtime/detail/acquire.h>

// Semaphore: at most so many at the same time.
//
// It counts free places. Tasks that find none wait in a queue and are served in order; a task that
// comes later never overtakes one that waits, and a place that was given to a task which is
// cancelled before it can take it passes on to the next.

namespace rondo {

/// See asyncio.Semaphore.
class Semaphore : private detail::Line<Semaphore> {
 public:
  /// `value` places are free at the start. Throws ValueError when it is negative.
  explicit Semaphore(std::ptrdiff_t value = 1);

  /// True when `acquire` would have to wait.
  bool locked() noexcept { return value_ == 0 || someone_waits(); }

  /// `co_await semaphore.acquire()` takes a place, waiting in order until there is one; yields
  /// true. When the wait is cancelled, no place was taken.
  using Line::Acquire;
  Acquire acquire() noexcept { return Acquire(*this); }

  /// `auto place = co_await semaphore.hold();` takes a place until `place` goes out of scope: the
  /// form of `async with semaphore`.
  using Line::Hold;
  Hold hold() noexcept { return Hold(*this); }

  /// Gives a place back, to the first task that waits if there is one.
  void release() noexcept;

 protected:
  /// The free places that nobody was promised.
  std::ptrdiff_t value() const noexcept { return value_; }

 private:
  friend class detail::Line<Semaphore>;
  friend class detail::AcquireAwaiter<Semaphore>;
  friend class Held<Semaphore>;

  static constexpr const char* name = "semaphore";
  bool try_take() noexcept;
  void take_turn(bool promised, bool was_cancelled) noexcept;
  void give_back() noexcept { release(); }
  bool wake_next() noexcept;

  std::ptrdiff_t value_;  // free places that nobody was promised; never negative
};

/// A semaphore that notices when it is released more often than it was acquired. See
/// asyncio.BoundedSemaphore.
class BoundedSemaphore : public Semaphore {
 public:
  /// As Semaphore.
  explicit BoundedSemaphore(std::ptrdiff_t value = 1) : Semaphore(value), bound_(value) {}

  /// As Semaphore::release. Throws ValueError, and changes nothing, when as many places are free as
  /// there were at the start.
  void release();

 private:
  const std::ptrdiff_t bound_;
};

}  // namespace rondo
