#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <utility>

#include <rondo/runtime/outcome.h>
#include <rondo/runtime/task.h>

// run_coroutine_threadsafe: a coroutine for a loop that runs on another thread, and a future to
// wait for there, by blocking.

namespace rondo {

namespace detail {

template <class T>
struct ConcurrentState {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Outcome<T>> outcome;  // guarded by mutex; set once
  Task<T> task;                       // the loop's thread only

  /// False when it was settled before.
  bool settle(Outcome<T> result) {
    const std::lock_guard lock(mutex);
    if (outcome) return false;
    outcome.emplace(std::move(result));
    changed.notify_all();
    return true;
  }
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
  explicit Settler(std::shared_ptr<ConcurrentState<T>> state) : state_(std::move(state)) {}
  Settler(Settler&&) noexcept = default;
  Settler& operator=(Settler&&) = delete;
  ~Settler() {
    if (state_) state_->settle(Outcome<T>::failure(std::make_exception_ptr(CancelledError())));
  }
  ConcurrentState<T>& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<ConcurrentState<T>> state_;  // null: moved from
};

}  // namespace detail

/// The result of something that runs on a loop's thread, for other threads; they block on it. See
/// concurrent.futures.Future.
template <class T>
class ConcurrentFuture {
 public:
  ConcurrentFuture(Loop& loop, std::shared_ptr<detail::ConcurrentState<T>> state) noexcept
      : loop_(&loop), state_(std::move(state)) {}

  bool done() const {
    const std::lock_guard lock(state_->mutex);
    return state_->outcome.has_value();
  }
  /// Blocks until it is done; returns the result or throws the exception. Not for the loop's own
  /// thread, which would wait for itself.
  T result() const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->outcome.has_value(); });
    return get();
  }
  /// The same for at most `timeout`, in real time; then TimeoutError, and the coroutine goes on.
  template <class Rep, class Period>
  T result(std::chrono::duration<Rep, Period> timeout) const {
    std::unique_lock lock(state_->mutex);
    const auto settled = [this] { return state_->outcome.has_value(); };
    if (!state_->changed.wait_for(lock, timeout, settled)) throw TimeoutError();
    return get();
  }
  /// Settles this as cancelled and asks the coroutine to end. False when it is done.
  bool cancel() const {
    const auto cancelled = std::make_exception_ptr(CancelledError());
    if (!state_->settle(Outcome<T>::failure(cancelled))) return false;
    try {
      loop_->call_soon_threadsafe([state = state_] {
        if (state->task) state->task.cancel();
      });
    } catch (const RuntimeError&) {
      // The loop is closed: there is nothing left to end.
    }
    return true;
  }

 private:
  T get() const {
    if constexpr (std::is_void_v<T>) {
      state_->outcome->value();
    } else {
      return state_->outcome->value();
    }
  }

  Loop* loop_;
  std::shared_ptr<detail::ConcurrentState<T>> state_;
};

/// From any thread but the loop's: runs a coroutine as a task of `loop`. Throws RuntimeError when
/// the loop is closed. See asyncio.run_coroutine_threadsafe.
template <class T>
ConcurrentFuture<T> run_coroutine_threadsafe(
    Coroutine<T> coroutine, Loop& loop,
    std::source_location here = std::source_location::current()) {
  auto state = std::make_shared<detail::ConcurrentState<T>>();
  loop.call_soon_threadsafe(
      [&loop, here](detail::Settler<T> settler, detail::TravellingCoroutine<T> travelling) {
        auto& shared = settler.state();
        shared.task = create_task_on(loop, travelling.arrive(), {}, here);
        {
          const std::lock_guard lock(shared.mutex);
          if (shared.outcome) shared.task.cancel();  // cancelled before it could start
        }
        AnyFuture(shared.task)
            .add_done_callback([settler = std::move(settler)](const AnyFuture& done) {
              auto& finished = settler.state();
              const Task<T> task = std::exchange(finished.task, Task<T>());
              auto& future = static_cast<detail::FutureState<T>&>(done.state());
              finished.settle(detail::outcome_of(future));
            });
      },
      detail::Settler<T>(state), detail::TravellingCoroutine<T>(std::move(coroutine)));
  return ConcurrentFuture<T>(loop, std::move(state));
}

}  // namespace rondo
