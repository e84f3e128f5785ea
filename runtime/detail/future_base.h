#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondo/runtime/detail/frame_pool.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/runnable.h>
#include <rondo/runtime/errors.h>

// A future's shared state, whatever its type, and whatever gives it its result.

namespace rondo {

class Loop;

namespace detail {

class FutureBase;

/// Whoever wants to know when a future is done: a waiting task's awaiter, a callback, a gather. It
/// registers itself, and is told once.
class DoneWatcher {
 public:
  DoneWatcher(const DoneWatcher&) = delete;
  DoneWatcher& operator=(const DoneWatcher&) = delete;

  /// The future has left `pending`. This puts something on the ready queue and does no more.
  virtual void future_done(FutureBase& future) = 0;
  /// The future goes away unfinished, and the watcher is forgotten.
  virtual void future_gone() noexcept {}

 protected:
  DoneWatcher() noexcept = default;
  ~DoneWatcher() = default;

 private:
  friend class FutureBase;
  DoneWatcher* next_ = nullptr;  // valid while registered
};

/// What all futures have, tasks among them. It is a Runnable for those that the loop runs: a task
/// that makes a step, a shield whose inner future has ended.
class FutureBase : public Runnable, public RefCounted<FutureBase>, public Pooled {
 public:
  virtual ~FutureBase();

  Loop& loop() const noexcept { return *loop_; }
  bool done() const noexcept { return state_ != State::pending; }
  bool cancelled() const noexcept { return state_ == State::cancelled; }
  bool failed() const noexcept { return state_ == State::finished && exception_ != nullptr; }
  const std::source_location& created_at() const noexcept { return created_at_; }

  virtual bool cancel(const std::string& message) { return finish_cancelled(message); }
  virtual void refuse_result_from_outside(const char*) const {}

  /// Registers a watcher. When the future is done already, it is told at once.
  void add_watcher(DoneWatcher& watcher) {
    if (done()) {
      watcher.future_done(*this);
      return;
    }
    if (last_watcher_ == nullptr) {
      watcher.next_ = &watcher;
    } else {
      watcher.next_ = std::exchange(last_watcher_->next_, &watcher);
    }
    last_watcher_ = &watcher;
  }
  /// Forgets a watcher; returns false when it was not registered (any more).
  bool remove_watcher(DoneWatcher& watcher) noexcept;

  void set_exception(std::exception_ptr exception);
  /// The exception, or null. Throws InvalidStateError when pending, CancelledError when cancelled.
  std::exception_ptr exception();
  /// Nobody needs to be told that the exception was never read.
  void mark_retrieved() noexcept { unretrieved_ = false; }
  /// Throws whatever stands in the way of a result.
  void check_result() {
    if (state_ != State::finished || exception_) throw_instead_of_result();
  }
  /// What a wait on this future throws when it was cancelled.
  [[noreturn]] void throw_cancelled() const;
  /// What `cancel` was given, of one that was cancelled.
  std::string cancel_message() const;

  /// Where the result lies, of the type that the future was made for.
  virtual void* result_address() noexcept = 0;

  void run() override {}

 protected:
  FutureBase(Loop& loop, std::source_location created_at) noexcept
      : loop_(&loop), created_at_(created_at) {}

  void check_pending() const {
    if (done()) throw_not_pending();
  }
  void finish() { leave_pending(State::finished, nullptr); }
  bool finish_cancelled(const std::string& message);

  /// Tells the exception handler of an exception that nobody has read, once. For destructors.
  void report_unretrieved(const char* kind, const std::string& owner) noexcept;
  bool unretrieved() const noexcept { return unretrieved_; }

 private:
  enum class State : std::uint8_t { pending, cancelled, finished };

  void leave_pending(State state, std::exception_ptr exception) {
    const Ref<FutureBase> keep(this);
    DoneWatcher* last = last_watcher_;
    std::construct_at(&exception_, std::move(exception));
    state_ = state;
    if (last != nullptr) tell(*last);
  }
  void tell(DoneWatcher& last);
  [[noreturn]] void throw_not_pending() const;
  [[noreturn]] void throw_instead_of_result();

  State state_ = State::pending;
  bool unretrieved_ = false;  // holds an exception that nobody has read
  Loop* loop_;
  union {
    DoneWatcher* last_watcher_ = nullptr;  // pending: of a ring in order of registration, or null
    std::exception_ptr exception_;         // done: null, or what it failed with; or, of one that
                                           // was cancelled with a message, a CancelledError
  };
  std::source_location created_at_;
};

/// void has no values; this stands in for one.
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// A future's result, of type T. `Base`: what gives it, if that is not somebody else.
template <class T, class Base = FutureBase>
class WithResult : public Base {
 public:
  template <class... Args>
  explicit WithResult(Args&&... args) : Base(std::forward<Args>(args)...) {}

  template <class... Args>
  void set_result(Args&&... args) {
    this->check_pending();
    value_.emplace(std::forward<Args>(args)...);
    this->finish();
  }
  void* result_address() noexcept final { return &*value_; }

 private:
  std::optional<T> value_;  // set when finished without an exception
};

template <class Base>
class WithResult<void, Base> : public Base {
 public:
  template <class... Args>
  explicit WithResult(Args&&... args) : Base(std::forward<Args>(args)...) {}

  void set_result(std::monostate = {}) {
    this->check_pending();
    this->finish();
  }
  void* result_address() noexcept final {
    static std::monostate nothing;
    return &nothing;
  }
};

/// The result of a future that was made for a T. Throws what stands in its way.
template <class T>
Stored<T>& result_of(FutureBase& future) {
  future.check_result();
  return *static_cast<Stored<T>*>(future.result_address());
}

}  // namespace detail

}  // namespace rondo
