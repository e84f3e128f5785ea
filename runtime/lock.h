#pragma once

#include <rondo/runtime/detail/acquire.h>

// Lock: one task at a time.
//
// Tasks that find it taken wait in a line and are served in order. Being woken is not yet having
// the lock: the task takes it in its next step, and if it is cancelled before that, the next one is
// woken in its stead.

namespace rondo {

/// See asyncio.Lock. It knows no owner: any task may release it.
class Lock : private detail::Line<Lock> {
 public:
  Lock() = default;

  bool locked() const noexcept { return locked_; }

  /// `co_await lock.acquire()` waits in order until the lock is free and takes it; yields true.
  /// When the wait is cancelled, the lock was not taken.
  using Line::Acquire;
  Acquire acquire() noexcept { return Acquire(*this); }

  /// `auto held = co_await lock.hold();` has the lock until `held` goes out of scope: the form of
  /// `async with lock`.
  using Line::Hold;
  Hold hold() noexcept { return Hold(*this); }

  /// Frees the lock, for the first task that waits if there is one. Throws RuntimeError when it is
  /// not locked.
  void release();

 private:
  friend class detail::Line<Lock>;
  friend class detail::AcquireAwaiter<Lock>;
  friend class Held<Lock>;

  static constexpr const char* name = "lock";
  bool try_take() noexcept;
  void take_turn(bool promised, bool was_cancelled) noexcept;
  void give_back() noexcept;
  void wake_first() noexcept;

  bool locked_ = false;
};

}  // namespace rondo
