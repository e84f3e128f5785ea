#include <rondo/runtime/task.h>

namespace rondo {

AnyTask current_task() {
  detail::TaskBase* task = detail::TaskBase::current(get_running_loop());
  return task == nullptr ? AnyTask() : AnyTask(*task);
}

std::vector<AnyTask> all_tasks(Loop& loop) {
  std::vector<AnyTask> tasks;
  for (detail::TaskBase* task : detail::TaskBase::all(loop))
    tasks.emplace_back(*task);
  return tasks;
}

std::vector<AnyTask> all_tasks() {
  return all_tasks(get_running_loop());
}

namespace detail {

TaskBase::TaskBase(Loop& loop, std::coroutine_handle<> coroutine, std::string name, TaskStart start)
    : loop_(&loop),
      outermost_(coroutine),
      resume_point_(coroutine),
      context_(Context::current()),
      name_(name.empty() ? nullptr : std::make_unique<std::string>(std::move(name))),
      number_(++loop.tasks_created_) {
  loop.tasks_.push_back(*this);
  if (start == TaskStart::next_turn) loop.make_ready(*this);
}

std::vector<TaskBase*> TaskBase::all(Loop& loop) {
  std::vector<TaskBase*> tasks;
  loop.tasks_.for_each_until([&tasks](TaskBase& task) {
    tasks.push_back(&task);
    return false;
  });
  loop.shuffle(tasks);
  return tasks;
}

std::string TaskBase::name() const {
  return name_ ? *name_ : "Task-" + std::to_string(number_);
}

std::string TaskBase::debug_name() const {
  if (innermost_ == nullptr) return name();
  const std::source_location& where = innermost_->location();
  return name() + " at " + where.file_name() + ":" + std::to_string(where.line());
}

const std::string& TaskBase::cancel_message() const noexcept {
  static const std::string none;
  return cancel_message_ ? *cancel_message_ : none;
}

int TaskBase::uncancel() noexcept {
  if (cancel_requests_ > 0 && --cancel_requests_ == 0) must_cancel_ = false;
  return cancel_requests_;
}

bool TaskBase::request_cancel(const std::string& message) {
  ++cancel_requests_;
  const bool taken = waiting_on_ != nullptr && waiting_on_->cancel_wait(message);
  if (!taken) must_cancel_ = true;
  // The await throws the request that was taken first; a later one does not change its message.
  if (!cancel_taken_) {
    cancel_message_ = message.empty() ? nullptr : std::make_unique<std::string>(message);
  }
  cancel_taken_ = cancel_taken_ || taken;
  return true;
}

void TaskBase::suspended_at(std::coroutine_handle<> coroutine, PromiseBase& promise,
                            Suspension& suspension) noexcept {
  resume_point_ = coroutine;
  innermost_ = &promise;
  waiting_on_ = &suspension;
}

void TaskBase::deliver_pending_cancel() {
  if (must_cancel_ && waiting_on_->cancel_wait(cancel_message())) {
    must_cancel_ = false;
    cancel_taken_ = true;
  }
  if (scope_ != nullptr) deliver_scope_cancel();
}

void TaskBase::wake() noexcept {
  loop_->make_ready(*this);
}

void TaskBase::run() {
  const Ref<FutureBase> keep(&future());
  if (!started_ && must_cancel_) {
    started_ = true;
    unlink_from_loop();
    finish_unstarted();
    return;
  }
  started_ = true;
  waiting_on_ = nullptr;
  cancel_taken_ = false;
  TaskBase* const outer = std::exchange(loop_->current_task_, this);
  {
    const ContextScope scope(context_);
    resume_here(resume_point_);
  }
  loop_->current_task_ = outer;
  if (!outermost_.done()) return;
  unlink_from_loop();
  finish_from_coroutine(take_cancel_request());
}

void TaskBase::abandon() noexcept {
  const Ref<FutureBase> keep(&future());
  unlink_from_loop();
  waiting_on_ = nullptr;
  drop_coroutine();
}

void TaskBase::unlink_from_loop() noexcept {
  innermost_ = nullptr;
  ListNode<AllTasks>::unlink();
  future().release();
}

}  // namespace detail

}  // namespace rondo
