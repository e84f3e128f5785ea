#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/runtime/detail/unseen_by_tsan.h>
#include <rondo/runtime/outcome.h>

// ConcurrentFuture<T>: a result that one thread gives and another one waits for, by blocking.
//
// It is what an executor's `submit` and `run_coroutine_threadsafe` return. Unlike Future it belongs
// to no loop and may be used from any thread; `wrap_future` makes a Future of it, for `co_await`.
// It is settled once, and who waits is woken then. This is concurrent.futures.Future.

namespace rondo {

template <class T>
class ConcurrentFuture;

namespace detail {

/// What the threads share about one result; whoever gives it derives from this.
template <class T>
class ConcurrentState {
 public:
  ConcurrentState() = default;
  ConcurrentState(const ConcurrentState&) = delete;
  ConcurrentState& operator=(const ConcurrentState&) = delete;
  virtual ~ConcurrentState() {
    if (!outcome_ || outcome_->has_value()) return;
    // Who owns an exception last destroys it. An atomic counter inside libstdc++.so decides who
    // that is, so a thread that has caught the exception has done with it; but TSan cannot know.
    const UnseenByTsan unseen;
    outcome_.reset();
  }

  /// Settles it as cancelled. False when it is too late for that.
  virtual bool cancel() = 0;

  /// Settles it, and tells who waits. False, and nothing happens, when it was settled before.
  bool settle(Outcome<T> outcome) {
    std::vector<std::function<void()>> callbacks;
    {
      const std::lock_guard lock(mutex_);
      if (phase_ == Phase::done) return false;
      phase_ = Phase::done;
      outcome_.emplace(std::move(outcome));
      callbacks.swap(callbacks_);
      settled_.notify_all();
    }
    for (const auto& callback : callbacks)
      callback();
    return true;
  }
  bool settle_cancelled() {
    return settle(Outcome<T>::failure(std::make_exception_ptr(CancelledError())));
  }

  /// Claims it, to run it or to cancel it: true for one caller only, and for none once it is done.
  bool claim() {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::pending) return false;
    phase_ = Phase::claimed;
    return true;
  }

  bool done() const {
    const std::lock_guard lock(mutex_);
    return phase_ == Phase::done;
  }
  /// Blocks until it is done.
  void wait() const {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [this] { return phase_ == Phase::done; });
  }
  /// The same for a while; false when it is not done then.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> timeout) const {
    std::unique_lock lock(mutex_);
    return settled_.wait_for(lock, timeout, [this] { return phase_ == Phase::done; });
  }

  /// Calls `callback` when it is done, on the thread that settles it; at once if it is done.
  void when_done(std::function<void()> callback) {
    {
      const std::lock_guard lock(mutex_);
      if (phase_ != Phase::done) {
        callbacks_.push_back(std::move(callback));
        return;
      }
    }
    callback();
  }

  /// Once it is done: a copy of the value (the value itself when T cannot be copied), or the
  /// exception is thrown.
  T value() {
    const std::lock_guard lock(mutex_);
    if constexpr (std::is_void_v<T>) {
      outcome_->value();
    } else if constexpr (copyable<T>) {
      return outcome_->value();
    } else {
      return std::move(*outcome_).value();
    }
  }
  /// Once it is done, for the only one who will ever ask: the outcome, of which nothing stays here.
  Outcome<T> take_outcome() {
    const std::lock_guard lock(mutex_);
    Outcome<T> taken = std::move(*outcome_);
    outcome_.reset();
    return taken;
  }

 private:
  enum class Phase : std::uint8_t { pending, claimed, done };

  mutable std::mutex mutex_;
  mutable std::condition_variable settled_;
  Phase phase_ = Phase::pending;                  // guarded by mutex_, as all that follows
  std::optional<Outcome<T>> outcome_;             // set once done, until it is taken
  std::vector<std::function<void()>> callbacks_;  // empty once done
};

}  // namespace detail

/// A result for other threads than the one that makes it. A cheap handle; copies mean the same one.
template <class T>
class ConcurrentFuture {
 public:
  using value_type = T;

  explicit ConcurrentFuture(std::shared_ptr<detail::ConcurrentState<T>> state) noexcept
      : state_(std::move(state)) {}

  /// True once there is a result, an exception or a cancellation.
  bool done() const { return state_->done(); }
  /// Blocks until it is done; returns the result (a copy, unless T can only be moved: then it can
  /// be had once) or throws the exception, CancelledError if it was cancelled. Not for a loop's
  /// thread, which would stand still.
  T result() const {
    state_->wait();
    return state_->value();
  }
  /// The same for at most `timeout`, in real time; then TimeoutError, and the work goes on.
  template <class Rep, class Period>
  T result(std::chrono::duration<Rep, Period> timeout) const {
    if (!state_->wait_for(timeout)) throw TimeoutError();
    return state_->value();
  }
  /// Settles this as cancelled. An executor's job that has not started never runs then; a coroutine
  /// is asked to end. False when it is too late: it is done, or it is a job that runs already.
  bool cancel() const { return state_->cancel(); }

  const std::shared_ptr<detail::ConcurrentState<T>>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<detail::ConcurrentState<T>> state_;
};

}  // namespace rondo
