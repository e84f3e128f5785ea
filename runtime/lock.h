#pragma once

#include <coroutine>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/intrusive_list.h>
#include <rondo/runtime/suspension.h>

// Lock: one task at a time.
//
// Tasks that find it taken wait in a queue and are served in order. Being woken is not yet having
// the lock: the task takes it in its next step, and if it is cancelled before that, the next one is
// woken in its stead.

namespace rondo {

class Lock;

namespace detail {

class LockAcquire : public Waiter, public ListNode<LockAcquire> {
 public:
  explicit LockAcquire(Lock& lock) noexcept : lock_(lock) {}

  bool await_ready() noexcept;
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    enqueue();
    deliver_pending_cancel();
  }
  bool await_resume();
  const char* describe() const noexcept override { return "lock"; }

 protected:
  Lock& lock_;

 private:
  void enqueue() noexcept;
};

}  // namespace detail

/// A lock that is held, released when this goes out of scope.
class [[nodiscard]] LockHold {
 public:
  explicit LockHold(Lock& lock) noexcept : lock_(&lock) {}
  LockHold(LockHold&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  LockHold& operator=(LockHold&& other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~LockHold();

 private:
  Lock* lock_;  // null: moved from
};

/// See asyncio.Lock. It knows no owner: any task may release it.
class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  bool locked() const noexcept { return locked_; }

  /// `co_await lock.acquire()` waits in order until the lock is free and takes it; yields true.
  /// When the wait is cancelled, the lock was not taken.
  class Acquire {
   public:
    explicit Acquire(Lock& lock) noexcept : lock_(&lock) {}
    auto operator co_await() const noexcept { return detail::LockAcquire(*lock_); }

   private:
    Lock* lock_;
  };
  Acquire acquire() noexcept { return Acquire(*this); }

  /// `auto held = co_await lock.hold();` has the lock until `held` goes out of scope: the form of
  /// `async with lock`.
  class Hold {
   public:
    class HoldAwaiter final : public detail::LockAcquire {
     public:
      using LockAcquire::LockAcquire;
      LockHold await_resume() {
        LockAcquire::await_resume();
        return LockHold(lock_);
      }
    };
    explicit Hold(Lock& lock) noexcept : lock_(&lock) {}
    auto operator co_await() const noexcept { return HoldAwaiter(*lock_); }

   private:
    Lock* lock_;
  };
  Hold hold() noexcept { return Hold(*this); }

  /// Frees the lock, for the first task that waits if there is one. Throws RuntimeError when it is
  /// not locked.
  void release();

 private:
  friend class detail::LockAcquire;

  bool free_for_all() noexcept;
  void wake_first() noexcept;

  bool locked_ = false;
  detail::IntrusiveList<detail::LockAcquire, detail::LockAcquire> waiters_;
};

}  // namespace rondo
