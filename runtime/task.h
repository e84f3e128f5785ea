#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/runtime/context.h>
#include <rondo/runtime/future.h>

// Task<T>: a Future that drives a Coroutine, one step each time it is woken.
//
// A step resumes the innermost coroutine and ends when that suspends again, or when the outermost
// one has ended. Cancelling a task is a request, delivered once: what the task waits for is asked
// to end, and the await throws CancelledError; if there is nothing to ask, the task remembers the
// request until its next step. The loop owns its tasks: dropping a Task detaches it. This is
// asyncio.Task.

namespace rondo {

class CancelScope;

namespace detail {

/// When a task makes its first step.
enum class TaskStart : std::uint8_t { next_turn, at_once };

/// What is common to all tasks: the coroutine's place of suspension and the request to cancel.
class TaskBase : public Runnable, public ListNode<AllTasks> {
 public:
  /// The task whose step is running on this loop, or null.
  static TaskBase* current(const Loop& loop) noexcept { return loop.current_task_; }
  /// The loop's tasks that are not done, in order of creation.
  static std::vector<TaskBase*> all(Loop& loop);

  Loop& loop() const noexcept { return *loop_; }
  virtual FutureBase& future() noexcept = 0;
  bool is(const FutureBase& other) noexcept { return &future() == &other; }
  bool is(const FutureBase& other) const noexcept { return const_cast<TaskBase*>(this)->is(other); }

  std::string name() const;
  void set_name(std::string name) { name_ = std::make_unique<std::string>(std::move(name)); }

  int cancelling() const noexcept { return cancel_requests_; }
  int uncancel() noexcept;

  /// The context variables' values in it; after its end, those that it left.
  const Context& context() const noexcept { return context_; }

  /// Makes the first step of a task that starts at once, from inside the task that makes it.
  void start_eagerly() { run(); }

  /// Drops the coroutine of a task that will never run again.
  void abandon() noexcept;
  /// Never runs again either, but keeps its coroutine, which the kernel may still write to.
  void leave_to_the_kernel() noexcept { waiting_on_ = nullptr; }

  // For Suspension.
  void suspended_at(std::coroutine_handle<> coroutine, PromiseBase& promise,
                    Suspension& suspension) noexcept;
  void deliver_pending_cancel();
  void wake() noexcept;
  bool take_cancel_request() noexcept { return std::exchange(must_cancel_, false); }
  const std::string& cancel_message() const noexcept;

  // For CancelScope.
  CancelScope* scope() const noexcept { return scope_; }
  void set_scope(CancelScope* scope) noexcept { scope_ = scope; }
  // (Defined in cancel_scope.cpp.)
  /// Is the stretch that the task is in cancelled as a whole?
  bool in_cancelled_scope() const noexcept;
  /// Ends the present wait if it is.
  void deliver_scope_cancel();

  /// Where it is suspended: the promise of its innermost coroutine. Null before the first step.
  PromiseBase* innermost() const noexcept { return innermost_; }
  /// What it waits for; null when it is ready to run.
  Suspension* waiting_on() const noexcept { return waiting_on_; }

 protected:
  TaskBase(Loop& loop, std::coroutine_handle<> coroutine, std::string name, TaskStart start);
  ~TaskBase() = default;

  bool request_cancel(const std::string& message);

 private:
  void run() final;  // one step
  std::string debug_name() const final;
  void unlink_from_loop() noexcept;
  void dropped() noexcept final {}
  /// The coroutine has ended: takes its outcome over and destroys it.
  virtual void finish_from_coroutine(bool cancel_requested) = 0;
  virtual void finish_unstarted() = 0;
  virtual void drop_coroutine() noexcept = 0;

  Loop* loop_;
  std::coroutine_handle<> outermost_;
  std::coroutine_handle<> resume_point_;         // whom the next step resumes
  PromiseBase* innermost_ = nullptr;             // the promise of resume_point_; null: not started
  Suspension* waiting_on_ = nullptr;             // valid while suspended
  CancelScope* scope_ = nullptr;                 // the innermost that is entered; null: none
  Context context_;                              // the context variables' values in it
  std::unique_ptr<std::string> name_;            // null: "Task-" and its number
  std::unique_ptr<std::string> cancel_message_;  // of the request to be thrown; null: none
  std::uint32_t number_;
  int cancel_requests_ = 0;    // `cancel` calls not taken back by `uncancel`
  bool must_cancel_ = false;   // a request that nothing could take; delivered at the next step
  bool cancel_taken_ = false;  // what it waits for has taken a request
  bool started_ = false;
};

template <class T>
class TaskState final : public FutureState<T>, public TaskBase {
 public:
  TaskState(Loop& loop, Coroutine<T> coroutine, std::string name, std::source_location created_at,
            TaskStart start = TaskStart::next_turn)
      : FutureState<T>(loop, created_at),
        TaskBase(loop, coroutine.handle_, std::move(name), start),
        coroutine_(std::move(coroutine)) {
    coroutine_.set_outermost();
    this->add_ref();  // the loop's, given back when the task is done
  }
  ~TaskState() override { this->report_unretrieved("Task", name()); }

  FutureBase& future() noexcept override { return *this; }
  bool cancel(const std::string& message) override {
    return this->done() ? false : request_cancel(message);
  }
  void refuse_result_from_outside(const char* method) const override {
    throw RuntimeError(std::string("Task does not support ") + method + " operation");
  }

 private:
  void finish_from_coroutine(bool cancel_requested) override {
    if (const std::exception_ptr error = coroutine_.promise().error()) {
      drop_coroutine();
      finish_with(error);
    } else if (cancel_requested) {
      drop_coroutine();
      this->finish_cancelled(TaskBase::cancel_message());
    } else if constexpr (std::is_void_v<T>) {
      drop_coroutine();
      this->set_result();
    } else {
      T value = coroutine_.promise().take();
      drop_coroutine();
      this->set_result(std::move(value));
    }
  }
  void finish_with(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const CancelledError& cancelled) {
      this->finish_cancelled(cancelled.message());
    } catch (...) {
      this->set_exception(error);
    }
  }
  void finish_unstarted() override {
    drop_coroutine();
    this->finish_cancelled(TaskBase::cancel_message());
  }
  void drop_coroutine() noexcept override { const Coroutine<T> gone(std::move(coroutine_)); }

  Coroutine<T> coroutine_;
};

}  // namespace detail

/// A task, whatever it returns.
class AnyTask : public AnyFuture {
 public:
  AnyTask() noexcept = default;
  explicit AnyTask(detail::TaskBase& task) noexcept
      : AnyFuture(detail::Ref<detail::FutureBase>(&task.future())), task_(&task) {}

  std::string get_name() const { return task_->name(); }
  void set_name(std::string name) const { task_->set_name(std::move(name)); }

  /// How many `cancel` calls were not taken back by `uncancel`.
  int cancelling() const noexcept { return task_->cancelling(); }
  /// Takes one request to cancel back; returns how many are left. At none, a request that was not
  /// delivered yet is dropped.
  int uncancel() const noexcept { return task_->uncancel(); }

  detail::TaskBase& task() const noexcept { return *task_; }

 protected:
  detail::TaskBase* task_ = nullptr;  // kept alive by state_
};

/// A coroutine that runs by itself on the loop, and the future of what it returns.
///
/// `cancel(message)` asks it to end: CancelledError is thrown at the await where it is suspended,
/// in its next step. Returns true when the request was taken, false when the task is done. A task
/// may catch the error and go on; then it was not cancelled.
template <class T = void>
class Task : public AnyTask {
 public:
  using value_type = T;

  Task() noexcept = default;
  explicit Task(detail::TaskState<T>& state) noexcept : AnyTask(state) {}

  /// As Future::result.
  const detail::Stored<T>& result() const { return typed().value(); }

  /// `co_await task` waits for its result. Cancelling the waiting task cancels this one; use
  /// `shield` to prevent that. Throws what `result` throws; RuntimeError when it awaits itself.
  auto operator co_await() const {
    return detail::FutureAwaiter<T>(detail::Ref<detail::FutureState<T>>(&typed()));
  }

  /// A Task is a Future. (Giving it a result from outside is a RuntimeError.)
  operator Future<T>() const {  // NOLINT(google-explicit-constructor): the "is a" of asyncio
    return Future<T>(detail::Ref<detail::FutureState<T>>(&typed()));
  }

 private:
  detail::FutureState<T>& typed() const noexcept {
    return static_cast<detail::FutureState<T>&>(*state_);
  }
};

/// Starts a coroutine as a task of `loop`: its first step comes in the next turn.
template <class T>
Task<T> create_task_on(Loop& loop, Coroutine<T> coroutine, std::string name = {},
                       std::source_location here = std::source_location::current()) {
  if (!coroutine) throw RuntimeError("cannot make a task of a coroutine that was moved from");
  if (loop.is_closed()) throw RuntimeError("the event loop is closed");
  return Task<T>(*new detail::TaskState<T>(loop, std::move(coroutine), std::move(name), here));
}

/// Starts a coroutine as a task of the running loop, named "Task-N" unless `name` is given. Throws
/// RuntimeError when no loop is running.
template <class T>
Task<T> create_task(Coroutine<T> coroutine, std::string name = {},
                    std::source_location here = std::source_location::current()) {
  return create_task_on(get_running_loop(), std::move(coroutine), std::move(name), here);
}

/// First argument of create_task: the task makes its first step at once, inside the call.
struct EagerStart {
  explicit EagerStart() = default;
};
inline constexpr EagerStart eager_start{};

/// Starts a coroutine as a task that runs at once up to its first suspension; one that never
/// suspends is done when this returns, and never was on the ready queue. See asyncio's
/// eager_task_factory.
template <class T>
Task<T> create_task(EagerStart, Coroutine<T> coroutine, std::string name = {},
                    std::source_location here = std::source_location::current()) {
  if (!coroutine) throw RuntimeError("cannot make a task of a coroutine that was moved from");
  const detail::Ref<detail::TaskState<T>> state(new detail::TaskState<T>(
      get_running_loop(), std::move(coroutine), std::move(name), here, detail::TaskStart::at_once));
  state->start_eagerly();
  return Task<T>(*state);
}

namespace detail {

template <class F, class... Args>
using CoroutineOf = std::remove_cvref_t<std::invoke_result_t<F&, Args...>>;

/// Keeps a function and its arguments alive while its coroutine runs.
template <class F, class... Args>
CoroutineOf<F, Args...> call_and_keep(F fn, Args... args) {
  auto coroutine = std::invoke(fn, std::move(args)...);
  co_return co_await coroutine;
}

}  // namespace detail

/// Starts `fn(args...)` as a task. `fn` and the arguments live as long as the task, so `fn` may be
/// a lambda with captures.
template <class F, class... Args>
  requires std::invocable<F&, Args...>
auto create_task(F fn, Args... args) {
  return create_task(detail::call_and_keep(std::move(fn), std::move(args)...));
}

/// The task that is running; an empty one inside a plain callback. Throws RuntimeError when no loop
/// is running.
AnyTask current_task();

/// The tasks of the running loop that are not done, in order of creation.
std::vector<AnyTask> all_tasks();
std::vector<AnyTask> all_tasks(Loop& loop);

}  // namespace rondo
