#pragma once

#include <coroutine>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/intrusive_list.h>
#include <rondo/runtime/suspension.h>

// What Lock and Semaphore have in common: a line of tasks that want in, served in order.
//
// Being woken is not yet being in. A task that is woken stays in the line until its next step, in
// which it takes what it was woken for; if it was cancelled meanwhile, it passes that on. A
// primitive `P` derives from Line<P> and says how:
//
// | it has                      | which                                                        |
// |-----------------------------|--------------------------------------------------------------|
// | `bool try_take()`           | takes a place if one is free and nobody waits for it         |
// | `void take_turn(bool, bool)`| takes the place that was promised or, after a cancellation,  |
// |                             | passes it on: (was it promised one, was it cancelled)        |
// | `void give_back()`          | ends a hold                                                  |

namespace rondo {

/// A lock, or a place of a semaphore, that is held until this goes out of scope.
template <class P>
class [[nodiscard]] Held {
 public:
  explicit Held(P& primitive) noexcept : primitive_(&primitive) {}
  Held(Held&& other) noexcept : primitive_(std::exchange(other.primitive_, nullptr)) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(primitive_, other.primitive_);
    return *this;
  }
  ~Held() {
    if (primitive_ != nullptr) primitive_->give_back();
  }

 private:
  P* primitive_;  // null: moved from
};

namespace detail {

template <class P>
class AcquireAwaiter : public Waiter, public ListNode<AcquireAwaiter<P>> {
 public:
  explicit AcquireAwaiter(P& primitive) noexcept : primitive_(primitive) {}

  bool await_ready() noexcept { return primitive_.try_take(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    primitive_.waiters_.push_back(*this);
    deliver_pending_cancel();
  }
  bool await_resume() {
    if (!suspended()) return true;
    this->unlink();
    const bool was_cancelled = cancelled();
    primitive_.take_turn(is_set(), was_cancelled);
    if (was_cancelled) throw_cancelled();
    return true;
  }
  const char* describe() const noexcept override { return P::name; }

 protected:
  P& primitive_;
};

template <class P>
class HoldAwaiter final : public AcquireAwaiter<P> {
 public:
  using AcquireAwaiter<P>::AcquireAwaiter;
  Held<P> await_resume() {
    AcquireAwaiter<P>::await_resume();
    return Held<P>(this->primitive_);
  }
};

/// What `acquire` and `hold` return: to be awaited.
template <class P, class Awaiter>
class [[nodiscard]] AcquireRequest {
 public:
  explicit AcquireRequest(P& primitive) noexcept : primitive_(&primitive) {}
  Awaiter operator co_await() const noexcept { return Awaiter(*primitive_); }

 private:
  P* primitive_;
};

template <class P>
class Line {
 public:
  using Acquire = AcquireRequest<P, AcquireAwaiter<P>>;
  using Hold = AcquireRequest<P, HoldAwaiter<P>>;

  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

 protected:
  Line() = default;
  ~Line() = default;

  /// Does anybody wait who was not cancelled?
  bool someone_waits() noexcept {
    bool found = false;
    waiters_.for_each_until([&found](AcquireAwaiter<P>& waiter) {
      found = waiter.pending() || waiter.is_set();
      return found;
    });
    return found;
  }

  IntrusiveList<AcquireAwaiter<P>, AcquireAwaiter<P>> waiters_;

 private:
  friend class AcquireAwaiter<P>;
};

}  // namespace detail

}  // namespace rondo
