#include <cerrno>
#include <cstdint>
#include <mutex>
#include <string>

#include <sched.h>
#include <unistd.h>

#include <rondo/runtime/detail/signals.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

namespace {

std::mutex mutex;  // whoever changes something below; a handler only reads
std::atomic<SignalInbox*> newest_inbox{nullptr};
std::atomic<int> handlers_running{0};
std::array<unsigned, NSIG> watchers{};              // inboxes, of each signal
std::array<struct sigaction, NSIG> actions_before;  // of signals that are watched
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

}  // namespace

void SignalInbox::handle(int signal_number) {
  const int saved_errno = errno;
  handlers_running.fetch_add(1);
  for (SignalInbox* inbox = newest_inbox.load(); inbox != nullptr; inbox = inbox->next_) {
    if (at(inbox->watched_, signal_number).load()) inbox->note(signal_number);
  }
  handlers_running.fetch_sub(1);
  errno = saved_errno;
}

void SignalInbox::note(int signal_number) noexcept {
  at(came_, signal_number).fetch_add(1);
  noted_.store(true, std::memory_order_release);
  const int descriptor = wake_descriptor_.load();
  if (descriptor < 0) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(descriptor, &one, sizeof one);
}

SignalInbox& SignalInbox::acquire(int wake_descriptor) {
  const std::lock_guard lock(mutex);
  SignalInbox* inbox = newest_inbox.load();
  while (inbox != nullptr && inbox->in_use_)
    inbox = inbox->next_;
  if (inbox == nullptr) {
    inbox = new SignalInbox;
    inbox->next_ = newest_inbox.load();
    newest_inbox.store(inbox);
  }
  inbox->in_use_ = true;
  inbox->clear_note();
  inbox->wake_descriptor_.store(wake_descriptor);
  return *inbox;
}

// A handler that has read the descriptor's number may be about to write to it, on another thread;
// it will not be long. (And for ever only in a forked child, which has not got that thread.)
void SignalInbox::release() noexcept {
  for (int signal_number = 1; signal_number < NSIG; ++signal_number) {
    if (at(watched_, signal_number).load()) unwatch(signal_number);
  }
  wake_descriptor_.store(-1);
  for (int patience = 10'000; handlers_running.load() > 0 && patience > 0; --patience)
    ::sched_yield();
  const std::lock_guard lock(mutex);
  in_use_ = false;
}

void SignalInbox::watch(int signal_number) {
  if (signal_number < 1 || signal_number >= NSIG) {
    throw ValueError("there is no signal " + std::to_string(signal_number));
  }
  const std::lock_guard lock(mutex);
  if (at(watchers, signal_number) == 0) {
    struct sigaction action{};
    action.sa_handler = handle;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    if (::sigaction(signal_number, &action, &at(actions_before, signal_number)) != 0) {
      throw RuntimeError("signal " + std::to_string(signal_number) + " cannot be caught");
    }
  }
  ++at(watchers, signal_number);
  at(came_, signal_number).store(0);
  at(watched_, signal_number).store(true);
}

void SignalInbox::unwatch(int signal_number) noexcept {
  const std::lock_guard lock(mutex);
  at(watched_, signal_number).store(false);
  if (--at(watchers, signal_number) > 0) return;
  // Whoever has taken it over from us meanwhile keeps it.
  struct sigaction present{};
  ::sigaction(signal_number, nullptr, &present);
  if (present.sa_handler != handle) return;
  ::sigaction(signal_number, &at(actions_before, signal_number), nullptr);
}

bool has_default_action(int signal_number) noexcept {
  struct sigaction action{};
  return ::sigaction(signal_number, nullptr, &action) == 0 && action.sa_handler == SIG_DFL;
}

void ignore_broken_pipes() noexcept {
  static const bool done = [] {
    if (has_default_action(SIGPIPE)) ::signal(SIGPIPE, SIG_IGN);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace rondo::detail
