#include <rondo/runtime/timeout.h>

namespace rondo {

Timeout::Timeout(Timeout&& other) : when_(other.when_) {
  if (other.state_ != State::created) {
    throw RuntimeError("a Timeout that was entered cannot be moved");
  }
}

Coroutine<void> Timeout::aenter() {
  enter();
  co_return;
}

Coroutine<void> Timeout::aexit(std::exception_ptr error) {
  exit(is_cancelled_error(error));
  co_return;
}

const char* Timeout::state_name() const noexcept {
  switch (state_) {
    case State::created:
      return "created";
    case State::entered:
      return "active";
    case State::expiring:
      return "expiring";
    case State::expired:
      return "expired";
    case State::exited:
      return "finished";
  }
  return "";
}

void Timeout::enter() {
  if (state_ != State::created) throw RuntimeError("Timeout has already been entered");
  task_ = current_task();
  if (!task_) throw RuntimeError("Timeout should be used inside a task");
  state_ = State::entered;
  cancelling_before_ = task_.cancelling();
  reschedule(when_);
}

void Timeout::reschedule(std::optional<TimePoint> deadline) {
  switch (state_) {
    case State::created:
      throw RuntimeError("Timeout has not been entered");
    case State::entered:
      break;
    case State::expiring:
      throw RuntimeError("Cannot change state of expiring Timeout");
    case State::expired:
      throw RuntimeError("Cannot change state of expired Timeout");
    case State::exited:
      throw RuntimeError("Cannot change state of finished Timeout");
  }
  when_ = deadline;
  timer_.cancel();
  timer_ = Handle();
  if (!when_) return;
  Loop& loop = task_.get_loop();
  if (*when_ <= loop.time()) {
    timer_ = loop.call_soon([this] { on_deadline(); });
  } else {
    timer_ = loop.call_at(*when_, [this] { on_deadline(); });
  }
}

void Timeout::on_deadline() {
  state_ = State::expiring;
  task_.cancel();
}

void Timeout::exit(bool cancelled) {
  timer_.cancel();
  if (state_ != State::expiring) {
    state_ = State::exited;
    return;
  }
  state_ = State::expired;
  const bool asked_by_others =
      task_.uncancel() > cancelling_before_ || task_.task().in_cancelled_scope();
  if (cancelled && !asked_by_others) throw TimeoutError();
}

}  // namespace rondo
