#include <rondo/runtime/errors.h>
#include <rondo/runtime/semaphore.h>

namespace rondo {

Semaphore::Semaphore(std::ptrdiff_t value) : value_(value) {
  if (value < 0) throw ValueError("Semaphore initial value must be >= 0");
}

bool Semaphore::try_take() noexcept {
  if (locked()) return false;
  --value_;
  return true;
}

void Semaphore::release() noexcept {
  ++value_;
  wake_next();
}

void BoundedSemaphore::release() {
  if (value() >= bound_) throw ValueError("BoundedSemaphore released too many times");
  Semaphore::release();
}

// Promises a place to the first task that waits; it stays in the line until it has taken it.
bool Semaphore::wake_next() noexcept {
  bool woken = false;
  waiters_.for_each_until([this, &woken](detail::AcquireAwaiter<Semaphore>& waiter) {
    if (!waiter.pending()) return false;
    --value_;
    waiter.set();
    woken = true;
    return true;
  });
  return woken;
}

void Semaphore::take_turn(bool promised, bool was_cancelled) noexcept {
  if (promised && was_cancelled) ++value_;
  while (value_ > 0 && wake_next()) {
  }
}

}  // namespace rondo
