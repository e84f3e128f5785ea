#include <rondo/runtime/loop.h>
#include <rondo/runtime/signals.h>

namespace rondo {

namespace detail {

int AwaitedSignals::take() noexcept {
  const int signal_number = came_[taken_++];
  if (empty()) {
    came_.clear();
    taken_ = 0;
  }
  return signal_number;
}

Coroutine<int> wait_for_next(SignalStream stream) {
  const int signal_number = co_await stream.next();
  co_return signal_number;
}

}  // namespace detail

SignalStream::SignalStream(std::vector<int> signal_numbers)
    : signals_(std::make_shared<detail::AwaitedSignals>(std::move(signal_numbers))) {
  get_running_loop().signals().add_watcher(*signals_);
}

}  // namespace rondo
