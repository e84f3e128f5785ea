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

TaskBase::TaskBase(Loop& loop, PromiseBase& outermost, std::string_view name,
                   std::source_location created_at, TaskStart start)
    : FutureBase(loop, created_at),
      outermost_(&outermost),
      innermost_(&outermost),
      context_(Context::current()),
      number_(++loop.tasks_created_) {
  if (!name.empty()) set_name(std::string(name));
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
  if (!started()) return name();
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
  if (--rare_->cancel_requests == 0) flags_ &= ~must_cancel;
  return rare_->cancel_requests;
}

bool TaskBase::request_cancel(const std::string& message) {
  ++rare().cancel_requests;
  const bool taken = waiting_on_ != nullptr && waiting_on_->cancel_wait(message);
  if (!taken) flags_ |= must_cancel;
  // The await throws the request that was taken first; a later one does not change its message.
  if ((flags_ & cancel_taken) == 0) rare_->request_message = message;
  if (taken) flags_ |= cancel_taken;
  return true;
}

void TaskBase::deliver_cancel() {
  if (cancel_requested() && waiting_on_->cancel_wait(request_message())) {
    flags_ &= ~must_cancel;
    flags_ |= cancel_taken;
  }
  if (scope() != nullptr) deliver_scope_cancel();
}

void TaskBase::throw_cancelled_error() const {
  throw CancelledError(request_message());
}

bool TaskBase::prepare_step() {
  if ((flags_ & asks_before_step) != 0 && !waiting_on_->may_resume()) return false;
  if (!started() && cancel_requested()) {
    end_unstarted();
    return false;
  }
  return true;
}

void TaskBase::run() {
  if ((flags_ & (must_cancel | not_started | asks_before_step)) != 0 && !prepare_step()) return;
  flags_ &= must_cancel;
  waiting_on_ = nullptr;
  running_task = this;
  resume_here(innermost_->handle());
  running_task = nullptr;
  if (outermost_->done()) end_step();
}

void TaskBase::start_eagerly() {
  TaskBase* const outer = running_task;
  {
    const ContextScope scope(nullptr);
    run();
  }
  running_task = outer;
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
