#include <rondo/runtime/suspension.h>
#include <rondo/runtime/task.h>

namespace rondo::detail {

void Suspension::suspend_in(std::coroutine_handle<> coroutine, PromiseBase& promise) {
  TaskBase* task = TaskBase::current(get_running_loop());
  if (task == nullptr) throw RuntimeError("await outside of a task");
  task_ = task;
  task->suspended_at(coroutine, promise, *this);
}

Loop& Suspension::loop() const noexcept {
  return task_->loop();
}
void Suspension::deliver_pending_cancel() {
  task_->deliver_pending_cancel();
}
void Suspension::wake() noexcept {
  task_->wake();
}
bool Suspension::take_cancel_request() noexcept {
  return task_->take_cancel_request();
}
void Suspension::throw_cancelled() const {
  throw CancelledError(task_->cancel_message());
}

bool Waiter::cancel_wait(const std::string&) {
  if (state_ != State::pending) return false;
  state_ = State::cancelled;
  wake();
  return true;
}

void Signal::set() noexcept {
  if (!pending()) return;
  set_ = true;
  if (awaiter_ != nullptr) awaiter_->set();
}

bool Signal::pending() const noexcept {
  return !set_ && (awaiter_ == nullptr || awaiter_->pending());
}

SignalAwaiter Signal::operator co_await() noexcept {
  return SignalAwaiter(*this);
}

}  // namespace rondo::detail
