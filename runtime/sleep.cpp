#include <rondo/runtime/sleep.h>

namespace rondo {

Sleep::operator Coroutine<void>() const {
  return as_coroutine(*this);
}

namespace detail {

void SleepAwaiter::start() {
  if (delay_ <= Duration::zero()) {
    set();  // a request to cancel that came earlier is delivered at the next step
    return;
  }
  loop().arm(*this, saturating_add(loop().time(), delay_));
  deliver_pending_cancel();
}

bool SleepAwaiter::cancel_wait(const std::string& message) {
  if (!Waiter::cancel_wait(message)) return false;
  if (armed()) loop().disarm(*this);
  return true;
}

}  // namespace detail

}  // namespace rondo
