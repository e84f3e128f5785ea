#include <rondo/runtime/cancel_scope.h>
#include <rondo/runtime/keyboard_interrupt.h>
#include <rondo/runtime/task_group.h>

namespace rondo {

namespace {

enum class Kind { cancelled, fatal, ordinary };

Kind kind_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const CancelledError&) {
    return Kind::cancelled;
  } catch (const KeyboardInterrupt&) {
    return Kind::fatal;
  } catch (...) {
    return Kind::ordinary;
  }
}

}  // namespace

/// A child's place in the group, until it has ended.
class TaskGroup::Child final : public detail::DoneWatcher,
                               public detail::Runnable,
                               public detail::ListNode<TaskGroup>,
                               public detail::Pooled {
 public:
  Child(TaskGroup& group, const AnyTask& task) : group_(group), task_(task) {}

  const AnyTask& task() const noexcept { return task_; }
  void future_done(detail::FutureBase& future) override { future.loop().make_ready(*this); }
  void future_gone() noexcept override { delete this; }
  void dropped() noexcept override { delete this; }
  void run() override {
    const std::unique_ptr<Child> self(this);
    group_.child_done(*this);
  }

 private:
  TaskGroup& group_;
  AnyTask task_;
};

TaskGroup::TaskGroup(TaskGroup&& other) {
  if (other.parent_) throw RuntimeError("a TaskGroup that was entered cannot be moved");
}

// Children are left only when the whole frame is dropped with its loop.
TaskGroup::~TaskGroup() {
  while (!children_.empty()) {
    Child& child = children_.pop_front();
    child.task().state().remove_watcher(child);
    delete &child;
  }
}

Coroutine<void> TaskGroup::aenter() {
  if (parent_) throw RuntimeError("TaskGroup has already been entered");
  parent_ = current_task();
  co_return;
}

void TaskGroup::check_open() const {
  if (!parent_) throw RuntimeError("TaskGroup has not been entered");
  if (exiting_ && const_cast<TaskGroup*>(this)->children_.empty()) {
    throw RuntimeError("TaskGroup is finished");
  }
  if (aborting_) throw RuntimeError("TaskGroup is shutting down");
}

void TaskGroup::adopt(const AnyTask& task) {
  auto* child = new Child(*this, task);
  children_.push_back(*child);
  task.state().add_watcher(*child);
}

void TaskGroup::abort() {
  aborting_ = true;
  std::vector<AnyTask> tasks;
  children_.for_each_until([&tasks](Child& child) {
    tasks.push_back(child.task());
    return false;
  });
  parent_.get_loop().shuffle(tasks);
  for (AnyTask& task : tasks)
    task.cancel();
}

void TaskGroup::add_error(std::exception_ptr error) {
  if (!fatal_ && kind_of(error) == Kind::fatal) fatal_ = error;
  errors_.push_back(std::move(error));
}

void TaskGroup::child_done(Child& child) {
  static_cast<detail::ListNode<TaskGroup>&>(child).unlink();
  if (children_.empty() && all_done_ != nullptr) all_done_->set();
  const AnyTask& task = child.task();
  if (task.cancelled()) return;
  const std::exception_ptr error = task.exception();
  if (!error) return;
  add_error(error);
  if (aborting_ || parent_cancelled_) return;
  // The body may be waiting for something else: it has to be told. `aexit` takes this back.
  abort();
  parent_cancelled_ = true;
  parent_.cancel();
}

// Returns the CancelledError to throw in the end, if there is nothing worse.
Coroutine<std::exception_ptr> TaskGroup::wait_for_children(std::exception_ptr cancelled) {
  while (!children_.empty()) {
    // A scope that is cancelled around the group says so once; the children still take their time.
    std::optional<detail::ShieldFromScopes> shield;
    if (aborting_) shield.emplace();
    detail::PlainSignal all_done;
    all_done_ = &all_done;
    try {
      co_await all_done;
    } catch (const CancelledError&) {
      if (!aborting_) {
        cancelled = std::current_exception();
        abort();
      }
    }
    all_done_ = nullptr;
  }
  co_return cancelled;
}

Coroutine<void> TaskGroup::aexit(std::exception_ptr error) {
  exiting_ = true;
  const Kind kind = error ? kind_of(error) : Kind::ordinary;
  if (kind == Kind::fatal && !fatal_) fatal_ = error;
  if (error && !aborting_) abort();

  std::exception_ptr cancelled = kind == Kind::cancelled ? error : nullptr;
  cancelled = co_await wait_for_children(cancelled);

  if (fatal_) std::rethrow_exception(fatal_);
  if (parent_cancelled_ && parent_.uncancel() == 0) cancelled = nullptr;
  if (cancelled && errors_.empty()) std::rethrow_exception(cancelled);
  if (error && kind != Kind::cancelled) errors_.push_back(error);
  if (errors_.empty()) co_return;
  if (parent_.cancelling() > 0) {
    // Somebody else wants the task to end: after this error, the next await says so.
    parent_.uncancel();
    parent_.cancel();
  }
  throw ExceptionGroup("unhandled errors in a TaskGroup", std::exchange(errors_, {}));
}

}  // namespace rondo
