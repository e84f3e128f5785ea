#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/runtime/ensure_future.h>
#include <rondo/runtime/keyboard_interrupt.h>

// run: from main() into the loop and back. Runner: the same in steps, for several runs on one loop.

namespace rondo {

template <class A>
auto Loop::run_until_complete(A&& awaitable) {
  check_can_run();
  auto future = ensure_future(std::forward<A>(awaitable), *this);
  run_until_done(future.state());
  using T = typename decltype(future)::value_type;
  if constexpr (std::is_void_v<T>) {
    static_cast<void>(future.result());
  } else if constexpr (detail::copyable<T>) {
    return T(future.result());
  } else {
    return std::move(const_cast<T&>(future.result()));
  }
}

/// A loop and its orderly end. See asyncio.Runner.
class Runner {
 public:
  explicit Runner(LoopOptions options = LoopOptions())
      : loop_(options), handle_signals_(options.handle_signals) {}
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner();  ///< closes; what that throws is reported to the exception handler

  /// Runs a coroutine as a task until it is done; returns its result or throws its exception. The
  /// context variables that it sets keep their values for the next run.
  /// Throws RuntimeError inside a running loop and after `close`; KeyboardInterrupt when SIGINT or
  /// SIGTERM came, which cancels the main task. (On the process's first thread, and unless somebody
  /// handles these signals already. A second one ends the process at once.)
  template <class T>
  T run(Coroutine<T> main, std::source_location here = std::source_location::current()) {
    check_can_run();
    const Task<T> task =
        context_.run([&] { return create_task_on(loop_, std::move(main), {}, here); });
    const InterruptGuard guard(*this, task);
    const ContextKeeper keeper(context_, task);
    try {
      return loop_.run_until_complete(task);
    } catch (const CancelledError&) {
      throw_if_interrupted(task);
      throw;
    }
  }

  Loop& get_loop() noexcept { return loop_; }

  /// Cancels all tasks that are left and runs the loop until they are done; those that end with an
  /// exception are reported to the exception handler. Shuts the default executor down, which waits
  /// for its jobs. Then closes the loop, even if that failed and throws. A second call does
  /// nothing.
  void close();

 private:
  /// While it lives, SIGINT and SIGTERM cancel the main task; the second one ends the process.
  class InterruptGuard {
   public:
    InterruptGuard(Runner& runner, AnyTask main);
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
    ~InterruptGuard();

   private:
    void watch(int signal_number, const AnyTask& main);

    Runner& runner_;
    std::vector<int> watched_;
  };

  /// At its end, takes over what the main task has set of context variables.
  class ContextKeeper {
   public:
    ContextKeeper(Context& context, const AnyTask& main) : context_(context), main_(main) {}
    ContextKeeper(const ContextKeeper&) = delete;
    ContextKeeper& operator=(const ContextKeeper&) = delete;
    ~ContextKeeper() { context_ = main_.task().context(); }

   private:
    Context& context_;
    const AnyTask& main_;
  };

  void check_can_run() const;
  /// Throws KeyboardInterrupt if the main task was cancelled by a signal and by nothing else.
  void throw_if_interrupted(const AnyTask& main) const;
  void cancel_all_tasks();

  Loop loop_;
  Context context_ = copy_context();  // of the main tasks, one after the other
  bool handle_signals_;
  int interrupted_by_ = 0;  // the signal that cancelled the main task; 0: none
};

/// Makes a loop, runs `main` on it, ends what is left as Runner::close does, and returns what
/// `main` returned or throws what it threw. The first line of every program. Throws RuntimeError
/// when a loop runs on this thread already, and OSError when the kernel grants no ring. See
/// asyncio.run.
template <class T>
T run(Coroutine<T> main, LoopOptions options = LoopOptions(),
      std::source_location here = std::source_location::current()) {
  Runner runner(std::move(options));
  return runner.run(std::move(main), here);
}

/// Runs `fn(args...)`, which live until it is done; `fn` may be a lambda with captures.
template <class F, class... Args>
  requires std::invocable<F&, Args...>
auto run(F fn, Args... args) {
  return run(detail::call_and_keep(std::move(fn), std::move(args)...));
}

}  // namespace rondo
