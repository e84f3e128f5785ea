#include <rondo/runtime/semaphore.h>

namespace rondo {

Semaphore::Semaphore(std::ptrdiff_t value) : value_(value) {
  if (value < 0) throw ValueError("Semaphore initial value must be >= 0");
}

bool Semaphore::locked() noexcept {
  if (value_ == 0) return true;
  bool someone_waits = false;
  waiters_.for_each_until([&someone_waits](detail::SemaphoreAcquire& waiter) {
    someone_waits = waiter.pending() || waiter.is_set();
    return someone_waits;
  });
  return someone_waits;
}

void Semaphore::release() noexcept {
  ++value_;
  wake_next();
}

void BoundedSemaphore::release() {
  if (value() >= bound_) throw ValueError("BoundedSemaphore released too many times");
  Semaphore::release();
}

// Promises a place to the first task that waits; it stays in the queue until it has taken it.
bool Semaphore::wake_next() noexcept {
  bool woken = false;
  waiters_.for_each_until([this, &woken](detail::SemaphoreAcquire& waiter) {
    if (!waiter.pending()) return false;
    --value_;
    waiter.set();
    woken = true;
    return true;
  });
  return woken;
}

SemaphoreHold::~SemaphoreHold() {
  if (semaphore_ != nullptr) semaphore_->release();
}

namespace detail {

bool SemaphoreAcquire::await_ready() noexcept {
  if (semaphore_.locked()) return false;
  --semaphore_.value_;
  return true;
}

void SemaphoreAcquire::enqueue() noexcept {
  semaphore_.waiters_.push_back(*this);
}

bool SemaphoreAcquire::await_resume() {
  if (!suspended()) return true;
  unlink();
  const bool was_cancelled = cancelled();
  if (was_cancelled && is_set()) ++semaphore_.value_;  // the promised place passes on
  while (semaphore_.value_ > 0 && semaphore_.wake_next()) {
  }
  if (was_cancelled) throw_cancelled();
  return true;
}

}  // namespace detail

}  // namespace rondo
