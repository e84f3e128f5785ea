#pragma once

#include <coroutine>
#include <string>

#include <rondo/runtime/detail/task_base.h>

// What a suspended task waits for, seen from the task.
//
// A task that awaits something is blocked on exactly one Suspension, which lives in the awaiter, in
// the frame of the task's innermost coroutine. It knows two things about it: how to ask it to end
// early, and that it will call `wake` once. Everything awaitable here, from sleep to a socket, is a
// Suspension at its end.

namespace rondo {

namespace detail {

/// Marks the types that a coroutine of ours can await.
class AwaiterBase {
 public:
  AwaiterBase(const AwaiterBase&) = delete;
  AwaiterBase& operator=(const AwaiterBase&) = delete;

 protected:
  AwaiterBase() noexcept = default;
  ~AwaiterBase() = default;
};

class Suspension : public AwaiterBase {
 public:
  /// Asks for an early end. True: the request is taken, the task will be woken and its await will
  /// throw CancelledError. False: it is too late or not possible; the task keeps the request and
  /// throws at its next chance.
  virtual bool cancel_wait(const std::string& message) = 0;

  /// What this is, in a word or two ("sleep", "future"), for dumps and traces.
  virtual const char* describe() const noexcept = 0;

  /// Asked at the beginning of the task's next step if `ask_before_step` was called: has what was
  /// waited for really come? False: no, and it goes on being waited for.
  virtual bool may_resume() { return true; }

 protected:
  Suspension() noexcept = default;
  ~Suspension() = default;

  /// First thing in await_suspend: the running task is blocked here. Throws RuntimeError when no
  /// task is running.
  template <class Promise>
  void suspend(std::coroutine_handle<Promise> coroutine) {
    task_ = &TaskBase::running();
    task_->suspended_at(coroutine.promise(), *this);
  }
  /// Right after `suspend`: `may_resume` is to be asked.
  void ask_before_step() noexcept { task_->ask_before_step(); }
  /// Last thing in await_suspend: a cancellation that came earlier is delivered now.
  void deliver_pending_cancel() { task_->deliver_pending_cancel(); }
  /// Puts the task on the ready queue.
  void wake() noexcept { task_->wake(); }
  /// In await_resume: true when the task owes itself a CancelledError; takes the request away.
  bool take_cancel_request() noexcept { return task_->take_cancel_request(); }
  /// The same, and it stays.
  bool cancel_requested() const noexcept { return task_->cancel_requested(); }
  /// True from `suspend` on.
  bool suspended() const noexcept { return task_ != nullptr; }
  TaskBase& task() const noexcept { return *task_; }
  Loop& loop() const noexcept { return task_->loop(); }
  /// Throws the CancelledError with the message that `cancel` was given.
  [[noreturn]] void throw_cancelled() const;

 private:
  TaskBase* task_ = nullptr;  // the task that waits; null before it does
};

/// The simplest thing to wait for: something that will be set once. It is what synchronisation is
/// made of; asyncio uses a Future here, which this is without the sharing.
class Waiter : public Suspension {
 public:
  Waiter() noexcept = default;

  /// Wakes the task. Nothing happens when it was set or cancelled before.
  void set() noexcept {
    if (state_ != State::pending) return;
    state_ = State::set;
    if (suspended()) wake();
  }
  bool pending() const noexcept { return state_ == State::pending; }
  bool is_set() const noexcept { return state_ == State::set; }

  bool await_ready() const noexcept { return is_set(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    deliver_pending_cancel();
  }
  /// Throws CancelledError when the wait or its task was cancelled.
  void await_resume() {
    if (cancelled()) throw_cancelled();
  }

  bool cancel_wait(const std::string&) override {
    if (state_ != State::pending) return false;
    state_ = State::cancelled;
    wake();
    return true;
  }
  const char* describe() const noexcept override { return "waiter"; }

 protected:
  ~Waiter() = default;

  /// In may_resume: nothing has come after all.
  void wait_again() noexcept { state_ = State::pending; }
  /// In may_resume: will this end in a cancellation?
  bool will_be_cancelled() const noexcept {
    return state_ == State::cancelled || cancel_requested();
  }

  /// In await_resume: did this end in a cancellation? To be asked once.
  bool cancelled() noexcept {
    if (!suspended()) return false;
    const bool requested = take_cancel_request();
    return requested || state_ == State::cancelled;
  }

 private:
  enum class State : unsigned char { pending, set, cancelled };
  State state_ = State::pending;  // leaves `pending` once
};

class SignalAwaiter;

/// Something with a name that one task waits for: declared first, registered wherever it will be
/// set, then awaited by `co_await signal`. (A Waiter cannot have a name: g++ 12 copies an awaiter
/// that is awaited as a variable.)
class Signal {
 public:
  Signal() noexcept = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Wakes the task. Nothing happens when it was set, or its wait cancelled, before.
  void set() noexcept;
  /// True until it is set or its wait is cancelled.
  bool pending() const noexcept;
  bool is_set() const noexcept { return set_; }

  SignalAwaiter operator co_await() noexcept;

 protected:
  ~Signal() = default;

 private:
  friend class SignalAwaiter;

  bool set_ = false;
  SignalAwaiter* awaiter_ = nullptr;  // where the task waits; null before and after
};

class SignalAwaiter final : public Waiter {
 public:
  explicit SignalAwaiter(Signal& signal) noexcept : signal_(signal) {}
  ~SignalAwaiter() { signal_.awaiter_ = nullptr; }

  bool await_ready() const noexcept { return signal_.set_; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    signal_.awaiter_ = this;
    Waiter::await_suspend(coroutine);
  }

 private:
  Signal& signal_;
};

/// A Signal that nothing derives from.
class PlainSignal final : public Signal {};

}  // namespace detail

}  // namespace rondo
