#include <rondo/runtime/future.h>
#include <rondo/runtime/task.h>

namespace rondo {

std::size_t AnyFuture::remove_done_callback(CallbackId id) {
  auto* watcher = reinterpret_cast<detail::DoneWatcher*>(id);
  if (watcher == nullptr || !state_->remove_watcher(*watcher)) return 0;
  watcher->future_gone();
  return 1;
}

namespace detail {

FutureBase::~FutureBase() {
  while (last_watcher_ != nullptr)
    take_first_watcher().future_gone();
  report_unretrieved("Future", {});
}

void FutureBase::report_unretrieved(const char* kind, const std::string& owner) noexcept {
  if (!unretrieved_) return;
  unretrieved_ = false;
  const ExceptionContext context{std::string(kind) + " exception was never retrieved", exception_,
                                 owner, created_at_};
  // A future can outlive its loop; then only the default handler is left.
  if (loop_exists(loop_)) {
    loop_->call_exception_handler(context);
  } else {
    Loop::default_exception_handler(context);
  }
}

void FutureBase::add_watcher(DoneWatcher& watcher) {
  if (done()) {
    watcher.future_done(*this);
    return;
  }
  if (last_watcher_ == nullptr) {
    watcher.next_ = &watcher;
  } else {
    watcher.next_ = std::exchange(last_watcher_->next_, &watcher);
  }
  last_watcher_ = &watcher;
}

bool FutureBase::remove_watcher(DoneWatcher& watcher) noexcept {
  if (last_watcher_ == nullptr) return false;
  DoneWatcher* before = last_watcher_;
  while (before->next_ != &watcher) {
    before = before->next_;
    if (before == last_watcher_) return false;
  }
  unlink_watcher_after(*before);
  return true;
}

void FutureBase::unlink_watcher_after(DoneWatcher& before) noexcept {
  DoneWatcher* gone = before.next_;
  before.next_ = gone->next_;
  if (gone == last_watcher_) last_watcher_ = gone == &before ? nullptr : &before;
}

DoneWatcher& FutureBase::take_first_watcher() noexcept {
  DoneWatcher& first = *last_watcher_->next_;
  unlink_watcher_after(*last_watcher_);
  return first;
}

void FutureBase::check_pending() const {
  if (!done()) return;
  throw InvalidStateError(cancelled() ? "the future was cancelled"
                                      : "the future has a result or an exception already");
}

void FutureBase::leave_pending(State state) {
  state_ = state;
  const Ref<FutureBase> keep(this);
  while (last_watcher_ != nullptr)
    take_first_watcher().future_done(*this);
}

void FutureBase::finish() {
  leave_pending(State::finished);
}

bool FutureBase::finish_cancelled(const std::string& message) {
  if (done()) return false;
  if (!message.empty()) cancel_message_ = std::make_unique<std::string>(message);
  leave_pending(State::cancelled);
  return true;
}

bool FutureBase::cancel(const std::string& message) {
  return finish_cancelled(message);
}

void FutureBase::set_exception(std::exception_ptr exception) {
  check_pending();
  if (!exception) throw ValueError("set_exception needs an exception");
  exception_ = std::move(exception);
  unretrieved_ = true;
  finish();
}

std::exception_ptr FutureBase::exception() {
  if (!done()) throw InvalidStateError("Exception is not set.");
  if (cancelled()) throw_cancelled();
  unretrieved_ = false;
  return exception_;
}

void FutureBase::check_result() {
  if (!done()) throw InvalidStateError("Result is not set.");
  if (cancelled()) throw_cancelled();
  if (!exception_) return;
  unretrieved_ = false;
  std::rethrow_exception(exception_);
}

const std::string& FutureBase::cancel_message() const noexcept {
  static const std::string none;
  return cancel_message_ ? *cancel_message_ : none;
}

void FutureBase::throw_cancelled() const {
  throw CancelledError(cancel_message());
}

void FutureSuspension::check_waitable() const {
  Loop& loop = get_running_loop();
  if (&future_->loop() != &loop) {
    throw RuntimeError("the future is attached to a different loop");
  }
  if (const TaskBase* task = TaskBase::current(loop); task && task->is(*future_)) {
    throw RuntimeError("Task cannot await on itself: " + task->name());
  }
}

void FutureSuspension::check_cancelled() {
  if (!suspended() || !take_cancel_request()) return;
  future_->mark_retrieved();
  if (future_->cancelled()) future_->throw_cancelled();
  throw_cancelled();
}

}  // namespace detail

}  // namespace rondo
