#include <rondo/runtime/sleep.h>

namespace rondo {

Sleep::operator Coroutine<void>() const {
  return as_coroutine(*this);
}

namespace detail {

void SleepAwaiter::start() {
  const bool gives_way_only = delay_ <= Duration::zero();
  if (!gives_way_only) loop().arm(*this, saturating_add(loop().time(), delay_));
  deliver_pending_cancel();
  if (gives_way_only) set();  // does nothing when a cancel was delivered just now
}

bool SleepAwaiter::cancel_wait(const std::string& message) {
  if (!Waiter::cancel_wait(message)) return false;
  if (armed()) loop().disarm(*this);
  return true;
}

}  // namespace detail

}  // namespace rondo
