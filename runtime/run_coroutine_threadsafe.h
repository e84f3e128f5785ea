#pragma once

#include <memory>
#include <source_location>
#include <utility>

#include <rondo/runtime/concurrent_future.h>
#include <rondo/runtime/task.h>

// run_coroutine_threadsafe: a coroutine for a loop that runs on another thread, and a future to
// wait for there, by blocking.

namespace rondo {

namespace detail {

/// The result of a coroutine on another thread's loop.
template <class T>
class ConcurrentCoroutine final : public ConcurrentState<T>,
                                  public std::enable_shared_from_this<ConcurrentCoroutine<T>> {
 public:
  explicit ConcurrentCoroutine(Loop& loop) noexcept : loop_(&loop) {}

  bool cancel() override {
    if (!this->settle_cancelled()) return false;
    try {
      loop_->call_soon_threadsafe([state = this->shared_from_this()] {
        if (state->task) state->task.cancel();
      });
    } catch (const RuntimeError&) {
      // The loop is closed: there is nothing left to end.
    }
    return true;
  }

  Task<T> task;  // the loop's thread only

 private:
  Loop* loop_;
};

/// A coroutine on its way to another thread. Frames are counted for each thread.
template <class T>
class TravellingCoroutine {
 public:
  explicit TravellingCoroutine(Coroutine<T> coroutine) : coroutine_(std::move(coroutine)) {
    --live_frames;
  }
  TravellingCoroutine(TravellingCoroutine&&) noexcept = default;
  TravellingCoroutine& operator=(TravellingCoroutine&&) = delete;
  ~TravellingCoroutine() {
    if (coroutine_) ++live_frames;
  }
  Coroutine<T> arrive() {
    ++live_frames;
    return std::move(coroutine_);
  }

 private:
  Coroutine<T> coroutine_;
};

/// Settles the future as cancelled if the loop closes before it is settled otherwise.
template <class T>
class Settler {
 public:
  explicit Settler(std::shared_ptr<ConcurrentCoroutine<T>> state) : state_(std::move(state)) {}
  Settler(Settler&&) noexcept = default;
  Settler& operator=(Settler&&) = delete;
  ~Settler() {
    if (state_) state_->settle_cancelled();
  }
  ConcurrentCoroutine<T>& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<ConcurrentCoroutine<T>> state_;  // null: moved from
};

}  // namespace detail

/// From any thread but the loop's: runs a coroutine as a task of `loop`. Throws RuntimeError when
/// the loop is closed. See asyncio.run_coroutine_threadsafe.
template <class T>
ConcurrentFuture<T> run_coroutine_threadsafe(
    Coroutine<T> coroutine, Loop& loop,
    std::source_location here = std::source_location::current()) {
  auto state = std::make_shared<detail::ConcurrentCoroutine<T>>(loop);
  loop.call_soon_threadsafe(
      [&loop, here](detail::Settler<T> settler, detail::TravellingCoroutine<T> travelling) {
        auto& shared = settler.state();
        shared.task = create_task_on(loop, travelling.arrive(), {}, here);
        if (shared.done()) shared.task.cancel();  // cancelled before it could start
        AnyFuture(shared.task)
            .add_done_callback([settler = std::move(settler)](const AnyFuture& done) {
              auto& finished = settler.state();
              const Task<T> task = std::exchange(finished.task, Task<T>());
              finished.settle(detail::outcome_of<T>(done.state()));
            });
      },
      detail::Settler<T>(state), detail::TravellingCoroutine<T>(std::move(coroutine)));
  return ConcurrentFuture<T>(std::move(state));
}

}  // namespace rondo
