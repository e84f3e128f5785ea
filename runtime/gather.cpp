#include <unordered_set>

#include <rondo/runtime/gather.h>

namespace rondo::detail {

Gathering::Gathering(std::vector<Ref<FutureBase>> children, bool keep_exceptions)
    : children_(std::make_unique<Child[]>(children.size())),
      count_(children.size()),
      keep_exceptions_(keep_exceptions) {
  std::unordered_set<const FutureBase*> seen;
  for (std::size_t i = 0; i < count_; ++i) {
    Child& child = children_[i];
    child.gathering = this;
    child.future = std::move(children[i]);
    child.repeated = !seen.insert(child.future.get()).second;
    if (&child.future->loop() != &children_[0].future->loop()) {
      throw ValueError("the futures to gather belong to different loops");
    }
  }
}

void Gathering::watch_children() {
  outer().loop().add_resource(*this);
  for (std::size_t i = 0; i < count_; ++i) {
    outer().add_ref();  // given back when the child has told
    if (!children_[i].future->done()) children_[i].future->add_watcher(children_[i]);
  }
  // What is done already counts at once, as in asyncio.
  for (std::size_t i = 0; i < count_; ++i) {
    if (children_[i].future->done()) child_done(children_[i]);
  }
}

void Gathering::loop_closing() noexcept {
  const Ref<FutureBase> keep(&outer());
  unlink();
  for (std::size_t i = 0; i < count_; ++i) {
    if (children_[i].future->remove_watcher(children_[i])) outer().release();
  }
}

bool Gathering::cancel_children(const std::string& message) {
  bool any = false;
  for (std::size_t i = 0; i < count_; ++i) {
    Child& child = children_[i];
    if (!child.repeated && child.future->cancel(message)) any = true;
  }
  // A child may swallow the request; the gather ends cancelled all the same.
  if (any) cancel_requested_ = true;
  return any;
}

void Gathering::child_done(Child& child) {
  const Ref<FutureBase> keep(&outer());
  outer().release();
  if (++finished_ == count_) unlink();
  FutureBase& future = *child.future;
  if (outer().done()) {
    future.mark_retrieved();
    return;
  }
  if (!keep_exceptions_) {
    if (future.cancelled()) {
      fail(std::make_exception_ptr(CancelledError(future.cancel_message())));
      return;
    }
    if (std::exception_ptr error = future.exception()) {
      fail(std::move(error));
      return;
    }
  }
  if (finished_ == count_) settle(future);
}

void Gathering::settle(const FutureBase& last) {
  if (cancel_requested_) {
    for (std::size_t i = 0; i < count_; ++i)
      children_[i].future->mark_retrieved();
    fail(std::make_exception_ptr(CancelledError(last.cancel_message())));
    return;
  }
  succeed();
}

}  // namespace rondo::detail
