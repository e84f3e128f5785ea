#include <rondo/runtime/sleep.h>

namespace rondo {

namespace detail {

void SleepAwaiter::arm(Duration delay) {
  Loop& loop = TaskBase::running().loop();
  loop.arm(*this, saturating_add(loop.time(), delay));
}

bool SleepAwaiter::cancel_wait(const std::string& message) {
  if (!Waiter::cancel_wait(message)) return false;
  if (armed()) loop().disarm(*this);
  return true;
}

}  // namespace detail

}  // namespace rondo
