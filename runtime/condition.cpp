#include <exception>

#include <rondo/runtime/cancel_scope.h>
#include <rondo/runtime/condition.h>

namespace rondo {

namespace {

/// Takes the lock however often it is cancelled; returns the latest CancelledError, or null.
Coroutine<std::exception_ptr> acquire_whatever_happens(Lock& lock) {
  const detail::ShieldFromScopes shield;
  std::exception_ptr cancelled;
  for (;;) {
    try {
      co_await lock.acquire();
      co_return cancelled;
    } catch (const CancelledError&) {
      cancelled = std::current_exception();
    }
  }
}

}  // namespace

Coroutine<bool> Condition::wait() {
  if (!locked()) throw RuntimeError("cannot wait on un-acquired lock");
  release();
  std::exception_ptr error;
  detail::QueuedSignal notified;
  waiters_.push_back(notified);
  try {
    co_await notified;
  } catch (...) {
    error = std::current_exception();
  }
  notified.unlink();
  const std::exception_ptr cancelled = co_await acquire_whatever_happens(lock_);
  if (cancelled) error = cancelled;
  if (error) {
    // The task may have been notified, and will do nothing about it: somebody else should.
    wake(1);
    std::rethrow_exception(error);
  }
  co_return true;
}

void Condition::notify(std::size_t count) {
  if (!locked()) throw RuntimeError("cannot notify on un-acquired lock");
  wake(count);
}

void Condition::wake(std::size_t count) noexcept {
  waiters_.for_each_until([&count](detail::QueuedSignal& waiter) {
    if (count == 0) return true;
    if (waiter.pending()) {
      --count;
      waiter.set();
    }
    return false;
  });
}

}  // namespace rondo
