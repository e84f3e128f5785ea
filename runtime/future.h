#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <ranges>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/loop.h>

// Future<T>: a result that is not there yet, shared by whoever gives it and whoever waits for it.
//
// It leaves `pending` once, for a result, an exception or a cancellation. Nobody is resumed inside
// that call: tasks that wait are put on the ready queue, and so are callbacks, in the order in
// which they came. This is asyncio.Future.

namespace rondo {

template <class T>
class Future;

namespace detail {

/// Can a value be copied? A container says that it can, whatever it holds; here its elements are
/// asked as well.
template <class T>
inline constexpr bool copyable = std::copy_constructible<T>;
template <std::ranges::range T>
  requires(!std::ranges::view<T> && !std::same_as<std::ranges::range_value_t<T>, T>)
inline constexpr bool copyable<T> =
    std::copy_constructible<T> && copyable<std::ranges::range_value_t<T>>;

template <class T>
using FutureState = WithResult<T>;

/// Waits for a future inside a task.
class FutureSuspension : public Suspension, private DoneWatcher {
 public:
  explicit FutureSuspension(Ref<FutureBase> future) noexcept : future_(std::move(future)) {}

  bool await_ready() const noexcept { return future_->done(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    check_waitable();
    suspend(coroutine);
    future_->add_watcher(*this);
    deliver_pending_cancel();
  }
  bool cancel_wait(const std::string& message) override { return future_->cancel(message); }
  const char* describe() const noexcept override { return "future"; }
  FutureBase& future() const noexcept { return *future_; }

 protected:
  ~FutureSuspension() {
    if (suspended() && !future_->done()) future_->remove_watcher(*this);
  }

  void check_cancelled() {
    if (suspended() && take_cancel_request()) throw_because_cancelled();
  }

  Ref<FutureBase> future_;

 private:
  void check_waitable() const {
    const Loop* loop = running_loop_or_null();
    if (&future_->loop() != loop || future_.get() == running_task) refuse_wait();
  }
  [[noreturn]] void refuse_wait() const;
  [[noreturn]] void throw_because_cancelled();
  void future_done(FutureBase&) override { wake(); }
};

/// `co_await done_signal` waits until a future is done and does nothing else to it: neither takes
/// its result nor cancels it.
class DoneSignal final : public Signal, private DoneWatcher, private Runnable {
 public:
  explicit DoneSignal(FutureBase& future) : future_(&future) { future.add_watcher(*this); }
  ~DoneSignal() { future_->remove_watcher(*this); }

 private:
  void future_done(FutureBase& future) override { future.loop().make_ready(*this); }
  void run() override { set(); }

  Ref<FutureBase> future_;
};

/// `Moves`: the value itself is handed over, because T cannot be copied or nobody else can ask for
/// it; otherwise a copy.
template <class T, bool Moves = !copyable<T>>
class FutureAwaiter final : public FutureSuspension {
 public:
  using FutureSuspension::FutureSuspension;

  T await_resume() {
    check_cancelled();
    if constexpr (std::is_void_v<T>) {
      future_->check_result();
    } else if constexpr (Moves) {
      return std::move(result_of<T>(*future_));
    } else {
      return result_of<T>(*future_);
    }
  }
};

}  // namespace detail

/// A future, a task or what gather returns, whatever it will yield. A cheap handle; copies mean the
/// same future.
class AnyFuture {
 public:
  AnyFuture() noexcept = default;
  explicit AnyFuture(detail::Ref<detail::FutureBase> state) noexcept : state_(std::move(state)) {}

  /// False for a handle that was default-constructed or moved from; no other method may be called.
  explicit operator bool() const noexcept { return static_cast<bool>(state_); }

  bool done() const noexcept { return state_->done(); }
  /// True when it ended by a cancellation.
  bool cancelled() const noexcept { return state_->cancelled(); }
  /// Asks it to end with CancelledError. Returns false when it is done. For a task see Task.
  bool cancel(const std::string& message = {}) { return state_->cancel(message); }
  /// The exception it ended with, or null. Throws InvalidStateError when it is not done,
  /// CancelledError when it was cancelled.
  std::exception_ptr exception() const { return state_->exception(); }
  Loop& get_loop() const noexcept { return state_->loop(); }

  /// Names a callback for `remove_done_callback`.
  enum class CallbackId : std::uintptr_t {};

  /// Runs `callback(future)` on the loop once this is done; in the next turn if it is done already.
  template <class Callback>
  CallbackId add_done_callback(Callback callback);
  /// Calls a callback off; returns how many were (0 or 1).
  std::size_t remove_done_callback(CallbackId id);

  friend bool operator==(const AnyFuture& a, const AnyFuture& b) noexcept {
    return a.state_ == b.state_;
  }
  detail::FutureBase& state() const noexcept { return *state_; }
  const detail::Ref<detail::FutureBase>& ref() const noexcept { return state_; }

 protected:
  detail::Ref<detail::FutureBase> state_;
};

/// The future result of something, of type T (void: only that it has happened).
template <class T = void>
class Future : public AnyFuture {
 public:
  using value_type = T;

  /// A pending future of the running loop. Throws RuntimeError when none is running.
  static Future create(std::source_location here = std::source_location::current()) {
    return create_on(get_running_loop(), here);
  }
  static Future create_on(Loop& loop, std::source_location here = std::source_location::current()) {
    return Future(detail::make_ref<detail::FutureState<T>>(loop, here));
  }

  Future() noexcept = default;
  /// `state` was made for a T.
  explicit Future(detail::Ref<detail::FutureBase> state) noexcept : AnyFuture(std::move(state)) {}

  /// Gives the result. Throws InvalidStateError when the future is done, RuntimeError for a task.
  template <class... Args>
  void set_result(Args&&... args) const {
    state_->refuse_result_from_outside("set_result");
    static_cast<detail::FutureState<T>&>(*state_).set_result(std::forward<Args>(args)...);
  }
  /// Gives an exception instead of a result. Throws as `set_result`.
  void set_exception(std::exception_ptr exception) const {
    state_->refuse_result_from_outside("set_exception");
    state_->set_exception(std::move(exception));
  }
  template <class E>
    requires(!std::convertible_to<E, std::exception_ptr>)
  void set_exception(E exception) const {
    set_exception(std::make_exception_ptr(std::move(exception)));
  }

  /// The result, by reference into the future. Throws InvalidStateError when it is not there yet,
  /// CancelledError when the future was cancelled, the exception when it has one.
  const detail::Stored<T>& result() const { return detail::result_of<T>(*state_); }

  /// `co_await future` waits for the result. Cancelling the waiting task cancels the future; use
  /// `shield` to prevent that. Throws what `result` throws.
  auto operator co_await() const { return detail::FutureAwaiter<T>(state_); }
};

namespace detail {

/// A function that waits for a future; owned by the future, then by the ready queue.
template <class Callback>
class DoneCallback final : public DoneWatcher, public Runnable, public Pooled {
 public:
  explicit DoneCallback(Callback callback) : callback_(std::move(callback)) {}
  ~DoneCallback() = default;

  void future_done(FutureBase& future) override {
    future_ = Ref<FutureBase>(&future);
    future.loop().make_ready(*this);
  }
  void future_gone() noexcept override { delete this; }
  void dropped() noexcept override { delete this; }
  void run() override {
    const std::unique_ptr<DoneCallback> self(this);
    try {
      callback_(AnyFuture(future_));
    } catch (...) {
      future_->loop().call_exception_handler(
          {"Exception in callback", std::current_exception(), {}, future_->created_at()});
    }
  }

 private:
  Callback callback_;
  Ref<FutureBase> future_;  // set once it is done
};

}  // namespace detail

template <class Callback>
AnyFuture::CallbackId AnyFuture::add_done_callback(Callback callback) {
  auto* watcher = new detail::DoneCallback<Callback>(std::move(callback));
  const auto id = reinterpret_cast<std::uintptr_t>(static_cast<detail::DoneWatcher*>(watcher));
  state_->add_watcher(*watcher);
  return CallbackId{id};
}

}  // namespace rondo
