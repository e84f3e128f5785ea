#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/runtime/detail/frame_pool.h>
#include <rondo/runtime/detail/transfer.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/suspension.h>

// Coroutine<T>: what an `async def` of asyncio returns.
//
// Calling a coroutine function runs nothing of it; it makes a frame and returns this object, its
// only owner. Awaiting it runs it inside the task that awaits, to its end, and yields what it
// `co_return`s or throws what it throws. The chain of awaits is a list of promises: each knows the
// coroutine that awaits it (whom to continue at the end) and the coroutine that it awaits (what to
// destroy first). Only the innermost one can be suspended, and the task resumes it there.

namespace rondo {

template <class T = void>
class [[nodiscard]] Coroutine;
template <class Yield, class Send, class Return>
class Stepper;

namespace detail {

class CoroutineBase;
template <class T>
class TaskState;

/// Counts the coroutine frames of this thread that are alive; for tests.
inline constinit thread_local std::size_t live_frames = 0;

template <class T>
concept Awaiter = std::derived_from<std::remove_cvref_t<T>, AwaiterBase>;

template <class T>
concept HasCoAwait = requires(T&& value) {
  { static_cast<T&&>(value).operator co_await() } -> Awaiter;
};

/// What all promises have, whatever they return.
class PromiseBase {
 public:
  PromiseBase(const PromiseBase&) = delete;
  PromiseBase& operator=(const PromiseBase&) = delete;

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }

  class FinalAwaiter {
   public:
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    Transfer await_suspend(std::coroutine_handle<Promise> coroutine) const noexcept {
      PromiseBase* const parent = coroutine.promise().parent_;
      return parent == nullptr ? transfer_back() : transfer_to(parent->handle());
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept { std::construct_at(&error_, std::current_exception()); }

  /// Every await passes here, and leaves its place in the source.
  template <class Awaitable>
  Awaitable&& await_transform(
      Awaitable&& awaitable, std::source_location here = std::source_location::current()) noexcept {
    static_assert(Awaiter<Awaitable> || HasCoAwait<Awaitable>,
                  "a coroutine, a task, a future or another awaitable of rondo was expected");
    location_ = here;
    return static_cast<Awaitable&&>(awaitable);
  }

  /// The coroutine that this is the promise of. Every promise begins with its PromiseBase, and none
  /// is aligned to more than 16 bytes; so it lies where the one of any type would.
  std::coroutine_handle<> handle() noexcept {
    return std::coroutine_handle<PromiseBase>::from_promise(*this);
  }
  bool done() noexcept { return handle().done(); }
  /// What it threw; null if nothing, or if it has not ended.
  const std::exception_ptr& error() noexcept { return done() ? error_ : no_error; }
  void rethrow_error() {
    if (error_) std::rethrow_exception(std::move(error_));
  }

  /// Where this coroutine is: the await it is suspended at, or passed last.
  const std::source_location& location() const noexcept { return location_; }
  /// The coroutine that awaits this one; null for a task's outermost.
  PromiseBase* parent() const noexcept { return parent_ == this ? nullptr : parent_; }

 protected:
  /// `function`: a place inside the coroutine function, which gives it its name.
  explicit PromiseBase(std::source_location function = {}) noexcept : location_(function) {
    ++live_frames;
  }
  void returned() noexcept { std::construct_at(&error_); }
  ~PromiseBase() {
    --live_frames;
    if (done()) std::destroy_at(&error_);
  }

 private:
  friend class CoroutineBase;

  static const std::exception_ptr no_error;

  CoroutineBase* awaiting() noexcept { return done() ? nullptr : awaiting_; }

  PromiseBase* parent_ = this;  // itself: nothing has run yet; null: outermost
  union {
    CoroutineBase* awaiting_ = nullptr;  // until the end: the coroutine that this one awaits
    std::exception_ptr error_;           // from the end on; null: it returned
  };
  std::source_location location_;
};

/// A promise that keeps what its coroutine returned or threw.
template <class T>
class PromiseResult : public PromiseBase {
  static_assert(!std::is_reference_v<T>, "a coroutine returns a value; return a pointer instead");
  static_assert(alignof(T) <= 16, "an object of such an alignment cannot lie in a frame");

 public:
  explicit PromiseResult(std::source_location function) noexcept : PromiseBase(function) {}

  template <class U = T>
    requires std::convertible_to<U&&, T>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
    returned();
  }

  /// Moves the value out, or throws the exception. To be called once, after the end.
  T take() {
    rethrow_error();
    return *std::move(value_);
  }

 private:
  std::optional<T> value_;  // what it returned
};

template <>
class PromiseResult<void> : public PromiseBase {
 public:
  explicit PromiseResult(std::source_location function) noexcept : PromiseBase(function) {}
  void return_void() noexcept { returned(); }
  void take() { rethrow_error(); }
};

template <class T>
class Promise final : public PromiseResult<T> {
 public:
  explicit Promise(std::source_location function = std::source_location::current()) noexcept
      : PromiseResult<T>(function) {}
  Coroutine<T> get_return_object() noexcept;
};

/// The owner of a frame, whatever it returns.
class CoroutineBase {
 public:
  CoroutineBase(const CoroutineBase&) = delete;
  CoroutineBase& operator=(const CoroutineBase&) = delete;

  /// False once it was moved from.
  explicit operator bool() const noexcept { return promise_ != nullptr; }

 protected:
  explicit CoroutineBase(PromiseBase& promise) noexcept : promise_(&promise) {}
  CoroutineBase(CoroutineBase&& other) noexcept
      : promise_(std::exchange(other.promise_, nullptr)) {}
  ~CoroutineBase() { destroy(); }

  void swap(CoroutineBase& other) noexcept { std::swap(promise_, other.promise_); }

  /// Destroys the frame, if any, and before it the frames that it awaits, innermost first and
  /// without recursion, so that a chain of a million suspended awaits can be dropped.
  void destroy() noexcept {
    if (promise_ == nullptr) return;
    if (promise_->done()) {
      std::exchange(promise_, nullptr)->handle().destroy();
    } else {
      destroy_unfinished();
    }
  }

  /// `parent` awaits this coroutine from now on, and will be continued at its end.
  void set_parent(PromiseBase& parent) {
    if (promise_ == nullptr || promise_->parent_ != promise_) refuse_await();
    promise_->parent_ = &parent;
    parent.awaiting_ = this;
  }
  void clear_parent() noexcept { promise_->parent_->awaiting_ = nullptr; }
  /// A task, or whoever resumes it by hand, runs this coroutine from now on.
  void set_outermost() noexcept { promise_->parent_ = nullptr; }
  /// For what is awaited many times, an asynchronous generator: set_parent may come again.
  void allow_await() noexcept { promise_->parent_ = promise_; }

  PromiseBase* promise_;  // of the frame; null: moved from

 private:
  void destroy_unfinished() noexcept;
  [[noreturn]] void refuse_await() const;
};

template <class T>
class CoroutineAwaiter;

}  // namespace detail

/// A coroutine that has not been awaited yet. Moved, not copied; awaited once.
template <class T>
class Coroutine : public detail::CoroutineBase {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;

  Coroutine(Coroutine&& other) noexcept = default;
  Coroutine& operator=(Coroutine&& other) noexcept {
    Coroutine taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~Coroutine() = default;

  /// `co_await coroutine` runs it to its end inside the present task; the value is what it
  /// `co_return`s. A cancellation of the task is thrown at the innermost await. Throws RuntimeError
  /// when it was awaited or moved from before.
  auto operator co_await() { return detail::CoroutineAwaiter<T>(*this); }

 private:
  friend class detail::Promise<T>;
  friend class detail::CoroutineAwaiter<T>;
  template <class>
  friend class detail::TaskState;
  template <class, class, class>
  friend class Stepper;

  explicit Coroutine(promise_type& promise) noexcept : CoroutineBase(promise) {}
  promise_type& promise() const noexcept { return static_cast<promise_type&>(*promise_); }
};

namespace detail {

template <class T>
class CoroutineAwaiter : public AwaiterBase {
 public:
  explicit CoroutineAwaiter(Coroutine<T>& coroutine) noexcept : coroutine_(coroutine) {}

  bool await_ready() const noexcept { return false; }
  template <class ParentPromise>
  Transfer await_suspend(std::coroutine_handle<ParentPromise> parent) {
    coroutine_.set_parent(parent.promise());
    return transfer_to(coroutine_.promise_->handle());
  }
  T await_resume() {
    coroutine_.clear_parent();
    return coroutine_.promise().take();
  }

 private:
  Coroutine<T>& coroutine_;
};

template <class T>
Coroutine<T> Promise<T>::get_return_object() noexcept {
  return Coroutine<T>(*this);
}

template <class T, class Request>
Coroutine<T> await_request(Request request) {
  co_return co_await request;
}

/// Base of what is awaited without being a coroutine, where asyncio has one: it can be used as one.
template <class Request, class T>
class ConvertsToCoroutine {
 public:
  operator Coroutine<T>() && {  // NOLINT(google-explicit-constructor): asyncio's is a coroutine
    return await_request<T>(static_cast<Request&&>(*this));
  }
};

}  // namespace detail

}  // namespace rondo
