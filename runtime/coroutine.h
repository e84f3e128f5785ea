#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>
#include <variant>

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

/// void has no values; this stands in for one.
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

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
      const std::coroutine_handle<> next = coroutine.promise().continuation_;
      return next ? transfer_to(next) : transfer_back();
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }

  /// Every await passes here, and leaves its place in the source.
  template <class Awaitable>
  Awaitable&& await_transform(
      Awaitable&& awaitable, std::source_location here = std::source_location::current()) noexcept {
    static_assert(Awaiter<Awaitable> || HasCoAwait<Awaitable>,
                  "a coroutine, a task, a future or another awaitable of rondo was expected");
    location_ = here;
    return static_cast<Awaitable&&>(awaitable);
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
  ~PromiseBase() { --live_frames; }

 private:
  friend class CoroutineBase;

  std::coroutine_handle<> continuation_;  // of `parent_`; null: back to the task
  PromiseBase* parent_ = this;            // itself: nothing has run yet; null: outermost
  CoroutineBase* awaiting_ = nullptr;     // the coroutine that this one awaits at present
  std::source_location location_;
};

/// A promise that keeps what its coroutine returned or threw.
template <class T>
class PromiseResult : public PromiseBase {
  static_assert(!std::is_reference_v<T>, "a coroutine returns a value; return a pointer instead");

 public:
  explicit PromiseResult(std::source_location function) noexcept : PromiseBase(function) {}

  void unhandled_exception() noexcept { outcome_.template emplace<2>(std::current_exception()); }

  /// Moves the value out, or throws the exception. To be called once, after the end.
  Stored<T> take() {
    if (auto* error = std::get_if<2>(&outcome_)) std::rethrow_exception(std::move(*error));
    return std::move(std::get<1>(outcome_));
  }
  /// The exception, or null.
  std::exception_ptr error() const noexcept {
    const auto* error = std::get_if<2>(&outcome_);
    return error == nullptr ? nullptr : *error;
  }

 protected:
  // 0: not ended; 1: what it returned; 2: what it threw
  std::variant<std::monostate, Stored<T>, std::exception_ptr> outcome_;
};

template <class T>
class Promise final : public PromiseResult<T> {
 public:
  explicit Promise(std::source_location function = std::source_location::current()) noexcept
      : PromiseResult<T>(function) {}
  Coroutine<T> get_return_object() noexcept;
  template <class U = T>
    requires std::convertible_to<U&&, T>
  void return_value(U&& value) {
    this->outcome_.template emplace<1>(std::forward<U>(value));
  }
};

template <>
class Promise<void> final : public PromiseResult<void> {
 public:
  explicit Promise(std::source_location function = std::source_location::current()) noexcept
      : PromiseResult(function) {}
  Coroutine<void> get_return_object() noexcept;
  void return_void() noexcept { outcome_.emplace<1>(); }
};

/// The owner of a frame, whatever it returns.
class CoroutineBase {
 public:
  CoroutineBase(const CoroutineBase&) = delete;
  CoroutineBase& operator=(const CoroutineBase&) = delete;

  /// False once it was moved from.
  explicit operator bool() const noexcept { return handle_ != nullptr; }

 protected:
  CoroutineBase(std::coroutine_handle<> handle, PromiseBase& promise) noexcept
      : handle_(handle), promise_(&promise) {}
  CoroutineBase(CoroutineBase&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), promise_(other.promise_) {}
  ~CoroutineBase() { destroy(); }

  void swap(CoroutineBase& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(promise_, other.promise_);
  }

  /// Destroys the frame, if any, and before it the frames that it awaits, innermost first and
  /// without recursion, so that a chain of a million suspended awaits can be dropped.
  void destroy() noexcept;

  /// `parent` awaits this coroutine from now on, and will be continued at its end.
  void set_parent(std::coroutine_handle<> parent, PromiseBase& parent_promise);
  void clear_parent() noexcept { promise_->parent_->awaiting_ = nullptr; }
  /// A task, or whoever resumes it by hand, runs this coroutine from now on.
  void set_outermost() noexcept { promise_->parent_ = nullptr; }
  /// For what is awaited many times, an asynchronous generator: set_parent may come again.
  void allow_await() noexcept { promise_->parent_ = promise_; }

  std::coroutine_handle<> handle_;  // null: moved from
  PromiseBase* promise_;            // of handle_, while that is not null
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

  using Handle = std::coroutine_handle<promise_type>;

  explicit Coroutine(Handle handle) noexcept : CoroutineBase(handle, handle.promise()) {}
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
    coroutine_.set_parent(parent, parent.promise());
    return transfer_to(coroutine_.handle_);
  }
  T await_resume() {
    coroutine_.clear_parent();
    if constexpr (std::is_void_v<T>) {
      coroutine_.promise().take();
    } else {
      return coroutine_.promise().take();
    }
  }

 private:
  Coroutine<T>& coroutine_;
};

template <class T>
Coroutine<T> Promise<T>::get_return_object() noexcept {
  return Coroutine<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

inline Coroutine<void> Promise<void>::get_return_object() noexcept {
  return Coroutine<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace detail

}  // namespace rondo
