#pragma once

#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <source_location>
#include <utility>
#include <vector>

#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/gather.h>

// as_completed: several things at once, one result at a time, the fastest first.
//
// It starts what is not running yet, at once. The results form a queue in the order in which they
// come; whoever awaits first gets the first one. This is asyncio.as_completed.

namespace rondo {

namespace detail {

/// The queue of finished futures, and who waits for them.
class Completions {
 public:
  explicit Completions(std::vector<Ref<FutureBase>> futures);
  Completions(const Completions&) = delete;
  Completions& operator=(const Completions&) = delete;
  ~Completions();

  std::size_t size() const noexcept { return watches_.size(); }
  void set_timeout(Loop& loop, Duration timeout);

  /// The next finished future. Throws TimeoutError when the time is over.
  Coroutine<Ref<FutureBase>> next();

 private:
  class Watch final : public DoneWatcher, public Runnable {
   public:
    void future_done(FutureBase& done) override { done.loop().make_ready(*this); }
    void run() override { completions->finished(*this); }

    Completions* completions = nullptr;
    Ref<FutureBase> future;
    bool reported = false;  // is, or was, in the queue
  };

  void finished(Watch& watch);
  void time_is_over();

  std::deque<Watch> watches_;  // one for each distinct future; a deque, since they do not move
  std::deque<Watch*> queue_;   // finished and not yet asked for
  SignalQueue waiting_;
  std::size_t unfinished_ = 0;
  bool timed_out_ = false;
  TimerHandle timer_;
};

template <class T>
Coroutine<T> next_result(std::shared_ptr<Completions> completions) {
  Ref<FutureBase> done = co_await completions->next();
  Stored<T>& result = result_of<T>(*done);
  if constexpr (copyable<T> && !std::is_void_v<T>) {
    co_return result;
  } else if constexpr (!std::is_void_v<T>) {
    co_return std::move(result);
  }
}

}  // namespace detail

/// What `as_completed` returns; see there.
template <class T>
class [[nodiscard]] AsCompleted {
 public:
  explicit AsCompleted(std::shared_ptr<detail::Completions> completions) noexcept
      : completions_(std::move(completions)), left_(completions_->size()) {}

  class Iterator {
   public:
    using value_type = Coroutine<T>;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(AsCompleted& owner) noexcept : owner_(&owner) {}
    Coroutine<T> operator*() const {
      --owner_->left_;
      return detail::next_result<T>(owner_->completions_);
    }
    Iterator& operator++() noexcept { return *this; }
    void operator++(int) noexcept {}
    bool operator==(std::default_sentinel_t) const noexcept { return owner_->left_ == 0; }

   private:
    AsCompleted* owner_;
  };

  /// The plain form: each element is a coroutine that yields the next result, whichever it is.
  Iterator begin() noexcept { return Iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

  /// The `async for` form: `while (auto task = co_await completed.next())` yields the very futures
  /// that were passed in, or their tasks, when each is done; nothing after the last one. Throws
  /// TimeoutError when the time is over.
  Coroutine<std::optional<Future<T>>> next() {
    if (left_ == 0) co_return std::nullopt;
    --left_;
    detail::Ref<detail::FutureBase> done = co_await completions_->next();
    co_return Future<T>(std::move(done));
  }

 private:
  std::shared_ptr<detail::Completions> completions_;
  std::size_t left_;  // results that were not asked for yet
};

/// `for (auto next : as_completed(std::move(coroutines))) { auto result = co_await next; … }` runs
/// all of them and yields their results in the order in which they finish. Awaiting `next` throws
/// what the one that finished threw. The same future named twice counts once. A range of coroutines
/// is handed over; tasks and futures may be copied. Nothing is cancelled when the loop over it ends
/// early.
template <detail::AwaitableRange R>
auto as_completed(R&& range, std::source_location here = std::source_location::current()) {
  using T = AwaitResult<std::ranges::range_value_t<R>>;
  Loop& loop = get_running_loop();
  return AsCompleted<T>(std::make_shared<detail::Completions>(
      detail::futures_of(std::forward<R>(range), loop, here)));
}

/// As above; what has not come when `timeout` is over becomes TimeoutError. The tasks go on.
template <detail::AwaitableRange R, class Rep, class Period>
auto as_completed(R&& range, std::chrono::duration<Rep, Period> timeout,
                  std::source_location here = std::source_location::current()) {
  using T = AwaitResult<std::ranges::range_value_t<R>>;
  Loop& loop = get_running_loop();
  auto completions =
      std::make_shared<detail::Completions>(detail::futures_of(std::forward<R>(range), loop, here));
  completions->set_timeout(loop, to_duration(timeout));
  return AsCompleted<T>(std::move(completions));
}

}  // namespace rondo
