#include <rondo/runtime/detail/runnable.h>

namespace rondo::detail {

bool ReadyQueue::remove(Runnable& runnable) noexcept {
  Runnable* before = nullptr;
  for (Runnable* each = first_; each != nullptr;) {
    Runnable* const next = each->next_ready_ == each ? nullptr : each->next_ready_;
    if (each == &runnable) {
      Runnable** const link = before == nullptr ? &first_ : &before->next_ready_;
      *link = next != nullptr ? next : before;  // the last one points to itself
      if (next == nullptr) end_ = link;
      if (batch_end_ == &runnable.next_ready_) batch_end_ = before == nullptr ? nullptr : link;
      runnable.next_ready_ = nullptr;
      return true;
    }
    before = each;
    each = next;
  }
  return false;
}

}  // namespace rondo::detail
