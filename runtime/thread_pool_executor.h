#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/runtime/concurrent_future.h>

// ThreadPoolExecutor: threads for functions that block, so that the loop's own thread need not.
//
// Jobs wait in one queue and start in the order in which they came. A thread is started only when a
// job comes and no thread is free for it. The invariant: a job is claimed once, by the thread that
// runs it or by whoever cancels it; so it runs at most once, and one that runs is never cut short.
// Its function and arguments belong to it and are destroyed before its future is done. This is
// concurrent.futures.ThreadPoolExecutor.

namespace rondo {

namespace detail {

/// What an executor's queue holds.
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  /// On a worker's thread: runs the function, unless the job was cancelled, and settles the future.
  virtual void run() noexcept = 0;
  /// From any thread: the job will not run. False when it runs or has run.
  virtual bool cancel() = 0;
};

/// What a job's future yields: what the function returns, by value.
template <class F, class... Args>
using JobResult = std::remove_cvref_t<std::invoke_result_t<F&, Args...>>;

template <class F, class... Args>
class BoundJob final : public Job, public ConcurrentState<JobResult<F, Args...>> {
  using T = JobResult<F, Args...>;
  static_assert(
      !HasCoAwait<T>,
      "a thread runs ordinary functions; await what this one returns on the loop instead");
  static_assert((!std::derived_from<Args, CoroutineBase> && ...),
                "a coroutine belongs to its loop's thread");

 public:
  explicit BoundJob(F fn, Args... args) : call_(std::in_place, std::move(fn), std::move(args)...) {}

  void run() noexcept override {
    if (this->claim()) this->settle(call());
  }
  bool cancel() override {
    if (!this->claim()) return false;
    call_.reset();
    return this->settle_cancelled();
  }

 private:
  Outcome<T> call() noexcept {
    Outcome<T> outcome = Outcome<T>::failure(nullptr);
    try {
      outcome = invoke();
    } catch (...) {
      outcome = Outcome<T>::failure(std::current_exception());
    }
    call_.reset();
    return outcome;
  }
  Outcome<T> invoke() {
    const auto apply = [](auto& fn, auto&... args) -> T {
      return std::invoke(fn, std::move(args)...);
    };
    if constexpr (std::is_void_v<T>) {
      std::apply(apply, *call_);
      return Outcome<T>::success({});
    } else {
      return Outcome<T>::success(std::apply(apply, *call_));
    }
  }

  std::optional<std::tuple<F, Args...>> call_;  // whoever has claimed it; empty once it has ended
};

}  // namespace detail

/// Runs functions on threads of its own. Any thread may use it.
class ThreadPoolExecutor {
 public:
  /// What becomes of the jobs that have not started.
  enum class Queued : std::uint8_t {
    run,     ///< they run first
    cancel,  ///< they are cancelled, and never run
  };

  /// As many as Python takes: four more than there are processors, and 32 at most.
  static std::size_t default_max_workers() noexcept;

  /// At most `max_workers` threads, none of which exists yet. Throws ValueError for 0.
  explicit ThreadPoolExecutor(std::size_t max_workers = default_max_workers());
  ThreadPoolExecutor(const ThreadPoolExecutor&) = delete;
  ThreadPoolExecutor& operator=(const ThreadPoolExecutor&) = delete;
  /// As `shutdown()`: blocks until every job has run.
  ~ThreadPoolExecutor();

  /// Queues `fn(args...)`. The arguments are copied, or moved, in; pass `std::ref(x)` for what
  /// lives long enough. The future yields what `fn` returns or throws what it throws. `fn` runs in
  /// a context of its own, with all signals blocked but those that a fault raises. Throws
  /// RuntimeError after `shutdown`, and std::system_error when there is no thread and none can be
  /// made.
  template <class F, class... Args>
  ConcurrentFuture<detail::JobResult<F, Args...>> submit(F fn, Args... args);

  /// Takes no more jobs, and blocks until those that run have ended and their threads are gone. A
  /// second call, or one from another thread, waits as well. Throws RuntimeError inside a job,
  /// which would wait for itself.
  void shutdown(Queued queued = Queued::run);

  std::size_t max_workers() const noexcept { return max_workers_; }
  /// How many threads have been started.
  std::size_t workers() const;
  /// How many of them wait for a job.
  std::size_t idle_workers() const;

 private:
  void push(std::shared_ptr<detail::Job> job);
  void start_worker();
  void work();
  void cancel_queued();

  const std::size_t max_workers_;
  mutable std::mutex mutex_;  // guards all that follows
  std::condition_variable work_came_;
  std::condition_variable all_gone_;
  std::deque<std::shared_ptr<detail::Job>> queue_;  // first in, first out
  std::vector<std::thread> threads_;                // emptied by whoever joins them
  std::size_t started_ = 0;                         // 0 to max_workers_
  std::size_t alive_ = 0;                           // those that have not left `work`
  std::size_t idle_ = 0;                            // those that wait for a job
  bool shut_down_ = false;
};

template <class F, class... Args>
ConcurrentFuture<detail::JobResult<F, Args...>> ThreadPoolExecutor::submit(F fn, Args... args) {
  auto job = std::make_shared<detail::BoundJob<F, Args...>>(std::move(fn), std::move(args)...);
  push(job);
  return ConcurrentFuture<detail::JobResult<F, Args...>>(std::move(job));
}

}  // namespace rondo
