#pragma once

#include <coroutine>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/intrusive_list.h>
#include <rondo/runtime/suspension.h>

// Tasks that wait in order for something that happens again and again.

namespace rondo::detail {

/// A Signal that stands in a queue with others.
class QueuedSignal final : public Signal, public ListNode<QueuedSignal> {};

/// A task's place in a SignalQueue, until it goes on.
class QueuedWaiter : public Waiter, public ListNode<QueuedWaiter> {};

template <class Reason>
class SignalAwaiterInQueue;

/// What `SignalQueue::wait` returns: to be awaited.
template <class Reason>
class [[nodiscard]] SignalWait {
 public:
  SignalWait(class SignalQueue& queue, Reason reason) noexcept
      : queue_(queue), reason_(std::move(reason)) {}
  SignalAwaiterInQueue<Reason> operator co_await() const {
    return SignalAwaiterInQueue<Reason>(queue_, reason_);
  }

 private:
  SignalQueue& queue_;
  Reason reason_;
};

class SignalQueue {
 public:
  bool empty() const noexcept { return waiting_.empty(); }

  /// Suspends the task until it is woken. A task that is cancelled after it was chosen to be woken
  /// by `wake_one` passes that on to the next, if there is a reason to wake anybody by then.
  template <class Reason>
  SignalWait<Reason> wait(Reason reason) noexcept {
    return SignalWait<Reason>(*this, std::move(reason));
  }
  auto wait() noexcept {
    return wait([] { return true; });
  }

  /// Puts a task at the end.
  void add(QueuedWaiter& waiter) noexcept { waiting_.push_back(waiter); }

  void wake_one() noexcept {
    if (waiting_.empty()) return;
    waiting_.for_each_until([](QueuedWaiter& waiter) {
      if (!waiter.pending()) return false;
      waiter.set();
      return true;
    });
  }

  void wake_all() noexcept {
    waiting_.for_each_until([](QueuedWaiter& waiter) {
      waiter.set();
      return false;
    });
  }

 private:
  IntrusiveList<QueuedWaiter, QueuedWaiter> waiting_;  // each until its task has run
};

template <class Reason>
class SignalAwaiterInQueue final : public QueuedWaiter {
 public:
  SignalAwaiterInQueue(SignalQueue& queue, const Reason& reason) : queue_(queue), reason_(reason) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    queue_.add(*this);
    deliver_pending_cancel();
  }
  void await_resume() {
    unlink();
    if (!cancelled()) return;
    if (is_set() && reason_()) queue_.wake_one();
    throw_cancelled();
  }

 private:
  SignalQueue& queue_;
  const Reason& reason_;
};

/// A task that waits in a queue until something is so. Being woken is not yet having it: another
/// task may have been quicker. So it looks again before its next step, and if it came too late,
/// goes to the end of the queue without having run. That is asyncio's `while not so: await ...`
/// without a coroutine for the loop.
///
/// `Wanted` says what it waits for: `bool is_so()`, and `SignalQueue& waiters()`, where it waits.
template <class Wanted>
class ConditionAwaiter : public QueuedWaiter {
 public:
  explicit ConditionAwaiter(Wanted wanted) noexcept : wanted_(std::move(wanted)) {}

  bool await_ready() { return wanted_.is_so(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    ask_before_step();
    wanted_.waiters().add(*this);
    deliver_pending_cancel();
  }
  bool may_resume() override {
    if (will_be_cancelled() || wanted_.is_so()) return true;
    unlink();
    wait_again();
    wanted_.waiters().add(*this);
    deliver_pending_cancel();
    return false;
  }
  auto await_resume() {
    if (suspended()) {
      unlink();
      if (cancelled()) {
        if (is_set() && wanted_.is_so()) wanted_.waiters().wake_one();
        throw_cancelled();
      }
    }
    return wanted_.take();
  }

 private:
  Wanted wanted_;
};

}  // namespace rondo::detail
