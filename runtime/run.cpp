#include <csignal>
#include <cstdlib>
#include <exception>

#include <unistd.h>

#include <rondo/runtime/detail/signals.h>
#include <rondo/runtime/run.h>

namespace rondo {

namespace {

std::terminate_handler previous_terminate = nullptr;

Coroutine<void> wait_for_all(std::vector<AnyTask> tasks) {
  for (const AnyTask& task : tasks) {
    if (task.done()) continue;
    detail::DoneSignal done(task.state());
    co_await done;
  }
}

}  // namespace

namespace {

/// An uncaught KeyboardInterrupt ends the process as the signal itself would have.
[[noreturn]] void terminate_as_interrupted() {
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
  } catch (const KeyboardInterrupt& interrupt) {
    std::signal(interrupt.signal_number(), SIG_DFL);
    std::raise(interrupt.signal_number());
  } catch (...) {
    // Somebody else's: ended as ever.
  }
  previous_terminate();
  std::abort();
}

}  // namespace

Runner::InterruptGuard::InterruptGuard(Runner& runner, AnyTask main) : runner_(runner) {
  const bool first_thread = ::gettid() == ::getpid();
  if (!runner.handle_signals_ || !first_thread) return;
  static const std::terminate_handler installed = previous_terminate =
      std::set_terminate(terminate_as_interrupted);
  static_cast<void>(installed);
  watch(SIGINT, main);
  watch(SIGTERM, main);
}

void Runner::InterruptGuard::watch(int signal_number, const AnyTask& main) {
  if (!detail::has_default_action(signal_number)) return;
  if (runner_.loop_.driver().wake_descriptor() < 0) return;
  watched_.push_back(signal_number);
  auto cancel_main = [this, signal_number, task = main]() mutable {
    runner_.interrupted_by_ = signal_number;
    for (const int watched : watched_)
      runner_.loop_.signals().remove_fallback(watched);
    task.cancel();
  };
  runner_.loop_.signals().set_fallback(signal_number, std::move(cancel_main));
}

Runner::InterruptGuard::~InterruptGuard() {
  for (const int watched : watched_)
    runner_.loop_.signals().remove_fallback(watched);
}

void Runner::throw_if_interrupted(const AnyTask& main) const {
  if (interrupted_by_ != 0 && main.uncancel() == 0) throw KeyboardInterrupt(interrupted_by_);
}

void Runner::check_can_run() const {
  if (running_loop_or_null() != nullptr) {
    throw RuntimeError("run() cannot be called from a running event loop");
  }
  loop_.check_open();
}

Runner::~Runner() {
  try {
    close();
  } catch (...) {
    loop_.call_exception_handler(
        {"exception during run() shutdown", std::current_exception(), {}, {}});
  }
}

void Runner::close() {
  if (loop_.is_closed()) return;
  try {
    cancel_all_tasks();
    if (loop_.default_executor_) loop_.run_until_complete(loop_.shutdown_default_executor());
  } catch (...) {
    loop_.close();
    throw;
  }
  loop_.close();
}

void Runner::cancel_all_tasks() {
  // A task may start another one while it ends, so look again; but not for ever.
  constexpr int rounds = 100;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<AnyTask> tasks = all_tasks(loop_);
    if (tasks.empty()) return;
    for (AnyTask task : tasks)
      task.cancel();
    loop_.run_until_complete(wait_for_all(tasks));
    for (const AnyTask& task : tasks) {
      if (task.cancelled()) continue;
      if (const std::exception_ptr error = task.exception()) {
        loop_.call_exception_handler({"unhandled exception during run() shutdown", error,
                                      task.get_name(), task.state().created_at()});
      }
    }
  }
}

}  // namespace rondo
