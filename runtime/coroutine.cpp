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

const std::exception_ptr PromiseBase::no_error;

void CoroutineBase::refuse_await() const {
  if (promise_ == nullptr) throw RuntimeError("cannot await a coroutine that was moved from");
  throw RuntimeError("cannot reuse already awaited coroutine");
}

void CoroutineBase::destroy_unfinished() noexcept {
  if (promise_->parent_ == promise_) report_never_awaited(*promise_);
  CoroutineBase* inner = this;
  while (CoroutineBase* next = inner->promise_->awaiting())
    inner = next;
  while (inner != this) {
    PromiseBase* outer = inner->promise_->parent_;
    outer->awaiting_ = nullptr;
    // The owner of `inner` lies in the frame of `outer`; its own owner is one step further out.
    CoroutineBase* next = outer == promise_ ? this : outer->parent_->awaiting_;
    std::exchange(inner->promise_, nullptr)->handle().destroy();
    inner = next;
  }
  std::exchange(promise_, nullptr)->handle().destroy();
}

}  // namespace rondo::detail
