#include <rondo/runtime/lock.h>

namespace rondo {

void Lock::release() {
  if (!locked_) throw RuntimeError("Lock is not acquired.");
  locked_ = false;
  wake_first();
}

// Whoever waits, and was not cancelled, comes before whoever asks now.
bool Lock::free_for_all() noexcept {
  if (locked_) return false;
  bool someone_waits = false;
  waiters_.for_each_until([&someone_waits](detail::LockAcquire& waiter) {
    someone_waits = waiter.pending() || waiter.is_set();
    return someone_waits;
  });
  return !someone_waits;
}

// Only the first in the queue may be woken: if it was woken before, that is enough.
void Lock::wake_first() noexcept {
  if (!waiters_.empty()) waiters_.front().set();
}

LockHold::~LockHold() {
  if (lock_ != nullptr && lock_->locked()) lock_->release();
}

namespace detail {

bool LockAcquire::await_ready() noexcept {
  if (!lock_.free_for_all()) return false;
  lock_.locked_ = true;
  return true;
}

void LockAcquire::enqueue() noexcept {
  lock_.waiters_.push_back(*this);
}

bool LockAcquire::await_resume() {
  if (!suspended()) return true;
  unlink();
  if (cancelled()) {
    if (!lock_.locked_) lock_.wake_first();
    throw_cancelled();
  }
  lock_.locked_ = true;
  return true;
}

}  // namespace detail

}  // namespace rondo
