#include <string>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/loop.h>

namespace rondo::detail {

namespace {

void report_never_awaited(const PromiseBase& promise) noexcept {
  Loop* loop = running_loop_or_null();
  if (loop == nullptr || !loop->get_debug()) return;
  loop->call_exception_handler(
      {std::string("coroutine '") + promise.location().function_name() + "' was never awaited",
       nullptr,
       {},
       promise.location()});
}

}  // namespace

void CoroutineBase::set_parent(std::coroutine_handle<> parent, PromiseBase& parent_promise) {
  if (!handle_) throw RuntimeError("cannot await a coroutine that was moved from");
  if (promise_->parent_ != promise_ || handle_.done()) {
    throw RuntimeError("cannot reuse already awaited coroutine");
  }
  promise_->continuation_ = parent;
  promise_->parent_ = &parent_promise;
  parent_promise.awaiting_ = this;
}

void CoroutineBase::destroy() noexcept {
  if (!handle_) return;
  if (promise_->parent_ == promise_ && !handle_.done()) report_never_awaited(*promise_);
  CoroutineBase* inner = this;
  while (inner->promise_->awaiting_ != nullptr)
    inner = inner->promise_->awaiting_;
  while (inner != this) {
    PromiseBase* outer = inner->promise_->parent_;
    outer->awaiting_ = nullptr;
    // The owner of `inner` lies in the frame of `outer`; its own owner is one step further out.
    CoroutineBase* next = outer == promise_ ? this : outer->parent_->awaiting_;
    std::exchange(inner->handle_, nullptr).destroy();
    inner = next;
  }
  std::exchange(handle_, nullptr).destroy();
}

}  // namespace rondo::detail
