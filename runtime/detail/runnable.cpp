#include <rondo/runtime/detail/runnable.h>

namespace rondo::detail {

bool ReadyQueue::remove(Runnable& runnable) noexcept {
  Runnable* before = nullptr;
  for (Runnable* each = first_; each != nullptr;) {
    Runnable* const next = each->next_ready_ == each ? nullptr : each->next_ready_;
    if (each == &runnable) {
      if (next == nullptr) {
        last_ = before;
        if (before != nullptr) before->next_ready_ = before;
      } else if (before != nullptr) {
        before->next_ready_ = next;
      }
      if (before == nullptr) first_ = next;
      if (batch_end_ == &runnable) batch_end_ = before;
      runnable.next_ready_ = nullptr;
      return true;
    }
    before = each;
    each = next;
  }
  return false;
}

}  // namespace rondo::detail
