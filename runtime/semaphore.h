#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>

#include <rondo/runtime/ensure_future.h>

// Semaphore: at most so many at the same time.
//
// It counts free places. Tasks that find none wait in a queue and are served in order; a task that
// comes later never overtakes one that waits, and a place that was given to a task which is
// cancelled before it can take it passes on to the next.

namespace rondo {

class Semaphore;

namespace detail {

class SemaphoreAcquire : public Waiter, public ListNode<SemaphoreAcquire> {
 public:
  explicit SemaphoreAcquire(Semaphore& semaphore) noexcept : semaphore_(semaphore) {}

  bool await_ready() noexcept;
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    enqueue();
    deliver_pending_cancel();
  }
  bool await_resume();
  const char* describe() const noexcept override { return "semaphore"; }

 protected:
  Semaphore& semaphore_;

 private:
  void enqueue() noexcept;
};

}  // namespace detail

/// One place of a semaphore, given back when this goes out of scope.
class [[nodiscard]] SemaphoreHold {
 public:
  explicit SemaphoreHold(Semaphore& semaphore) noexcept : semaphore_(&semaphore) {}
  SemaphoreHold(SemaphoreHold&& other) noexcept
      : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
  SemaphoreHold& operator=(SemaphoreHold&& other) noexcept {
    std::swap(semaphore_, other.semaphore_);
    return *this;
  }
  ~SemaphoreHold();

 private:
  Semaphore* semaphore_;  // null: moved from
};

/// See asyncio.Semaphore.
class Semaphore {
 public:
  /// `value` places are free at the start. Throws ValueError when it is negative.
  explicit Semaphore(std::ptrdiff_t value = 1);
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// True when `acquire` would have to wait.
  bool locked() noexcept;

  /// `co_await semaphore.acquire()` takes a place, waiting in order until there is one; yields
  /// true. When the wait is cancelled, no place was taken.
  class Acquire {
   public:
    explicit Acquire(Semaphore& semaphore) noexcept : semaphore_(&semaphore) {}
    auto operator co_await() const noexcept { return detail::SemaphoreAcquire(*semaphore_); }

   private:
    Semaphore* semaphore_;
  };
  Acquire acquire() noexcept { return Acquire(*this); }

  /// `auto place = co_await semaphore.hold();` takes a place until `place` goes out of scope: the
  /// form of `async with semaphore`.
  class Hold {
   public:
    class HoldAwaiter final : public detail::SemaphoreAcquire {
     public:
      using SemaphoreAcquire::SemaphoreAcquire;
      SemaphoreHold await_resume() {
        SemaphoreAcquire::await_resume();
        return SemaphoreHold(semaphore_);
      }
    };
    explicit Hold(Semaphore& semaphore) noexcept : semaphore_(&semaphore) {}
    auto operator co_await() const noexcept { return HoldAwaiter(*semaphore_); }

   private:
    Semaphore* semaphore_;
  };
  Hold hold() noexcept { return Hold(*this); }

  /// Gives a place back, to the first task that waits if there is one.
  void release() noexcept;

 protected:
  /// The free places that nobody was promised.
  std::ptrdiff_t value() const noexcept { return value_; }

 private:
  friend class detail::SemaphoreAcquire;

  bool wake_next() noexcept;

  std::ptrdiff_t value_;  // free places that nobody was promised; never negative
  detail::IntrusiveList<detail::SemaphoreAcquire, detail::SemaphoreAcquire> waiters_;
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
