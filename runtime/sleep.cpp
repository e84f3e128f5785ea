#include <rondo/runtime/sleep.h>

namespace rondo {

namespace detail {

TimedWaiter::TimedWaiter(Duration delay) {
  Loop& loop = TaskBase::running().loop();
  loop.arm(*this, saturating_add(loop.time(), delay));
}

bool TimedWaiter::cancel_wait(const std::string& message) {
  if (!Waiter::cancel_wait(message)) return false;
  if (armed()) loop().disarm(*this);
  return true;
}

}  // namespace detail

}  // namespace rondo
