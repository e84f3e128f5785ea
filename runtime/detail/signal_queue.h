#pragma once

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/intrusive_list.h>
#include <rondo/runtime/suspension.h>

namespace rondo::detail {

/// A Signal that stands in a queue with others.
class QueuedSignal final : public Signal, public ListNode<QueuedSignal> {};

/// Tasks that wait in order for something that happens again and again.
class SignalQueue {
 public:
  bool empty() const noexcept { return waiting_.empty(); }

  /// Suspends the task until it is woken. A task that is cancelled after it was chosen to be woken
  /// by `wake_one` passes that on to the next, if there is a reason to wake anybody by then.
  template <class Reason>
  Coroutine<void> wait(Reason reason) {
    QueuedSignal signal;
    waiting_.push_back(signal);
    try {
      co_await signal;
    } catch (const CancelledError&) {
      if (signal.is_set() && reason()) wake_one();
      throw;
    }
  }
  Coroutine<void> wait() {
    return wait([] { return true; });
  }

  void wake_one() noexcept {
    waiting_.for_each_until([](QueuedSignal& signal) {
      if (!signal.pending()) return false;
      signal.set();
      return true;
    });
  }

  void wake_all() noexcept {
    waiting_.for_each_until([](QueuedSignal& signal) {
      signal.set();
      return false;
    });
  }

 private:
  IntrusiveList<QueuedSignal, QueuedSignal> waiting_;  // each until its task has run
};

}  // namespace rondo::detail
