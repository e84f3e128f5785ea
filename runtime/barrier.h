#pragma once

#include <cstddef>
#include <cstdint>

#include <rondo/runtime/condition.h>
#include <rondo/runtime/errors.h>

// Barrier: so many tasks wait for each other, then all go on; and again.

namespace rondo {

/// See asyncio.Barrier.
class Barrier {
 public:
  /// Throws ValueError when `parties` is 0.
  explicit Barrier(std::size_t parties);
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  /// Waits until `parties` tasks wait; yields a different number to each, from 0. Throws
  /// BrokenBarrierError when the barrier is broken, or is reset or aborted meanwhile. A task that
  /// is cancelled leaves, and breaks nothing.
  Coroutine<std::size_t> wait();
  /// Lets those who wait go, with BrokenBarrierError, and starts anew.
  Coroutine<void> reset();
  /// Breaks the barrier for good: whoever waits or will wait gets BrokenBarrierError.
  Coroutine<void> abort();

  std::size_t parties() const noexcept { return parties_; }
  /// How many tasks wait now.
  std::size_t n_waiting() const noexcept { return state_ == State::filling ? count_ : 0; }
  bool broken() const noexcept { return state_ == State::broken; }

 private:
  // | state     | means                                   | left for                         |
  // |-----------|-----------------------------------------|----------------------------------|
  // | filling   | tasks arrive and wait                   | draining, when all are there     |
  // | draining  | all were there, and leave one by one    | filling, when the last has left  |
  // | resetting | those who waited leave with an error    | filling, when the last has left  |
  // | broken    | nobody may pass                         | filling, by `reset`              |
  enum class State : std::uint8_t { filling, draining, resetting, broken };

  Coroutine<void> enter();
  Coroutine<void> wait_for_others();
  void leave();

  std::size_t parties_;
  std::size_t count_ = 0;  // tasks inside `wait`, past `enter`
  State state_ = State::filling;
  Condition changed_;
};

}  // namespace rondo
