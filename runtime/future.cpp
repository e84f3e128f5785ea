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
  if (done()) {
    if (unretrieved_) report_unretrieved("Future", {});
    std::destroy_at(&exception_);
    return;
  }
  while (last_watcher_ != nullptr) {
    DoneWatcher& first = *last_watcher_->next_;
    remove_watcher(first);
    first.future_gone();
  }
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

bool FutureBase::remove_watcher(DoneWatcher& watcher) noexcept {
  if (done() || last_watcher_ == nullptr) return false;
  DoneWatcher* before = last_watcher_;
  while (before->next_ != &watcher) {
    before = before->next_;
    if (before == last_watcher_) return false;
  }
  before->next_ = watcher.next_;
  if (&watcher == last_watcher_) last_watcher_ = before == &watcher ? nullptr : before;
  return true;
}

// From the first to the last; one that is told may be gone afterwards.
void FutureBase::tell(DoneWatcher& last) {
  DoneWatcher* next = last.next_;
  for (DoneWatcher* each = nullptr; each != &last;) {
    each = std::exchange(next, next->next_);
    each->future_done(*this);
  }
}

void FutureBase::throw_not_pending() const {
  throw InvalidStateError(cancelled() ? "the future was cancelled"
                                      : "the future has a result or an exception already");
}

bool FutureBase::finish_cancelled(const std::string& message) {
  if (done()) return false;
  leave_pending(State::cancelled,
                message.empty() ? nullptr : std::make_exception_ptr(CancelledError(message)));
  return true;
}

void FutureBase::set_exception(std::exception_ptr exception) {
  check_pending();
  if (!exception) throw ValueError("set_exception needs an exception");
  unretrieved_ = true;
  leave_pending(State::finished, std::move(exception));
}

std::exception_ptr FutureBase::exception() {
  if (!done()) throw InvalidStateError("Exception is not set.");
  if (cancelled()) throw_cancelled();
  unretrieved_ = false;
  return exception_;
}

void FutureBase::throw_instead_of_result() {
  if (!done()) throw InvalidStateError("Result is not set.");
  if (cancelled()) throw_cancelled();
  unretrieved_ = false;
  std::rethrow_exception(exception_);
}

std::string FutureBase::cancel_message() const {
  if (!cancelled() || !exception_) return {};
  try {
    std::rethrow_exception(exception_);
  } catch (const CancelledError& error) {
    return error.message();
  }
}

void FutureBase::throw_cancelled() const {
  throw CancelledError(cancel_message());
}

void FutureSuspension::refuse_wait() const {
  const Loop& loop = get_running_loop();
  if (&future_->loop() != &loop) {
    throw RuntimeError("the future is attached to a different loop");
  }
  throw RuntimeError("Task cannot await on itself: " + running_task->name());
}

void FutureSuspension::throw_because_cancelled() {
  future_->mark_retrieved();
  if (future_->cancelled()) future_->throw_cancelled();
  throw_cancelled();
}

}  // namespace detail

}  // namespace rondo
