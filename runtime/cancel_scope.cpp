#include <rondo/runtime/cancel_scope.h>

namespace rondo {

CancelScope fail_at(std::optional<TimePoint> deadline) {
  CancelScope scope(deadline);
  scope.fails_at_deadline_ = true;
  return scope;
}

CancelScope::CancelScope(CancelScope&& other)
    : deadline_(other.deadline_),
      shield_(other.shield_),
      cancel_called_(other.cancel_called_),
      fails_at_deadline_(other.fails_at_deadline_) {
  if (other.state_ != State::created) {
    throw RuntimeError("a CancelScope that was entered cannot be moved");
  }
}

// Still entered: a pure shield at the end of its scope, or a frame that is dropped with its loop.
CancelScope::~CancelScope() {
  if (state_ == State::entered) leave();
}

void CancelScope::enter() {
  if (state_ != State::created) throw RuntimeError("CancelScope has already been entered");
  task_ = current_task();
  if (!task_) throw RuntimeError("CancelScope should be used inside a task");
  state_ = State::entered;
  cancelling_before_ = task_.cancelling();
  parent_ = task_.task().scope();
  task_.task().set_scope(this);
  arm();
}

bool CancelScope::exit(bool cancelled) {
  if (state_ != State::entered) throw RuntimeError("CancelScope is not entered");
  if (task_.task().scope() != this) {
    throw RuntimeError("CancelScope is left before one that was entered inside it");
  }
  leave();
  const bool also_from_outside = task_.cancelling() > cancelling_before_ ||
                                 (!shield_ && parent_ != nullptr && parent_->is_effective());
  cancelled_caught_ = cancelled && cancel_called_ && !also_from_outside;
  if (cancelled_caught_ && expired_ && fails_at_deadline_) throw TimeoutError();
  return cancelled_caught_;
}

void CancelScope::leave() noexcept {
  state_ = State::left;
  timer_.cancel();
  task_.task().set_scope(parent_);
}

void CancelScope::cancel() {
  if (cancel_called_) return;
  cancel_called_ = true;
  timer_.cancel();
  if (state_ == State::entered) task_.task().deliver_scope_cancel();
}

void CancelScope::set_shield(bool on) {
  shield_ = on;
  if (state_ == State::entered) task_.task().deliver_scope_cancel();
}

void CancelScope::set_deadline(std::optional<TimePoint> deadline) {
  deadline_ = deadline;
  if (state_ == State::entered) arm();
}

void CancelScope::arm() {
  timer_.cancel();
  timer_ = Handle();
  if (!deadline_ || cancel_called_) return;
  Loop& loop = task_.get_loop();
  if (*deadline_ <= loop.time()) {
    on_deadline();
  } else {
    timer_ = loop.call_at(*deadline_, [this] { on_deadline(); });
  }
}

void CancelScope::on_deadline() {
  expired_ = true;
  cancel();
}

bool CancelScope::is_effective() const noexcept {
  for (const CancelScope* scope = this; scope != nullptr; scope = scope->parent_) {
    if (scope->cancel_called_) return true;
    if (scope->shield_) return false;
  }
  return false;
}

Coroutine<void> CancelScope::aenter() {
  enter();
  co_return;
}

Coroutine<bool> CancelScope::aexit(std::exception_ptr error) {
  co_return exit(is_cancelled_error(error));
}

namespace detail {

bool TaskBase::in_cancelled_scope() const noexcept {
  return scope() != nullptr && scope()->is_effective();
}

void TaskBase::cancel_if_in_cancelled_scope() {
  if (!in_cancelled_scope()) return;
  flags_ |= must_cancel;
  rare().request_message.clear();
}

void TaskBase::deliver_scope_cancel() {
  if (!in_cancelled_scope()) return;
  if (waiting_on_ == nullptr || (flags_ & cancel_taken) != 0) return;
  if (!waiting_on_->cancel_wait({})) return;
  flags_ |= cancel_taken;
  rare().request_message.clear();
}

}  // namespace detail

}  // namespace rondo
