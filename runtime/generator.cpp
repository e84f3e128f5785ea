#include <rondo/runtime/generator.h>

namespace rondo::detail {

void GeneratorLink::check_not_running() const {
  if (running_) throw RuntimeError("generator already executing");
}

void GeneratorLink::resume() {
  started_ = true;
  running_ = true;
  innermost_->root_ = this;
  resume_here(innermost_->self_);
  running_ = false;
}

std::coroutine_handle<> GeneratorLink::delegate_to(GeneratorLink& inner) noexcept {
  inner.started_ = true;
  inner.outer_ = this;
  GeneratorLink* const innermost = inner.innermost_;
  innermost->root_ = root_;
  root_->innermost_ = innermost;
  return innermost->self_;
}

Transfer GeneratorLink::leave() noexcept {
  if (outer_ == nullptr) return transfer_back();
  outer_->root_ = root_;
  root_->innermost_ = outer_;
  return transfer_to(outer_->self_);
}

void GeneratorLink::destroy_chain() noexcept {
  GeneratorLink* link = innermost_;
  while (link != this) {
    GeneratorLink* const outer = link->outer_;
    link->self_.destroy();
    link = outer;
  }
  self_.destroy();
}

}  // namespace rondo::detail
