#pragma once

#include <concepts>
#include <memory>
#include <utility>
#include <vector>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/loop_signals.h>
#include <rondo/runtime/detail/signal_queue.h>

// Signals to be awaited: one by wait_for_signal, one after the other by a SignalStream.
//
//     co_await wait_for_signal(SIGTERM);            // until somebody wants us to end
//
//     SignalStream reload = signals(SIGHUP);        // a loop that misses none
//     while (int signal_number = co_await reload.next()) ...
//
// From the call on, and until the object is gone, the signal does nothing but be counted; then it
// does again what it did before. Everybody who awaits a signal sees it, on every loop of the
// process, and so does a handler that was given to Loop::add_signal_handler. Only what `run` does
// by itself about SIGINT and SIGTERM, cancelling the main task, is not done while somebody awaits
// them. asyncio has only the handlers.
//
// A signal that comes again before the kernel has told the process of it is one signal, for the
// kernel; of those that it has told of none is lost.

namespace rondo {

namespace detail {

/// The signals that have come for one stream and have not been taken.
class AwaitedSignals final : public SignalWatcher {
 public:
  using SignalWatcher::SignalWatcher;

  void signal_came(int signal_number) override {
    came_.push_back(signal_number);
    waiters_.wake_one();
  }
  bool empty() const noexcept { return taken_ == came_.size(); }
  int take() noexcept;
  SignalQueue& waiters() noexcept { return waiters_; }

 private:
  std::vector<int> came_;  // oldest first
  std::size_t taken_ = 0;  // so many of them were taken
  SignalQueue waiters_;
};

/// What `next` waits for.
class NextSignal {
 public:
  explicit NextSignal(AwaitedSignals& signals) noexcept : signals_(&signals) {}
  bool is_so() const noexcept { return !signals_->empty(); }
  SignalQueue& waiters() const noexcept { return signals_->waiters(); }
  int take() const noexcept { return signals_->take(); }

 private:
  AwaitedSignals* signals_;
};

}  // namespace detail

/// What SignalStream::next returns: to be awaited, or given to create_task, wait_for and the like.
class [[nodiscard]] SignalNext : public detail::ConvertsToCoroutine<SignalNext, int> {
 public:
  explicit SignalNext(std::shared_ptr<detail::AwaitedSignals> signals) noexcept
      : signals_(std::move(signals)) {}
  auto operator co_await() const {
    return detail::ConditionAwaiter<detail::NextSignal>(detail::NextSignal(*signals_));
  }

 private:
  std::shared_ptr<detail::AwaitedSignals> signals_;
};

/// Signals as they come, for the running loop. A cheap handle; copies share what has come, and each
/// signal goes to one of those who wait on them. (A stream of one's own sees them all.)
class SignalStream {
 public:
  /// Throws ValueError for a number that is no signal, RuntimeError for one that cannot be caught
  /// (SIGKILL, SIGSTOP), and when no loop is running.
  explicit SignalStream(std::vector<int> signal_numbers);

  /// `co_await stream.next()` yields the number of the next signal, which may have come before it
  /// was asked for. Those that come in one turn of the loop are in order of their numbers. Throws
  /// CancelledError with none lost.
  SignalNext next() const { return SignalNext(signals_); }

 private:
  std::shared_ptr<detail::AwaitedSignals> signals_;
};

/// A SignalStream of these signals.
template <std::same_as<int>... Signals>
  requires(sizeof...(Signals) > 0)
SignalStream signals(Signals... signal_numbers) {
  std::vector<int> numbers;
  (numbers.push_back(signal_numbers), ...);
  return SignalStream(std::move(numbers));
}

namespace detail {
Coroutine<int> wait_for_next(SignalStream stream);
}

/// `co_await wait_for_signal(SIGTERM)` waits for one of the signals and yields its number. They are
/// caught from the call on, not only from the await. Throws as SignalStream.
template <std::same_as<int>... Signals>
  requires(sizeof...(Signals) > 0)
Coroutine<int> wait_for_signal(Signals... signal_numbers) {
  return detail::wait_for_next(signals(signal_numbers...));
}

}  // namespace rondo
