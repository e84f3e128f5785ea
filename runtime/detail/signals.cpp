#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>

#include <unistd.h>

#include <rondo/runtime/detail/signals.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

namespace {

constexpr int signal_count = NSIG;

struct Watched {
  std::atomic<bool> noted{false};
  std::atomic<int> wake_descriptor{-1};  // -1: not watched
  struct sigaction before{};             // what it did until it was watched
};
std::array<Watched, signal_count> table;
std::atomic<bool> any_noted{false};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void note(int signal_number) {
  const int saved_errno = errno;
  Watched& watched = table[static_cast<std::size_t>(signal_number)];
  watched.noted.store(true, std::memory_order_release);
  any_noted.store(true, std::memory_order_release);
  const int descriptor = watched.wake_descriptor.load(std::memory_order_acquire);
  if (descriptor >= 0) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(descriptor, &one, sizeof one);
  }
  errno = saved_errno;
}

}  // namespace

void watch_signal(int signal_number, int wake_descriptor) {
  if (signal_number < 1 || signal_number >= signal_count) {
    throw ValueError("there is no signal " + std::to_string(signal_number));
  }
  Watched& watched = table[static_cast<std::size_t>(signal_number)];
  const bool first = watched.wake_descriptor.exchange(wake_descriptor) < 0;
  if (!first) return;
  watched.noted.store(false);
  struct sigaction action{};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  if (::sigaction(signal_number, &action, &watched.before) != 0) {
    watched.wake_descriptor.store(-1);
    throw RuntimeError("signal " + std::to_string(signal_number) + " cannot be caught");
  }
}

bool unwatch_signal(int signal_number) noexcept {
  if (signal_number < 1 || signal_number >= signal_count) return false;
  Watched& watched = table[static_cast<std::size_t>(signal_number)];
  if (watched.wake_descriptor.load() < 0) return false;
  ::sigaction(signal_number, &watched.before, nullptr);
  watched.wake_descriptor.store(-1);
  return true;
}

bool any_signal_noted() noexcept {
  return any_noted.load(std::memory_order_acquire);
}

bool take_signal(int signal_number) noexcept {
  return table[static_cast<std::size_t>(signal_number)].noted.exchange(false);
}

void clear_signal_note() noexcept {
  any_noted.store(false, std::memory_order_release);
}

bool has_default_action(int signal_number) noexcept {
  struct sigaction action{};
  return ::sigaction(signal_number, nullptr, &action) == 0 && action.sa_handler == SIG_DFL;
}

}  // namespace rondo::detail
