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

namespace detail {

template <class T>
class TaskState final : public WithResult<T, TaskBase> {
 public:
  /// Takes the coroutine over.
  TaskState(Loop& loop, Coroutine<T>& coroutine, std::string_view name,
            std::source_location created_at, TaskStart start)
      : WithResult<T, TaskBase>(loop, coroutine.promise(), name, created_at, start) {
    coroutine.set_outermost();
    coroutine.promise_ = nullptr;  // the task's from now on
    this->add_ref();               // the loop's, given back when the task is done
  }
  ~TaskState() override {
    drop_coroutine();
    if (this->unretrieved()) this->report_unretrieved("Task", this->name());
  }

 private:
  Promise<T>& promise() noexcept { return static_cast<Promise<T>&>(this->outermost()); }

  void finish_from_coroutine(bool cancel_requested) override {
    if (const std::exception_ptr error = promise().error()) {
      drop_coroutine();
      finish_with(error);
    } else if (cancel_requested) {
      drop_coroutine();
      this->finish_cancelled(this->request_message());
    } else if constexpr (std::is_void_v<T>) {
      drop_coroutine();
      this->set_result();
    } else {
      T value = promise().take();
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
  void drop_coroutine() noexcept override {
    if (PromiseBase* const promise = this->take_outermost()) {
      const Coroutine<T> gone(static_cast<Promise<T>&>(*promise));
    }
  }
};

/// Makes a task of a coroutine, which is empty afterwards.
template <class T>
TaskState<T>& start_task(Loop& loop, Coroutine<T>& coroutine, std::string_view name,
                         std::source_location here, TaskStart start = TaskStart::next_turn) {
  if (!coroutine) throw RuntimeError("cannot make a task of a coroutine that was moved from");
  if (loop.is_closed()) throw RuntimeError("the event loop is closed");
  return *new TaskState<T>(loop, coroutine, name, here, start);
}

}  // namespace detail

/// A task, whatever it returns.
class AnyTask : public AnyFuture {
 public:
  AnyTask() noexcept = default;
  explicit AnyTask(detail::TaskBase& task) noexcept
      : AnyFuture(detail::Ref<detail::FutureBase>(&task)) {}

  std::string get_name() const { return task().name(); }
  void set_name(std::string name) const { task().set_name(std::move(name)); }

  /// How many `cancel` calls were not taken back by `uncancel`.
  int cancelling() const noexcept { return task().cancelling(); }
  /// Takes one request to cancel back; returns how many are left. At none, a request that was not
  /// delivered yet is dropped.
  int uncancel() const noexcept { return task().uncancel(); }

  detail::TaskBase& task() const noexcept { return static_cast<detail::TaskBase&>(*state_); }
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
  const detail::Stored<T>& result() const { return detail::result_of<T>(*state_); }

  /// `co_await task` waits for its result. Cancelling the waiting task cancels this one; use
  /// `shield` to prevent that. Throws what `result` throws; RuntimeError when it awaits itself.
  auto operator co_await() const { return detail::FutureAwaiter<T>(state_); }

  /// A Task is a Future. (Giving it a result from outside is a RuntimeError.)
  operator Future<T>() const {  // NOLINT(google-explicit-constructor): the "is a" of asyncio
    return Future<T>(state_);
  }
};

/// Starts a coroutine as a task of `loop`: its first step comes in the next turn.
template <class T>
Task<T> create_task_on(Loop& loop, Coroutine<T> coroutine, std::string_view name = {},
                       std::source_location here = std::source_location::current()) {
  return Task<T>(detail::start_task(loop, coroutine, name, here));
}

/// Starts a coroutine as a task of the running loop, named "Task-N" unless `name` is given. Throws
/// RuntimeError when no loop is running.
template <class T>
Task<T> create_task(Coroutine<T> coroutine, std::string_view name = {},
                    std::source_location here = std::source_location::current()) {
  return Task<T>(detail::start_task(get_running_loop(), coroutine, name, here));
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
Task<T> create_task(EagerStart, Coroutine<T> coroutine, std::string_view name = {},
                    std::source_location here = std::source_location::current()) {
  const detail::Ref<detail::TaskState<T>> state(
      &detail::start_task(get_running_loop(), coroutine, name, here, detail::TaskStart::at_once));
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
