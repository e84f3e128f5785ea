#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/resumption.h>
#include <rondo/runtime/generator_exit.h>

// Stepper: a coroutine stepped by hand, without a loop. It is `coro.send(None)` in Python, and what
// a task does at heart: to resume the innermost coroutine, and to learn why it has suspended again.
//
// A coroutine of a stepper suspends with `co_await step(request)`, however deep in its chain of
// awaits; control, and the request, go to whoever called `send`. The next `send` resumes it there,
// and its argument is what the await yields. A scheduler, or a loop of one's own, is a few lines
// over that: the requests are what its coroutines ask of it.

namespace rondo {

template <class Yield = void, class Send = void, class Return = void>
class Stepper;

namespace detail {

/// The stepper whose coroutine is running on this thread, whatever its types.
class AnyStepper {
 public:
  static AnyStepper* running() noexcept { return running_; }

 protected:
  AnyStepper() noexcept = default;
  AnyStepper(AnyStepper&&) noexcept = default;
  AnyStepper& operator=(AnyStepper&&) noexcept = default;
  virtual ~AnyStepper() = default;

  /// Resumes the coroutine up to its next `step` or its end. Throws RuntimeError inside a task:
  /// what the coroutine awaits there would be awaited by the task, in the middle of its own step.
  void resume(std::coroutine_handle<> coroutine);
  bool is_running() const noexcept { return in_resume_; }

 private:
  static constinit thread_local AnyStepper* running_;  // null between steps

  bool in_resume_ = false;
};

/// Where requests and answers pass between `step` and `send`.
template <class Yield, class Send>
class StepChannel : public AnyStepper {
 public:
  /// The running stepper. Throws RuntimeError when there is none, or one of other types.
  static StepChannel& running() {
    if (AnyStepper::running() == nullptr) throw RuntimeError("step outside of a Stepper");
    auto* channel = dynamic_cast<StepChannel*>(AnyStepper::running());
    if (channel == nullptr) throw RuntimeError("step with other types than its Stepper's");
    return *channel;
  }

  void suspended_at(std::coroutine_handle<> coroutine, Stored<Yield> request) {
    request_.emplace(std::move(request));
    resume_point_ = coroutine;
  }
  Send take_answer() { return answer_.take(); }

 protected:
  explicit StepChannel(std::coroutine_handle<> coroutine) noexcept : resume_point_(coroutine) {}

  std::coroutine_handle<> resume_point_;  // the innermost coroutine
  std::optional<Stored<Yield>> request_;  // what `step` left for the caller of `send`
  Resumption<Send> answer_;
};

template <class Yield, class Send>
class StepAwaiter : public AwaiterBase {
 public:
  explicit StepAwaiter(Stored<Yield>& request) noexcept : request_(request) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    StepChannel<Yield, Send>::running().suspended_at(coroutine, std::move(request_));
  }
  // Asks for the stepper again: it may have moved in the meantime.
  Send await_resume() { return StepChannel<Yield, Send>::running().take_answer(); }

 private:
  Stored<Yield>& request_;
};

}  // namespace detail

/// What `step` returns: to be awaited once.
template <class Yield, class Send>
class [[nodiscard]] Step {
 public:
  explicit Step(detail::Stored<Yield> request) : request_(std::move(request)) {}
  auto operator co_await() { return detail::StepAwaiter<Yield, Send>(request_); }

 private:
  detail::Stored<Yield> request_;
};

/// `co_await step()` gives way to whoever steps the coroutine.
inline Step<void, void> step() {
  return Step<void, void>(std::monostate());
}

/// `auto answer = co_await step<Send>(request)` hands `request` to whoever steps the coroutine, and
/// yields what is sent back. The types are the Stepper's, exactly. Throws RuntimeError when they
/// are not, and outside of a Stepper; and what is thrown in.
template <class Send = void, class Yield>
Step<Yield, Send> step(Yield request) {
  return Step<Yield, Send>(std::move(request));
}

/// A coroutine and its place of suspension. Moved, not copied. Dropping it destroys the frames, and
/// the destructors of their locals run.
///
/// `Yield` is what its coroutines hand over by `step`, `Send` what they get back: nothing, unless
/// said otherwise. What needs a loop cannot be awaited in them; that is a RuntimeError at the
/// await. A stepper is not for use inside a task: there, every step throws RuntimeError.
template <class Yield, class Send, class Return>
class [[nodiscard]] Stepper : private detail::StepChannel<Yield, Send> {
 public:
  /// What a step comes to: what `step` handed over (an empty value when that is nothing), or
  /// nothing at the coroutine's end.
  using Request = std::optional<detail::Stored<Yield>>;

  explicit Stepper(Coroutine<Return> coroutine) noexcept
      : detail::StepChannel<Yield, Send>(coroutine.promise_->handle()),
        coroutine_(std::move(coroutine)) {}

  /// Runs the coroutine up to its next `step`, or its end; the `step` at which it is suspended
  /// yields a default value. Throws what ends it; RuntimeError when it has ended before or is
  /// running.
  Request send() {
    check_can_go_on();
    this->answer_.send(detail::Stored<Send>{});
    return run();
  }
  /// The same, and the `step` at which it is suspended yields `value`. Only a default value can be
  /// sent to a coroutine that was not started (RuntimeError).
  Request send(detail::Stored<Send> value)
    requires(!std::is_void_v<Send>)
  {
    check_can_go_on();
    if (!started_ && !detail::is_default(value)) {
      throw RuntimeError("can't send non-None value to a just-started coroutine");
    }
    this->answer_.send(std::move(value));
    return run();
  }

  /// The same, and the `step` at which it is suspended throws `error`. A coroutine that was not
  /// started ends with it.
  Request throw_in(std::exception_ptr error) {
    check_can_go_on();
    if (!started_) {
      drop();
      std::rethrow_exception(std::move(error));
    }
    this->answer_.throw_in(std::move(error));
    return run();
  }
  template <class Error>
    requires(!std::convertible_to<Error, std::exception_ptr>)
  Request throw_in(Error error) {
    return throw_in(std::make_exception_ptr(std::move(error)));
  }

  /// Ends the coroutine: GeneratorExit is thrown at its `step`. Does nothing when it has ended; one
  /// that was not started ends without running. Throws RuntimeError when it steps again, and
  /// whatever else ends it.
  void close() {
    if (ended()) return;
    bool ignored = false;
    try {
      ignored = throw_in(GeneratorExit()).has_value();
    } catch (const GeneratorExit&) {
    }
    if (ignored) throw RuntimeError("coroutine ignored GeneratorExit");
  }

  /// True when it has ended or was moved from.
  bool ended() const noexcept { return !coroutine_; }

  /// What it returned. Throws RuntimeError when it has not ended, or has not ended by `co_return`.
  detail::Stored<Return>& result()
    requires(!std::is_void_v<Return>)
  {
    if (!returned_) throw RuntimeError("the coroutine has not returned a value");
    return *returned_;
  }

 private:
  void check_can_go_on() const {
    if (this->is_running()) throw RuntimeError("coroutine already executing");
    if (ended()) throw RuntimeError("cannot reuse already awaited coroutine");
  }
  void drop() noexcept { const Coroutine<Return> gone(std::move(coroutine_)); }

  Request run() {
    if (!started_) coroutine_.set_outermost();
    started_ = true;
    this->resume(this->resume_point_);
    if (!coroutine_.promise().done()) return std::exchange(this->request_, std::nullopt);
    const Coroutine<Return> done(std::move(coroutine_));
    if constexpr (std::is_void_v<Return>) {
      done.promise().take();
      returned_.emplace();
    } else {
      returned_ = done.promise().take();
    }
    return std::nullopt;
  }

  Coroutine<Return> coroutine_;  // empty: ended
  bool started_ = false;
  std::optional<detail::Stored<Return>> returned_;  // nothing: not ended, or by an exception
};

template <class Return>
Stepper(Coroutine<Return>) -> Stepper<void, void, Return>;

}  // namespace rondo
