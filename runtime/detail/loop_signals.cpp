#include <algorithm>

#include <rondo/runtime/detail/loop_signals.h>
#include <rondo/runtime/loop.h>

namespace rondo::detail {

namespace {

std::vector<int> each_once(std::vector<int> numbers) {
  std::ranges::sort(numbers);
  const auto repeated = std::ranges::unique(numbers);
  numbers.erase(repeated.begin(), repeated.end());
  return numbers;
}

}  // namespace

SignalWatcher::SignalWatcher(std::vector<int> signal_numbers)
    : signal_numbers_(each_once(std::move(signal_numbers))) {}

SignalWatcher::~SignalWatcher() {
  if (signals_ != nullptr) signals_->remove_watcher(*this);
}

LoopSignals::Signal& LoopSignals::watched(int signal_number) {
  const auto known = signals_.find(signal_number);
  if (known != signals_.end()) return known->second;
  if (inbox_ == nullptr) inbox_ = &SignalInbox::acquire(loop_.driver().wake_descriptor());
  inbox_->watch(signal_number);
  return signals_[signal_number];
}

void LoopSignals::drop_if_unused(int signal_number) noexcept {
  const auto known = signals_.find(signal_number);
  if (known == signals_.end() || known->second.is_of_interest()) return;
  inbox_->unwatch(signal_number);
  signals_.erase(known);
}

void LoopSignals::set_handler(int signal_number, std::function<void()> handler) {
  watched(signal_number).handler = std::move(handler);
}

bool LoopSignals::remove_handler(int signal_number) noexcept {
  const auto known = signals_.find(signal_number);
  if (known == signals_.end() || !known->second.handler) return false;
  known->second.handler = nullptr;
  drop_if_unused(signal_number);
  return true;
}

void LoopSignals::set_fallback(int signal_number, std::function<void()> fallback) {
  watched(signal_number).fallback = std::move(fallback);
}

void LoopSignals::remove_fallback(int signal_number) noexcept {
  const auto known = signals_.find(signal_number);
  if (known == signals_.end()) return;
  known->second.fallback = nullptr;
  drop_if_unused(signal_number);
}

void LoopSignals::add_watcher(SignalWatcher& watcher) {
  watchers_.push_back(watcher);
  watcher.signals_ = this;
  try {
    for (const int signal_number : watcher.signal_numbers())
      ++watched(signal_number).watchers;
  } catch (...) {
    remove_watcher(watcher);
    throw;
  }
}

// It may have been added only in part.
void LoopSignals::remove_watcher(SignalWatcher& watcher) noexcept {
  watcher.unlink();
  watcher.signals_ = nullptr;
  for (const int signal_number : watcher.signal_numbers()) {
    const auto known = signals_.find(signal_number);
    if (known == signals_.end()) return;
    --known->second.watchers;
    drop_if_unused(signal_number);
  }
}

void LoopSignals::deliver() {
  inbox_->clear_note();
  for (const auto& [signal_number, signal] : signals_) {
    for (unsigned times = inbox_->take(signal_number); times > 0; --times)
      deliver(signal_number, signal);
  }
}

void LoopSignals::deliver(int signal_number, const Signal& signal) {
  if (signal.handler) loop_.call_soon(signal.handler);
  watchers_.for_each_until([signal_number](SignalWatcher& watcher) {
    if (std::ranges::binary_search(watcher.signal_numbers(), signal_number)) {
      watcher.signal_came(signal_number);
    }
    return false;
  });
  if (!signal.handler && signal.watchers == 0) loop_.call_soon(signal.fallback);
}

void LoopSignals::close() noexcept {
  while (!watchers_.empty())
    remove_watcher(watchers_.front());
  signals_.clear();
  if (inbox_ != nullptr) std::exchange(inbox_, nullptr)->release();
}

}  // namespace rondo::detail
