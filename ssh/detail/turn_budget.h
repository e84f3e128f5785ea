#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <rondo/runtime/detail/runnable.h>
#include <rondo/runtime/future.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/semaphore.h>
#include <rondo/runtime/thread_pool_executor.h>

// A hundred servers may answer in one turn of the loop, and each answer may take a third of a
// millisecond to compute on: a key exchange is arithmetic. In a row they would hold up everything
// else on the loop. So the sessions of a loop share a budget: only so many of them go on in a turn,
// and the others wait, in order, for the next turns. Nobody sleeps: the loop turns as fast as it
// can. What takes longer than a turn should is for other threads.

namespace rondo::ssh::detail {

/// A semaphore whose places are all free again in each turn of the loop.
class TurnPlaces final : private Semaphore, private rondo::detail::Runnable {
 public:
  TurnPlaces(Loop& loop, std::ptrdiff_t each_turn)
      : Semaphore(each_turn), loop_(loop), each_turn_(each_turn) {}

  /// `co_await places.take()`
  Acquire take() noexcept {
    if (!is_ready()) loop_.make_ready(*this);
    return acquire();
  }

 private:
  void run() override {
    for (std::ptrdiff_t place = value(); place < each_turn_; ++place)
      release();
    if (locked()) loop_.make_ready(*this);
  }

  Loop& loop_;
  const std::ptrdiff_t each_turn_;
};

class TurnBudget final : private rondo::detail::LoopResource {
 public:
  explicit TurnBudget(Loop& loop);
  TurnBudget(const TurnBudget&) = delete;
  TurnBudget& operator=(const TurnBudget&) = delete;
  ~TurnBudget() = default;

  /// The one that the sessions of a loop share; it lives as long as one of them does.
  static std::shared_ptr<TurnBudget> of(Loop& loop);

  /// Before a step of a key exchange, which takes a third of a millisecond, with some curves one.
  Semaphore::Acquire key_exchange() noexcept { return key_exchanges_.take(); }
  /// Before any other step, which takes a twentieth.
  Semaphore::Acquire step() noexcept { return steps_.take(); }

  /// `co_await budget.elsewhere(call)` calls `call()` on another thread, for what takes several
  /// milliseconds. The threads have less claim to a processor than the loop's own, so that it goes
  /// on at once when there is something to do. See Loop::run_in_executor.
  Future<int> elsewhere(std::function<int()> call);

 private:
  void loop_closing() noexcept override { executor_.reset(); }

  Loop& loop_;
  TurnPlaces key_exchanges_;
  TurnPlaces steps_;
  std::unique_ptr<ThreadPoolExecutor> executor_;  // null until it is needed
};

}  // namespace rondo::ssh::detail
