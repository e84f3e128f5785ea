#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/resumption.h>
#include <rondo/runtime/generator_exit.h>

// AsyncGenerator<T>: a generator that may await between its elements. It is what `async def` with a
// `yield` in it is in Python; `async for` is
//
//     while (auto item = co_await generator.next())
//       use(*item);
//
// Awaiting `next` runs the generator inside the task that awaits, as a coroutine would be: it is an
// inner link of the task's chain of awaits until it reaches a `co_yield`, and that gives control
// straight back to whoever awaits. So a cancellation of the task is thrown at the await inside the
// generator, if it is there, and different tasks may take elements in turn, one at a time.
//
// Between two elements nobody runs it, and a destructor cannot await. A generator that is dropped
// there is destroyed with its locals and does nothing more; one whose clean-up awaits is closed
// with `aclose`, best by async_with:
//
//     co_await async_with(aclosing(lines(reader)), [&](auto& lines) -> Coroutine<> { ... });
//
// Python's loop finalises generators that were dropped; here whoever iterates does it, so the loop
// keeps no list of them. Inside the generator, clean-up that awaits is written after the catch:
//
//     std::exception_ptr error;
//     try {
//       co_yield 1;
//     } catch (...) {
//       error = std::current_exception();  // GeneratorExit when it is being closed
//     }
//     co_await connection.close();         // a catch block may not await
//     if (error) std::rethrow_exception(error);

namespace rondo {

template <class T, class Send = void>
class AsyncGenerator;

namespace detail {

template <class T, class Send>
class AsyncGeneratorAwaiter;

template <class T, class Send>
class AsyncGeneratorPromise final : public PromiseResult<void> {
 public:
  explicit AsyncGeneratorPromise(
      std::source_location function = std::source_location::current()) noexcept
      : PromiseResult(function) {}
  AsyncGenerator<T, Send> get_return_object() noexcept;

  /// Control goes to whoever awaits, as at the end of a coroutine.
  class YieldAwaiter : public AwaiterBase, public FinalAwaiter {
   public:
    explicit YieldAwaiter(AsyncGeneratorPromise& promise) noexcept : promise_(promise) {}
    Send await_resume() { return promise_.resumption_.take(); }

   private:
    AsyncGeneratorPromise& promise_;
  };

  template <class U = T>
    requires std::convertible_to<U&&, T>
  YieldAwaiter yield_value(U&& value) {
    yielded_.emplace(std::forward<U>(value));
    return YieldAwaiter(*this);
  }

 private:
  friend class AsyncGeneratorAwaiter<T, Send>;

  enum class State : unsigned char { created, running, suspended };  // suspended: at a co_yield

  State state_ = State::created;
  std::optional<T> yielded_;  // what `co_yield` left for whoever awaits
  Resumption<Send> resumption_;
};

}  // namespace detail

/// What `next`, `asend` and `athrow` return: to be awaited once, or given to wait_for and the like.
/// It yields the next element, nothing at the generator's end. The generator must live until then.
template <class T, class Send>
class [[nodiscard]] AsyncGeneratorStep {
 public:
  auto operator co_await() { return detail::AsyncGeneratorAwaiter<T, Send>(*this); }

 private:
  friend class AsyncGenerator<T, Send>;
  friend class detail::AsyncGeneratorAwaiter<T, Send>;

  AsyncGeneratorStep(AsyncGenerator<T, Send>& generator, const char* method,
                     std::optional<detail::Stored<Send>> value, std::exception_ptr error)
      : generator_(&generator),
        method_(method),
        value_(std::move(value)),
        error_(std::move(error)) {}

  AsyncGenerator<T, Send>* generator_;
  const char* method_;  // the name under which it was asked for, for messages
  std::optional<detail::Stored<Send>> value_;  // to be sent; nothing: a default value
  std::exception_ptr error_;                   // to be thrown in; null: `value_` counts
};

/// An asynchronous generator that has not ended. Moved, not copied, and not while `next` is
/// awaited.
///
/// `Send` is what `co_yield` yields inside it. After its end, by whatever way, there is nothing for
/// ever.
template <class T, class Send>
class [[nodiscard]] AsyncGenerator : public detail::CoroutineBase {
 public:
  using promise_type = detail::AsyncGeneratorPromise<T, Send>;
  using value_type = T;
  using Step = AsyncGeneratorStep<T, Send>;

  AsyncGenerator(AsyncGenerator&& other) noexcept = default;
  AsyncGenerator& operator=(AsyncGenerator&& other) noexcept {
    AsyncGenerator taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~AsyncGenerator() = default;

  /// `co_await next()` yields the next element, or nothing at the end. It throws what ends the
  /// generator, once; RuntimeError when somebody else is awaiting it. A cancellation is thrown at
  /// the await inside the generator and, unless that catches it, ends the generator.
  Step next() { return Step(*this, "anext", std::nullopt, nullptr); }

  /// The same, and the `co_yield` at which the generator is suspended yields `value`. Throws
  /// RuntimeError when it has not reached one and `value` is not the default.
  Step asend(detail::Stored<Send> value)
    requires(!std::is_void_v<Send>)
  {
    return Step(*this, "asend", std::move(value), nullptr);
  }

  /// The same, and the `co_yield` at which the generator is suspended throws `error`. One that was
  /// not started ends with it.
  Step athrow(std::exception_ptr error) {
    return Step(*this, "athrow", std::nullopt, std::move(error));
  }
  template <class Error>
    requires(!std::convertible_to<Error, std::exception_ptr>)
  Step athrow(Error error) {
    return athrow(std::make_exception_ptr(std::move(error)));
  }

  /// `co_await aclose()` ends the generator: GeneratorExit is thrown at its `co_yield`, and what
  /// it awaits on its way out is awaited. Does nothing when it has ended; one that was not started
  /// ends without running. Throws RuntimeError when somebody else is awaiting it and when it yields
  /// again (it is destroyed then), and whatever else ends it. A cancellation is thrown at the await
  /// of its clean-up.
  Coroutine<void> aclose() {
    bool ignored = false;
    try {
      const std::optional<T> item =
          co_await Step(*this, "aclose", std::nullopt, std::make_exception_ptr(GeneratorExit()));
      ignored = item.has_value();
    } catch (const GeneratorExit&) {
    }
    if (!ignored) co_return;
    destroy();
    throw RuntimeError("async generator ignored GeneratorExit");
  }

 private:
  friend promise_type;
  friend class detail::AsyncGeneratorAwaiter<T, Send>;

  explicit AsyncGenerator(promise_type& promise) noexcept : CoroutineBase(promise) {
    set_outermost();  // one that is never iterated is no mistake
  }
  promise_type& promise() const noexcept { return static_cast<promise_type&>(*promise_); }
};

/// What `aclosing` returns: the generator itself, and `aclose` at the end of async_with.
template <class T, class Send>
class [[nodiscard]] Aclosing : public AsyncGenerator<T, Send> {
 public:
  explicit Aclosing(AsyncGenerator<T, Send> generator) noexcept
      : AsyncGenerator<T, Send>(std::move(generator)) {}

  // For async_with.
  Coroutine<void> aenter() { co_return; }
  Coroutine<void> aexit(std::exception_ptr) { return this->aclose(); }
};

/// `async_with(aclosing(ticks()), [&](AsyncGenerator<int>& ticks) -> Coroutine<> { … })` hands the
/// generator to the body and closes it on every way out, a `break`, an exception and a cancellation
/// included. See contextlib.aclosing.
template <class T, class Send>
Aclosing<T, Send> aclosing(AsyncGenerator<T, Send> generator) noexcept {
  return Aclosing<T, Send>(std::move(generator));
}

namespace detail {

/// One step of an asynchronous generator, seen from whoever awaits it.
//
// | state     | awaited              | co_yield  | its end         |
// |-----------|----------------------|-----------|-----------------|
// | created   | running              |           |                 |
// | running   | error                | suspended | frame destroyed |
// | suspended | running              |           |                 |
// | (none)    | nothing, for ever    |           |                 |
template <class T, class Send>
class AsyncGeneratorAwaiter : public AwaiterBase {
  using State = typename AsyncGeneratorPromise<T, Send>::State;

 public:
  explicit AsyncGeneratorAwaiter(AsyncGeneratorStep<T, Send>& step) noexcept
      : step_(step), generator_(*step.generator_) {}

  bool await_ready() {
    if (!generator_) return true;
    if (generator_.promise().state_ == State::running) {
      throw RuntimeError(std::string(step_.method_) +
                         "(): asynchronous generator is already running");
    }
    if (generator_.promise().state_ == State::created) check_can_start();
    return false;
  }
  template <class ParentPromise>
  Transfer await_suspend(std::coroutine_handle<ParentPromise> parent) {
    AsyncGeneratorPromise<T, Send>& promise = generator_.promise();
    if (step_.error_) {
      promise.resumption_.throw_in(std::move(step_.error_));
    } else {
      promise.resumption_.send(std::move(step_.value_).value_or(Stored<Send>{}));
    }
    promise.state_ = State::running;
    generator_.allow_await();
    generator_.set_parent(parent.promise());
    return transfer_to(promise.handle());
  }
  std::optional<T> await_resume() {
    if (!generator_) return std::nullopt;
    AsyncGeneratorPromise<T, Send>& promise = generator_.promise();
    generator_.clear_parent();
    generator_.set_outermost();
    promise.state_ = State::suspended;
    if (!promise.done()) return std::exchange(promise.yielded_, std::nullopt);
    const std::exception_ptr error = promise.error();
    generator_.destroy();
    if (error) std::rethrow_exception(error);
    return std::nullopt;
  }

 private:
  void check_can_start() {
    if (step_.error_) {
      generator_.destroy();
      std::rethrow_exception(std::move(step_.error_));
    }
    if (step_.value_ && !is_default(*step_.value_)) {
      throw RuntimeError("can't send non-None value to a just-started async generator");
    }
  }

  AsyncGeneratorStep<T, Send>& step_;
  AsyncGenerator<T, Send>& generator_;
};

template <class T, class Send>
AsyncGenerator<T, Send> AsyncGeneratorPromise<T, Send>::get_return_object() noexcept {
  return AsyncGenerator<T, Send>(*this);
}

}  // namespace detail

}  // namespace rondo
