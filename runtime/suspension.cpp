#include <rondo/runtime/suspension.h>
#include <rondo/runtime/task.h>

namespace rondo::detail {

void Suspension::throw_cancelled() const {
  throw CancelledError(task_->request_message());
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
