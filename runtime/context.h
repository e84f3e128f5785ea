#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondo/runtime/errors.h>

// Context variables: values that belong to a chain of tasks, as thread-locals belong to a thread.
//
// A context is a set of values. A task gets a copy of its maker's when it is created, a callback
// one when it is scheduled; what they set in it stays theirs. Copying costs nothing: the values are
// shared, and setting one makes a new set. This is Python's contextvars.

namespace rondo {

/// A context variable was asked for a value that it does not have.
class LookupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {
class ContextScope;
}

/// A set of values of context variables. A cheap handle on something that never changes, so that
/// threads may share it.
class Context {
 public:
  Context() noexcept = default;
  Context(const Context& other) noexcept : values_(other.values_) { add_ref(); }
  Context(Context&& other) noexcept : values_(std::exchange(other.values_, nullptr)) {}
  Context& operator=(Context other) noexcept {
    swap(other);
    return *this;
  }
  ~Context() { release(); }

  void swap(Context& other) noexcept { std::swap(values_, other.values_); }

  /// How many variables have a value here.
  std::size_t size() const noexcept { return values_ == nullptr ? 0 : values_->entries.size(); }

  /// Runs `fn(args...)` in this context, and returns what it returns; what it sets stays here.
  template <class F, class... Args>
  decltype(auto) run(F&& fn, Args&&... args);

  /// The context that this thread runs in.
  static Context& current() noexcept;

 private:
  template <class T>
  friend class ContextVar;

  using Value = std::shared_ptr<const void>;
  struct Entry {
    const void* variable;  // its address names it
    Value value;
  };
  struct Values {
    std::atomic<std::uint32_t> references{1};
    std::vector<Entry> entries;
  };

  void add_ref() const noexcept {
    if (values_ != nullptr) values_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    if (values_ != nullptr) release_values();
  }
  void release_values() noexcept;
  /// The context that a thread begins in.
  static Context& of_thread() noexcept;

  Value find(const void* variable) const noexcept;
  /// Null takes the variable out.
  void set(const void* variable, Value value);

  friend class detail::ContextScope;

  Values* values_ = nullptr;  // shared and unchanging; null: empty

  static constinit thread_local Context* entered_;  // null: the running task's, or the thread's own
};

inline constinit thread_local Context* Context::entered_ = nullptr;

/// The present context, to run something in later. See contextvars.copy_context.
inline Context copy_context() {
  return Context::current();
}

namespace detail {

/// Runs what follows, to the end of the scope, in `context`; null: in that of the running task.
class ContextScope {
 public:
  explicit ContextScope(Context& context) noexcept : ContextScope(&context) {}
  explicit ContextScope(Context* context) noexcept
      : outer_(std::exchange(Context::entered_, context)) {}
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;
  ~ContextScope() { Context::entered_ = outer_; }

 private:
  Context* outer_;
};

}  // namespace detail

template <class F, class... Args>
decltype(auto) Context::run(F&& fn, Args&&... args) {
  const detail::ContextScope scope(*this);
  return std::forward<F>(fn)(std::forward<Args>(args)...);
}

/// A variable with a value for each context. Usually a global; its address names it, so it does not
/// move. See contextvars.ContextVar.
template <class T>
class ContextVar {
 public:
  /// What `set` returns, to take it back with `reset`.
  class Token {
   public:
    /// The value before; null if there was none.
    const T* old_value() const noexcept { return static_cast<const T*>(old_.get()); }

   private:
    friend class ContextVar;
    Token(const ContextVar& variable, Context::Value old) noexcept
        : variable_(&variable), old_(std::move(old)) {}

    const ContextVar* variable_;  // null: used
    Context::Value old_;          // null: it had no value
  };

  explicit ContextVar(std::string name) : name_(std::move(name)) {}
  ContextVar(std::string name, T otherwise)
      : name_(std::move(name)), default_(std::move(otherwise)) {}
  ContextVar(const ContextVar&) = delete;
  ContextVar& operator=(const ContextVar&) = delete;

  const std::string& name() const noexcept { return name_; }

  /// The value in the present context, or the default. Throws LookupError when there is neither.
  T get() const {
    if (const Context::Value value = Context::current().find(this)) {
      return *static_cast<const T*>(value.get());
    }
    if (!default_) throw LookupError("context variable \"" + name_ + "\" has no value");
    return *default_;
  }
  /// The value in the present context, or `otherwise`.
  T get(T otherwise) const {
    const Context::Value value = Context::current().find(this);
    return value ? *static_cast<const T*>(value.get()) : std::move(otherwise);
  }
  /// Sets the value in the present context.
  Token set(T value) {
    Context& context = Context::current();
    Token token(*this, context.find(this));
    context.set(this, std::make_shared<const T>(std::move(value)));
    return token;
  }
  /// Takes a `set` back. Throws RuntimeError for a token that was used, ValueError for another
  /// variable's.
  void reset(Token& token) {
    if (token.variable_ == nullptr) throw RuntimeError("the token has been used once already");
    if (token.variable_ != this) throw ValueError("the token was made by another ContextVar");
    token.variable_ = nullptr;
    Context::current().set(this, std::move(token.old_));
  }

 private:
  std::string name_;
  std::optional<T> default_;
};

}  // namespace rondo
