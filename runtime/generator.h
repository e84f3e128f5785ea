// This file is long because generators, delegation and their iterator are one machine.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/resumption.h>
#include <rondo/runtime/generator_exit.h>

// Generator<Yield, Send, Return>: a function that yields values one at a time and goes on where it
// was when the next one is asked for. It is Python's generator, with `send`, `throw` and `close`;
// it needs no loop and awaits nothing.
//
// Whoever calls `next` resumes the generator, on the caller's own stack, and has control back at
// the next `co_yield`. A generator that delegates (`co_yield elements_of(inner)`, Python's `yield
// from`) is the outer link of a chain. The generator that the program holds is the chain's root; it
// knows the innermost link and resumes that one directly, so an element costs the same at any
// depth, and what is sent or thrown in arrives at the innermost one. When a link ends, it hands
// control, and what it returned, to the link outside it.

namespace rondo {

template <class Yield, class Send = void, class Return = void>
class Generator;

/// What `elements_of` returns, for `co_yield`.
template <class Yield, class Send, class Return>
class [[nodiscard]] ElementsOf {
 public:
  explicit ElementsOf(Generator<Yield, Send, Return> generator) noexcept
      : generator_(std::move(generator)) {}
  Generator<Yield, Send, Return> take() noexcept { return std::move(generator_); }

 private:
  Generator<Yield, Send, Return> generator_;
};

/// `auto result = co_yield elements_of(inner(...));` yields everything that `inner` yields; what
/// is sent to or thrown into this generator goes to `inner`, and `result` is what `inner` returns.
/// An exception that ends `inner` is thrown here. A generator that has a name is moved:
/// `elements_of(std::move(inner))`.
template <class Yield, class Send, class Return>
ElementsOf<Yield, Send, Return> elements_of(Generator<Yield, Send, Return> generator) noexcept {
  return ElementsOf<Yield, Send, Return>(std::move(generator));
}

namespace detail {

/// A generator's promise, as far as it has nothing to do with types: its place in the chain.
class GeneratorLink {
 public:
  GeneratorLink(const GeneratorLink&) = delete;
  GeneratorLink& operator=(const GeneratorLink&) = delete;

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }

  class FinalAwaiter {
   public:
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    Transfer await_suspend(std::coroutine_handle<Promise> coroutine) const noexcept {
      return coroutine.promise().leave();
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  /// A generator does not await; an AsyncGenerator does.
  template <class Awaitable>
  void await_transform(Awaitable&&) = delete;

  bool started() const noexcept { return started_; }
  bool done() const noexcept { return self_.done(); }
  /// What ended it, or null.
  std::exception_ptr error() const noexcept { return error_; }

  // Of a root.

  /// Throws RuntimeError when it is called from inside the generator.
  void check_not_running() const;
  /// Resumes the innermost link; comes back when something was yielded or this link has ended.
  void resume();
  /// Destroys the frames of the chain, innermost first and without recursion.
  void destroy_chain() noexcept;
  /// True while `close` is at work.
  void set_closing(bool closing) noexcept { closing_ = closing; }

  // Of the link that runs.

  /// Makes the root `inner`, with all it delegates to, the inner end of this chain. The chain owns
  /// it from now on. Returns whom to continue with.
  std::coroutine_handle<> delegate_to(GeneratorLink& inner) noexcept;
  /// `inner` has ended; it is a root again.
  void delegation_ended(GeneratorLink& inner) noexcept { inner.innermost_ = &inner; }
  bool root_is_closing() const noexcept { return root_->closing_; }

 protected:
  GeneratorLink() noexcept { ++live_frames; }
  ~GeneratorLink() { --live_frames; }

  /// At the end: control goes to the link outside, or to whoever called `resume`.
  Transfer leave() noexcept;

  std::coroutine_handle<> self_;
  GeneratorLink* root_ = this;  // right while this link runs; it is set when that begins

 private:
  GeneratorLink* outer_ = nullptr;   // the link that delegates to this one; null: a root
  GeneratorLink* innermost_ = this;  // the link to be resumed; kept up to date in the root only
  std::exception_ptr error_;
  bool started_ = false;
  bool running_ = false;  // of a root: `resume` has been called and has not come back
  bool closing_ = false;  // of a root
};

template <class Yield, class Send, class Return>
class Delegation;

/// A generator's promise, without what it returns. Values pass through the root's.
template <class Yield, class Send>
class GeneratorChannel : public GeneratorLink {
  static_assert(std::is_object_v<Yield>, "a generator yields values; yield a pointer instead");

 public:
  class YieldAwaiter : public AwaiterBase {
   public:
    explicit YieldAwaiter(GeneratorChannel& link) noexcept : link_(link) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}  // back to `resume`
    Send await_resume() { return link_.root().resumption_.take(); }

   private:
    GeneratorChannel& link_;
  };

  template <class U = Yield>
    requires std::convertible_to<U&&, Yield>
  YieldAwaiter yield_value(U&& value) {
    root().yielded_.emplace(std::forward<U>(value));
    return YieldAwaiter(*this);
  }
  template <class Return>
  Delegation<Yield, Send, Return> yield_value(ElementsOf<Yield, Send, Return> elements) noexcept {
    return Delegation<Yield, Send, Return>(*this, elements.take());
  }

  // Of a root.
  std::optional<Yield>& yielded() noexcept { return yielded_; }
  Resumption<Send>& resumption() noexcept { return resumption_; }

  GeneratorChannel& root() noexcept { return static_cast<GeneratorChannel&>(*root_); }

 private:
  std::optional<Yield> yielded_;  // what `co_yield` left for the caller
  Resumption<Send> resumption_;
};

template <class Yield, class Send, class Return>
class GeneratorPromise final : public GeneratorChannel<Yield, Send> {
 public:
  Generator<Yield, Send, Return> get_return_object() noexcept;
  template <class U = Return>
    requires std::convertible_to<U&&, Return>
  void return_value(U&& value) {
    returned_.emplace(std::forward<U>(value));
  }
  std::optional<Return>& returned() noexcept { return returned_; }

 private:
  std::optional<Return> returned_;
};

template <class Yield, class Send>
class GeneratorPromise<Yield, Send, void> final : public GeneratorChannel<Yield, Send> {
 public:
  Generator<Yield, Send, void> get_return_object() noexcept;
  void return_void() noexcept {}
  std::optional<std::monostate> returned() const noexcept { return std::monostate(); }
};

}  // namespace detail

/// A generator that has not ended, or what it returned. Moved, not copied. Dropping one that is
/// suspended destroys its frame, and the destructors of its locals run; nothing is thrown in it.
///
/// `Send` is what `co_yield` yields inside the generator. `next` sends a default value, so a
/// generator that wants to tell "nothing was sent" takes a std::optional.
template <class Yield, class Send, class Return>
class [[nodiscard]] Generator {
 public:
  using promise_type = detail::GeneratorPromise<Yield, Send, Return>;
  using value_type = Yield;

  Generator(Generator&& other) noexcept
      : promise_(std::exchange(other.promise_, nullptr)), returned_(std::move(other.returned_)) {}
  Generator& operator=(Generator&& other) noexcept {
    Generator taken(std::move(other));
    std::swap(promise_, taken.promise_);
    std::swap(returned_, taken.returned_);
    return *this;
  }
  ~Generator() {
    if (promise_ != nullptr) promise_->destroy_chain();
  }

  /// Runs the generator up to its next `co_yield`, which gets a default value. Returns what it
  /// yields, nothing when it ends or has ended. Throws what ends it, once; RuntimeError when called
  /// from inside it.
  std::optional<Yield> next() { return send_unless_ended(detail::Stored<Send>{}); }

  /// The same, and the `co_yield` at which the generator is suspended yields `value`. Throws
  /// RuntimeError when the generator has not reached one and `value` is not the default.
  std::optional<Yield> send(detail::Stored<Send> value)
    requires(!std::is_void_v<Send>)
  {
    if (promise_ != nullptr && !promise_->started() && !detail::is_default(value)) {
      throw RuntimeError("can't send non-None value to a just-started generator");
    }
    return send_unless_ended(std::move(value));
  }

  /// The same, and the `co_yield` at which the generator is suspended throws `error`. Python's
  /// `throw`. A generator that was not started ends; one that has ended has no place to throw it:
  /// both throw `error` out of this call.
  std::optional<Yield> throw_in(std::exception_ptr error) {
    if (promise_ == nullptr) std::rethrow_exception(std::move(error));
    promise_->check_not_running();
    if (!promise_->started()) {
      drop();
      std::rethrow_exception(std::move(error));
    }
    promise_->resumption().throw_in(std::move(error));
    return take_next();
  }
  template <class Error>
    requires(!std::convertible_to<Error, std::exception_ptr>)
  std::optional<Yield> throw_in(Error error) {
    return throw_in(std::make_exception_ptr(std::move(error)));
  }

  /// Ends the generator: GeneratorExit is thrown at its `co_yield`. Does nothing when it has ended;
  /// one that was not started ends without running. Throws RuntimeError when it yields again, and
  /// whatever else ends it.
  void close();

  /// True when it has ended or was moved from.
  bool ended() const noexcept { return promise_ == nullptr; }

  /// What it returned. Throws RuntimeError when it has not ended, or has not ended by `co_return`.
  detail::Stored<Return>& result()
    requires(!std::is_void_v<Return>)
  {
    if (!returned_) throw RuntimeError("the generator has not returned a value");
    return *returned_;
  }

  class Iterator {
   public:
    using value_type = Yield;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(Generator& generator) : generator_(&generator) { ++*this; }

    Yield& operator*() const noexcept { return *generator_->promise_->yielded(); }
    Yield* operator->() const noexcept { return &**this; }
    Iterator& operator++() {
      generator_->send_and_resume(detail::Stored<Send>{});
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return generator_->ended(); }

   private:
    Generator* generator_;
  };

  /// `for (auto& value : generator)` runs it to its end, from wherever it is. What `next` throws
  /// passes through the loop.
  Iterator begin()
    requires std::is_void_v<Send>
  {
    return Iterator(*this);
  }
  std::default_sentinel_t end() const noexcept
    requires std::is_void_v<Send>
  {
    return {};
  }

 private:
  friend promise_type;
  friend class detail::Delegation<Yield, Send, Return>;

  explicit Generator(promise_type& promise) noexcept : promise_(&promise) {}

  void drop() noexcept { std::exchange(promise_, nullptr)->destroy_chain(); }
  void send_and_resume(detail::Stored<Send> value);
  void resume();
  std::optional<Yield> send_unless_ended(detail::Stored<Send> value) {
    if (promise_ == nullptr) return std::nullopt;
    send_and_resume(std::move(value));
    return take_yielded();
  }
  std::optional<Yield> take_next() {
    resume();
    return take_yielded();
  }
  std::optional<Yield> take_yielded() {
    if (promise_ == nullptr) return std::nullopt;
    return std::exchange(promise_->yielded(), std::nullopt);
  }

  promise_type* promise_;  // owns the frame that it lies in; null: ended or moved from
  std::optional<detail::Stored<Return>> returned_;  // nothing: not ended, or by an exception
};

template <class Yield, class Send, class Return>
void Generator<Yield, Send, Return>::send_and_resume(detail::Stored<Send> value) {
  if (promise_ == nullptr) return;
  promise_->check_not_running();
  promise_->resumption().send(std::move(value));
  resume();
}

/// When the generator ends, keeps what it returned, destroys its frame, and throws what ended it.
template <class Yield, class Send, class Return>
void Generator<Yield, Send, Return>::resume() {
  promise_->resume();
  if (!promise_->done()) return;
  const std::exception_ptr error = promise_->error();
  if (!error) returned_ = std::move(promise_->returned());
  drop();
  if (error) std::rethrow_exception(error);
}

template <class Yield, class Send, class Return>
void Generator<Yield, Send, Return>::close() {
  if (promise_ == nullptr) return;
  promise_->check_not_running();
  if (!promise_->started()) {
    drop();
    return;
  }
  promise_->set_closing(true);
  promise_->resumption().throw_in(std::make_exception_ptr(GeneratorExit()));
  try {
    resume();
  } catch (const GeneratorExit&) {
  }
  if (promise_ == nullptr) return;
  promise_->set_closing(false);
  promise_->yielded().reset();
  throw RuntimeError("generator ignored GeneratorExit");
}

namespace detail {

/// What `co_yield elements_of(inner)` waits for: the end of `inner`.
template <class Yield, class Send, class Return>
class Delegation : public AwaiterBase {
 public:
  Delegation(GeneratorChannel<Yield, Send>& outer, Generator<Yield, Send, Return> inner) noexcept
      : outer_(outer), inner_(std::move(inner)), closing_before_(outer.root_is_closing()) {}

  bool await_ready() const noexcept { return inner_.ended(); }
  Transfer await_suspend(std::coroutine_handle<>) {
    // An inner generator that was begun waits at a co_yield, and goes on as by `next`.
    outer_.root().resumption().send(Stored<Send>{});
    link_ = std::exchange(inner_.promise_, nullptr);
    return transfer_to(outer_.delegate_to(*link_));
  }
  Return await_resume() {
    if (link_ != nullptr) take_over_outcome();
    // An inner generator that caught the GeneratorExit has ended only itself.
    if (!closing_before_ && outer_.root_is_closing()) throw GeneratorExit();
    if constexpr (!std::is_void_v<Return>) return std::move(inner_.result());
  }

 private:
  void take_over_outcome() {
    outer_.delegation_ended(*link_);
    const Generator<Yield, Send, Return> ended(*link_);
    if (link_->error()) std::rethrow_exception(link_->error());
    inner_.returned_ = std::move(link_->returned());
  }

  GeneratorChannel<Yield, Send>& outer_;
  Generator<Yield, Send, Return> inner_;  // owns the frame only until the chain does
  GeneratorPromise<Yield, Send, Return>* link_ = nullptr;  // of `inner_`, once it is in the chain
  const bool closing_before_;  // this delegation began during `close`, in the outer's clean-up
};

template <class Yield, class Send, class Return>
Generator<Yield, Send, Return> GeneratorPromise<Yield, Send, Return>::get_return_object() noexcept {
  this->self_ = std::coroutine_handle<GeneratorPromise>::from_promise(*this);
  return Generator<Yield, Send, Return>(*this);
}

template <class Yield, class Send>
Generator<Yield, Send, void> GeneratorPromise<Yield, Send, void>::get_return_object() noexcept {
  this->self_ = std::coroutine_handle<GeneratorPromise>::from_promise(*this);
  return Generator<Yield, Send, void>(*this);
}

}  // namespace detail

}  // namespace rondo
