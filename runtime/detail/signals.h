#pragma once

#include <array>
#include <atomic>
#include <csignal>

// Signals as loops see them. A signal belongs to the whole process, so this is the one table in the
// runtime that all loops share: a handler that counts each signal in the inbox of every loop that
// watches it. What the signal did before anybody watched it, it does again after the last one.

namespace rondo::detail {

/// One loop's signals. A handler may run on any thread at any moment, so inboxes are never freed,
/// only used again.
class SignalInbox {
 public:
  SignalInbox() noexcept = default;  // by `acquire` only
  SignalInbox(const SignalInbox&) = delete;
  SignalInbox& operator=(const SignalInbox&) = delete;

  /// An inbox that watches nothing. `wake_descriptor`: an eventfd that is written to when a signal
  /// comes; -1: none.
  static SignalInbox& acquire(int wake_descriptor);
  /// Watches nothing any more. No handler writes to the wake descriptor after this.
  void release() noexcept;

  /// From now on the signal is counted here. It must not be watched already. Throws ValueError for
  /// a number that is no signal, RuntimeError for one that cannot be caught.
  void watch(int signal_number);
  /// It must be watched.
  void unwatch(int signal_number) noexcept;

  /// Has a signal come since the last `clear_note`? Costs one plain load.
  bool noted() const noexcept { return noted_.load(std::memory_order_acquire); }
  /// To be called before `take`, so that one that comes in between is seen the next time.
  void clear_note() noexcept { noted_.store(false, std::memory_order_release); }
  /// How often the signal has come since the last `take`.
  unsigned take(int signal_number) noexcept { return at(came_, signal_number).exchange(0); }

 private:
  template <class T>
  static T& at(std::array<T, NSIG>& values, int signal_number) noexcept {
    return values[static_cast<std::size_t>(signal_number)];
  }
  static void handle(int signal_number);
  void note(int signal_number) noexcept;

  std::array<std::atomic<unsigned>, NSIG> came_{};
  std::array<std::atomic<bool>, NSIG> watched_{};
  std::atomic<bool> noted_{false};
  std::atomic<int> wake_descriptor_{-1};
  bool in_use_ = true;           // guarded by the table's mutex
  SignalInbox* next_ = nullptr;  // the one made before; never changes once others can see it
};

/// True when the signal would end the process, and nobody else handles it.
bool has_default_action(int signal_number) noexcept;

/// Writing to a pipe that nobody reads from shall fail, and not end the process: SIGPIPE is ignored
/// from the first call on, unless the program does something else with it by then.
void ignore_broken_pipes() noexcept;

}  // namespace rondo::detail
