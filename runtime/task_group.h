#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include <rondo/runtime/exception_group.h>
#include <rondo/runtime/future.h>
#include <rondo/runtime/sleep.h>
#include <rondo/runtime/task.h>

// TaskGroup: tasks that belong together, and a place where all of them have ended.
//
// When a child fails, the other children and the body are cancelled; when all have ended, the
// errors are thrown together as an ExceptionGroup. Nobody is left behind. This is
// asyncio.TaskGroup.

namespace rondo {

/// To be used with async_with:
/// `co_await async_with(TaskGroup(), [](TaskGroup& group) -> Coroutine<> { … });`
class TaskGroup {
 public:
  TaskGroup() = default;
  /// To be handed to async_with; one that was entered does not move.
  TaskGroup(TaskGroup&& other);
  TaskGroup& operator=(TaskGroup&&) = delete;
  ~TaskGroup();

  /// Starts a coroutine as a task of this group; see create_task. Throws RuntimeError, and destroys
  /// the coroutine, when the group was not entered, is being cancelled or has ended.
  template <class T>
  Task<T> create_task(Coroutine<T> coroutine, std::string_view name = {},
                      std::source_location here = std::source_location::current()) {
    check_open();
    Task<T> task = create_task_on(parent_.get_loop(), std::move(coroutine), name, here);
    adopt(task);
    return task;
  }
  /// Awaits what is no coroutine, a sleep or a queue's `get`, in a task of this group.
  template <PlainAwaitable A>
  Task<AwaitResult<A>> create_task(A awaitable, std::string_view name = {},
                                   std::source_location here = std::source_location::current()) {
    return create_task(as_coroutine(std::move(awaitable)), name, here);
  }
  /// Starts `fn(args...)` as a task of this group; they live as long as the task.
  template <class F, class... Args>
    requires std::invocable<F&, Args...>
  auto create_task(F fn, Args... args) {
    return create_task(detail::call_and_keep(std::move(fn), std::move(args)...));
  }

  /// Enters; throws RuntimeError outside of a task or the second time.
  Coroutine<void> aenter();
  /// Waits until every child has ended, cancelling them first if the body ended with `error`.
  /// Throws the ExceptionGroup of all that failed, or CancelledError when the task is cancelled and
  /// nobody failed.
  Coroutine<void> aexit(std::exception_ptr error);

 private:
  class Child;

  void check_open() const;
  void adopt(const AnyTask& task);
  void child_done(Child& child);
  void abort();
  Coroutine<std::exception_ptr> wait_for_children(std::exception_ptr cancelled);
  void add_error(std::exception_ptr error);

  AnyTask parent_;  // empty before `aenter`
  detail::IntrusiveList<Child, TaskGroup> children_;
  std::vector<std::exception_ptr> errors_;
  std::exception_ptr fatal_;            // a KeyboardInterrupt goes before everything else
  detail::Signal* all_done_ = nullptr;  // set when the last child has ended; null: nobody waits
  bool exiting_ = false;                // the body has ended
  bool aborting_ = false;               // the children were cancelled
  bool parent_cancelled_ = false;       // by us, for a child's sake
};

}  // namespace rondo
