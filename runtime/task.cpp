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

TaskBase::TaskBase(Loop& loop, PromiseBase& outermost, std::string name,
                   std::source_location created_at, TaskStart start)
    : FutureBase(loop, created_at),
      outermost_(&outermost),
      innermost_(&outermost),
      context_(Context::current()),
      number_(++loop.tasks_created_) {
  if (!name.empty()) set_name(std::move(name));
  loop.tasks_.push_back(*this);
  if (start == TaskStart::next_turn) loop.make_ready(*this);
}

void TaskBase::throw_no_task() {
  get_running_loop();
  throw RuntimeError("await outside of a task");
}

TaskBase::Rare& TaskBase::rare() {
  if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
  return *rare_;
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
  return rare_ != nullptr && !rare_->name.empty() ? rare_->name : "Task-" + std::to_string(number_);
}

std::string TaskBase::debug_name() const {
  if (!started_) return name();
  const std::source_location& where = innermost_->location();
  return name() + " at " + where.file_name() + ":" + std::to_string(where.line());
}

void TaskBase::refuse_result_from_outside(const char* method) const {
  throw RuntimeError(std::string("Task does not support ") + method + " operation");
}

const std::string& TaskBase::request_message() const noexcept {
  static const std::string none;
  return rare_ == nullptr ? none : rare_->request_message;
}

int TaskBase::uncancel() noexcept {
  if (cancelling() == 0) return 0;
  if (--rare_->cancel_requests == 0) must_cancel_ = false;
  return rare_->cancel_requests;
}

bool TaskBase::request_cancel(const std::string& message) {
  ++rare().cancel_requests;
  const bool taken = waiting_on_ != nullptr && waiting_on_->cancel_wait(message);
  if (!taken) must_cancel_ = true;
  // The await throws the request that was taken first; a later one does not change its message.
  if (!cancel_taken_) rare_->request_message = message;
  cancel_taken_ = cancel_taken_ || taken;
  return true;
}

void TaskBase::deliver_cancel() {
  if (must_cancel_ && waiting_on_->cancel_wait(request_message())) {
    must_cancel_ = false;
    cancel_taken_ = true;
  }
  if (scope() != nullptr) deliver_scope_cancel();
}

void TaskBase::run() {
  if (asks_before_step_) {
    if (!waiting_on_->may_resume()) return;
    asks_before_step_ = false;
  }
  if (must_cancel_ && !started_) {
    end_unstarted();
    return;
  }
  started_ = true;
  waiting_on_ = nullptr;
  cancel_taken_ = false;
  TaskBase* const outer = std::exchange(running_task, this);
  {
    const ContextScope scope(context_);
    resume_here(innermost_->handle());
  }
  running_task = outer;
  if (outermost_->done()) end_step();
}

void TaskBase::end_step() {
  const Ref<FutureBase> keep(this);
  unlink_from_loop();
  finish_from_coroutine(take_cancel_request());
}

void TaskBase::end_unstarted() {
  const Ref<FutureBase> keep(this);
  unlink_from_loop();
  drop_coroutine();
  finish_cancelled(request_message());
}

void TaskBase::abandon() noexcept {
  const Ref<FutureBase> keep(this);
  unlink_from_loop();
  waiting_on_ = nullptr;
  drop_coroutine();
}

void TaskBase::unlink_from_loop() noexcept {
  ListNode<AllTasks>::unlink();
  release();
}

}  // namespace detail

}  // namespace rondo
