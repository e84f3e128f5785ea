#include <rondo/runtime/wait_for.h>

namespace rondo::detail {

Coroutine<void> cancel_and_wait(AnyFuture future) {
  DoneSignal ended(future.state());
  future.cancel();
  co_await ended;
}

}  // namespace rondo::detail
