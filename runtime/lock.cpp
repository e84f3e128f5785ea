#include <rondo/runtime/lock.h>

namespace rondo {

void Lock::release() {
  if (!locked_) throw RuntimeError("Lock is not acquired.");
  locked_ = false;
  wake_first();
}

// Whoever waits, and was not cancelled, comes before whoever asks now.
bool Lock::try_take() noexcept {
  if (locked_ || someone_waits()) return false;
  locked_ = true;
  return true;
}

void Lock::take_turn(bool, bool was_cancelled) noexcept {
  if (!was_cancelled) {
    locked_ = true;
  } else if (!locked_) {
    wake_first();
  }
}

// A lock that is held may have been released by hand.
void Lock::give_back() noexcept {
  if (!locked_) return;
  locked_ = false;
  wake_first();
}

// Only the first in the line may be woken: if it was woken before, that is enough.
void Lock::wake_first() noexcept {
  if (!waiters_.empty()) waiters_.front().set();
}

}  // namespace rondo
