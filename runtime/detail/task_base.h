#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/runtime/context.h>
#include <rondo/runtime/detail/future_base.h>
#include <rondo/runtime/loop.h>

// What is common to all tasks: the coroutine's place of suspension and the request to cancel.

namespace rondo {

class CancelScope;

namespace detail {

class PromiseBase;
class Suspension;

/// When a task makes its first step.
enum class TaskStart : std::uint8_t { next_turn, at_once };

class TaskBase;

/// The task whose step is running on this thread; null between steps.
inline constinit thread_local TaskBase* running_task = nullptr;

class TaskBase : public FutureBase, public ListNode<AllTasks> {
 public:
  /// The task whose step is running on this loop, or null.
  static TaskBase* current(const Loop& loop) noexcept {
    return running_task != nullptr && &running_task->loop() == &loop ? running_task : nullptr;
  }
  /// The task whose step is running on this thread. Throws RuntimeError when there is none.
  static TaskBase& running() {
    if (running_task == nullptr) throw_no_task();
    return *running_task;
  }
  /// The loop's tasks that are not done, in order of creation.
  static std::vector<TaskBase*> all(Loop& loop);

  std::string name() const;
  void set_name(std::string name) { rare().name = std::move(name); }

  bool cancel(const std::string& message) final { return done() ? false : request_cancel(message); }
  int cancelling() const noexcept { return rare_ == nullptr ? 0 : rare_->cancel_requests; }
  int uncancel() noexcept;
  void refuse_result_from_outside(const char* method) const final;

  /// The context variables' values in it; after its end, those that it left.
  Context& context() noexcept { return context_; }

  /// Makes the first step of a task that starts at once, from inside the task that makes it.
  void start_eagerly();

  /// Drops the coroutine of a task that will never run again.
  void abandon() noexcept;
  /// Never runs again either, but keeps its coroutine, which the kernel may still write to.
  void leave_to_the_kernel() noexcept { waiting_on_ = nullptr; }

  // For Suspension.
  void suspended_at(PromiseBase& promise, Suspension& suspension) noexcept {
    innermost_ = &promise;
    waiting_on_ = &suspension;
  }
  /// The suspension wants to be asked before the task goes on; see Suspension::may_resume.
  void ask_before_step() noexcept { flags_ |= asks_before_step; }
  void deliver_pending_cancel() {
    if (cancel_requested() || scope() != nullptr) deliver_cancel();
  }
  void wake() noexcept { loop().make_ready(*this); }
  bool cancel_requested() const noexcept { return (flags_ & must_cancel) != 0; }
  bool take_cancel_request() noexcept {
    const bool requested = cancel_requested();
    flags_ &= ~must_cancel;
    return requested;
  }
  /// Suspends the task for one turn, waiting for nothing.
  void give_way(PromiseBase& promise) {
    innermost_ = &promise;
    wake();
    if (scope() != nullptr) cancel_if_in_cancelled_scope();
  }
  /// Throws CancelledError if it was cancelled while it gave way.
  void check_cancelled() {
    if (take_cancel_request()) throw_cancelled_error();
  }
  const std::string& request_message() const noexcept;

  // For CancelScope.
  CancelScope* scope() const noexcept { return rare_ == nullptr ? nullptr : rare_->scope; }
  void set_scope(CancelScope* scope) { rare().scope = scope; }
  // (Defined in cancel_scope.cpp.)
  /// Is the stretch that the task is in cancelled as a whole?
  bool in_cancelled_scope() const noexcept;
  /// Ends the present wait if it is.
  void deliver_scope_cancel();

  /// Where it is suspended: the promise of its innermost coroutine. Null before the first step.
  PromiseBase* innermost() const noexcept {
    return started() && outermost_ != nullptr ? innermost_ : nullptr;
  }
  /// What it waits for; null when it is ready to run.
  Suspension* waiting_on() const noexcept { return waiting_on_; }

 protected:
  TaskBase(Loop& loop, PromiseBase& outermost, std::string_view name,
           std::source_location created_at, TaskStart start);

  /// The coroutine's promise. From now on somebody else destroys it.
  PromiseBase* take_outermost() noexcept { return std::exchange(outermost_, nullptr); }
  PromiseBase& outermost() noexcept { return *outermost_; }

 private:
  /// What few tasks have, and so does not lie in each of them.
  struct Rare {
    std::string name;              // empty: "Task-" and its number
    std::string request_message;   // of the request to cancel that is to be thrown
    CancelScope* scope = nullptr;  // the innermost that is entered; null: none
    int cancel_requests = 0;       // `cancel` calls not taken back by `uncancel`
  };
  Rare& rare();

  [[noreturn]] static void throw_no_task();
  void run() final;  // one step
  std::string debug_name() const final;
  bool started() const noexcept { return (flags_ & not_started) == 0; }
  /// Can the step be made? If not, all that there was to do is done.
  bool prepare_step();
  bool request_cancel(const std::string& message);
  void deliver_cancel();
  void cancel_if_in_cancelled_scope();
  [[noreturn]] void throw_cancelled_error() const;
  void end_step();
  void end_unstarted();
  void unlink_from_loop() noexcept;
  /// The coroutine has ended: takes its outcome over and destroys it.
  virtual void finish_from_coroutine(bool cancel_requested) = 0;
  virtual void drop_coroutine() noexcept = 0;

  PromiseBase* outermost_;            // of the coroutine, which the task owns; null: dropped
  PromiseBase* innermost_;            // whom the next step resumes
  Suspension* waiting_on_ = nullptr;  // valid while suspended
  Context context_;                   // the context variables' values in it
  std::unique_ptr<Rare> rare_;        // null: all as in a new one
  std::uint32_t number_;
  std::uint8_t flags_ = not_started;

  // Of flags_. The first three say that the next step is not an ordinary one.
  static constexpr std::uint8_t must_cancel = 1;  // a request that nothing could take
  static constexpr std::uint8_t not_started = 2;
  static constexpr std::uint8_t asks_before_step = 4;  // `waiting_on_` wants to be asked first
  static constexpr std::uint8_t cancel_taken = 8;      // what it waits for has taken a request
};

}  // namespace detail

}  // namespace rondo
