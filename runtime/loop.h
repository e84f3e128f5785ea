#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/detail/loop_signals.h>
#include <rondo/runtime/detail/mailbox.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/timer_heap.h>
#include <rondo/runtime/handle.h>

// The event loop: one thread, one ready queue, one heap of deadlines, one door to the kernel.
//
// Each turn is the same four steps: wait for the kernel (not at all when something is ready, at
// most to the first deadline otherwise), take its answers, move the timers that are due to the
// ready queue, run what was on the queue at that moment. What a callback makes ready runs in the
// next turn, never inside the call that made it ready. That is asyncio's loop, step for step.

namespace rondo {

class Loop;
class ThreadPoolExecutor;
template <class T>
class Coroutine;

namespace detail {

class FutureBase;
class TaskBase;

/// Something that holds a descriptor and must let go of it before its loop closes.
class LoopResource : public ListNode<LoopResource> {
 public:
  /// The loop is closing. Cancel what is in flight and close; the loop waits for the answers.
  virtual void loop_closing() noexcept = 0;

 protected:
  ~LoopResource() = default;
};

struct AllTasks;  // tag: a task's place in the loop's list of live tasks

/// True until the loop is destroyed. To be asked on its own thread.
bool loop_exists(const Loop* loop) noexcept;

/// The loop that runs on this thread; null: none.
inline constinit thread_local Loop* running_loop = nullptr;

}  // namespace detail

/// How the loop's time runs.
enum class ClockKind {
  real,          ///< CLOCK_MONOTONIC
  virtual_time,  ///< jumps to the next deadline whenever nothing is ready, no operation is in
                 ///< flight and no thread is waited for; otherwise time passes as on the wall
};

/// How a loop is made.
class LoopOptions {
 public:
  /// The clock that the environment asks for (RONDO_CLOCK=real|virtual; real when unset) and the
  /// driver that RONDO_DRIVER names (uring, epoll, or sim with the seed RONDO_SEED), and no other
  /// one instead. Throws ValueError for other words.
  LoopOptions();

  ClockKind clock;
  /// Debug mode (RONDO_DEBUG=1): a step that takes long, a call from the wrong thread and a
  /// coroutine that is never awaited are reported.
  bool debug = false;
  /// A seed (RONDO_SHUFFLE): what asyncio keeps in sets, and so in no order, is gone through in a
  /// random one. For tests; without it, such orders are those of creation.
  std::optional<std::uint64_t> shuffle;
  /// `Runner::run` lets SIGINT and SIGTERM cancel the main task, if nobody else handles them.
  bool handle_signals = true;
  /// On the real clock, the moments at which sleeping tasks are woken lie this far apart: a
  /// deadline is rounded up to the next one, so nothing comes early, and many timers cost one
  /// wake-up. 0: each deadline is met as closely as the kernel can. (asyncio waits in milliseconds
  /// too.)
  Duration timer_grain = std::chrono::milliseconds(1);
  /// Makes the loop's driver; empty for io_uring with its defaults or, where that is forbidden or
  /// missing, epoll: then one line on the standard error, the first time, says why. What else keeps
  /// a ring from being set up, such as a limit of memory, is an OSError.
  std::function<std::unique_ptr<Driver>()> make_driver;
};

/// What the exception handler is told.
struct ExceptionContext {
  std::string message;           ///< what went wrong, in a sentence
  std::exception_ptr exception;  ///< null when there is none
  std::string task_name;         ///< empty when no task is concerned
  std::source_location where{};  ///< where the task or future was created; line 0 if unknown
};

/// An event loop. It belongs to the thread that runs it; from another one only call_soon_threadsafe
/// may be called.
///
/// From the first loop on the program ignores SIGPIPE, unless it has a handler of its own by then:
/// writing to a pipe that nobody reads from is a BrokenPipeError and not the end. (So does CPython;
/// the programs that are started by create_subprocess_exec have the signal as ever.)
class Loop {
 public:
  explicit Loop(LoopOptions options = LoopOptions());
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();  ///< closes

  /// Now, on this loop's clock.
  TimePoint time() const;

  /// Runs `fn(args...)` in the next turn. What it throws goes to the exception handler.
  template <class F, class... Args>
  Handle call_soon(F fn, Args... args);

  /// Runs `fn(args...)` when `delay` has passed; at once, but never inline, for a negative one.
  template <class Rep, class Period, class F, class... Args>
  TimerHandle call_later(std::chrono::duration<Rep, Period> delay, F fn, Args... args) {
    return call_at(saturating_add(time(), to_duration(delay)), std::move(fn), std::move(args)...);
  }

  /// Runs `fn(args...)` at a moment of this loop's clock. Equal moments keep the order in which
  /// they were asked for (a deliberate difference from CPython, whose heap does not).
  template <class F, class... Args>
  TimerHandle call_at(TimePoint when, F fn, Args... args);

  /// From any thread: runs `fn(args...)` on the loop, which is woken if it sleeps. Throws
  /// RuntimeError when the loop is closed; it must not be destroyed meanwhile.
  template <class F, class... Args>
  void call_soon_threadsafe(F fn, Args... args) {
    auto call =
        std::make_unique<detail::BoundPostedCall<F, Args...>>(std::move(fn), std::move(args)...);
    if (!mailbox_->post(std::move(call))) {
      throw RuntimeError("the event loop is closed");
    }
  }

  /// Calls `fn(args...)` on a thread of `executor` (null: of the default one), and returns a Future
  /// of what it returns or throws. The arguments are moved in. Cancelling the future keeps a call
  /// from beginning; one that runs goes on, and what comes of it is dropped. Unlike `to_thread` it
  /// starts at once and takes no context along. Throws RuntimeError when the executor was shut
  /// down. See asyncio's loop.run_in_executor. (Defined in run_in_executor.h.)
  template <class F, class... Args>
  auto run_in_executor(ThreadPoolExecutor* executor, F fn, Args... args);
  /// The executor behind `to_thread`. Without one, or after null, the loop makes one when it is
  /// needed. Either is shut down with the loop; one that was replaced is not.
  void set_default_executor(std::shared_ptr<ThreadPoolExecutor> executor);
  /// `co_await loop.shutdown_default_executor()` waits until all its jobs have run and its threads
  /// are gone; the loop goes on meanwhile, but the executor takes no more jobs: they are a
  /// RuntimeError. Cancelling ends the wait only. `run` does this at its end.
  Coroutine<void> shutdown_default_executor();

  /// Runs `handler()` on the loop each time the signal comes, instead of what it does otherwise. A
  /// second call replaces the first. Throws ValueError for a number that is no signal, RuntimeError
  /// for one that cannot be caught. See asyncio's loop.add_signal_handler; to await a signal, see
  /// `signals.h`. (A signal that comes again before the process could be told of it is one signal,
  /// for the kernel.)
  void add_signal_handler(int signal_number, std::function<void()> handler);
  /// The signal does again what it did before. False when there was no handler.
  bool remove_signal_handler(int signal_number);

  /// Runs until `stop`. Throws RuntimeError when the loop is closed or a loop runs already.
  void run_forever();

  /// Runs until a future, task or coroutine is done, and returns its result or throws its
  /// exception. Throws RuntimeError as `run_forever` does, and then a coroutine is not started; and
  /// if `stop` ended the loop first, and then what was awaited stays pending.
  /// (Defined in run.h.)
  template <class Awaitable>
  auto run_until_complete(Awaitable&& awaitable);

  /// Ends `run_forever` after the present turn; called beforehand, it makes the next run one turn.
  void stop() noexcept { stopping_ = true; }

  bool is_running() const noexcept { return running_; }
  bool is_closed() const noexcept { return closed_; }

  /// Closes what the loop still holds, waits until the kernel names none of it, and drops what was
  /// scheduled. Jobs of the default executor that run are waited for; those that do not are
  /// cancelled. If the kernel has not let go after `close_patience`, the exception handler is told,
  /// and nothing is freed that the kernel might write to: the loop's tasks and connections stay in
  /// memory for good. A second call does nothing. Throws RuntimeError while the loop runs.
  void close();
  /// In real time.
  Duration close_patience = std::chrono::seconds(5);

  using ExceptionHandler = std::function<void(Loop&, const ExceptionContext&)>;
  /// Who is told about exceptions that reach nobody; an empty function restores the default, which
  /// writes a line to the standard error.
  void set_exception_handler(ExceptionHandler handler) { handler_ = std::move(handler); }
  /// Tells the exception handler. One that throws is itself reported, by the default handler.
  void call_exception_handler(const ExceptionContext& context) noexcept;
  /// Writes the context to the standard error.
  static void default_exception_handler(const ExceptionContext& context);

  /// Debug mode: see LoopOptions.
  bool get_debug() const noexcept { return debug_; }
  void set_debug(bool on) noexcept { debug_ = on; }
  /// In debug mode a callback, or a task's step, that takes at least this long is reported.
  Duration slow_callback_duration = std::chrono::milliseconds(100);

  /// Turns made so far.
  std::uint64_t turns() const noexcept { return turns_; }

  // For those who write awaitables.

  /// Puts something at the end of the ready queue. It must not be there already.
  void make_ready(detail::Runnable& runnable) noexcept { ready_.push_back(runnable); }
  /// Runs something at the end of the present turn, before the kernel is entered again: what is to
  /// go to the kernel in one piece. It must not be on a queue.
  void at_end_of_turn(detail::Runnable& runnable) noexcept { ending_.push_back(runnable); }
  /// Puts `timer` on the ready queue when `deadline` has come.
  void arm(detail::Timer& timer, TimePoint deadline) { timers_.arm(timer, deadline); }
  void disarm(detail::Timer& timer) noexcept { timers_.disarm(timer); }
  Driver& driver() noexcept { return *driver_; }
  detail::LoopSignals& signals() noexcept { return signals_; }
  /// Puts things that may come in any order into a random one, if LoopOptions::shuffle says so.
  template <class T>
  void shuffle(std::vector<T>& things) noexcept {
    if (!shuffle_state_) return;
    for (std::size_t left = things.size(); left > 1; --left)
      std::swap(things[left - 1], things[random_below(left)]);
  }
  void add_resource(detail::LoopResource& resource) noexcept { resources_.push_back(resource); }
  /// Where other threads leave calls. Whoever may post after the loop's end keeps a copy of this.
  const std::shared_ptr<detail::Mailbox>& mailbox() const noexcept { return mailbox_; }
  /// Another thread will leave a call there: a virtual clock has to wait for it.
  void call_expected() noexcept { ++calls_expected_; }
  /// It has come, or does not matter any more.
  void call_no_longer_expected() noexcept { --calls_expected_; }

 private:
  friend class detail::TaskBase;
  friend class Runner;
  friend class detail::Runnable;
  friend bool detail::loop_exists(const Loop* loop) noexcept;

  static std::unique_ptr<Driver> make_default_driver();
  void run_until_done(detail::FutureBase& future);
  void turn();
  void wait_for_kernel();
  Duration until_first_timer() const;
  void wait_on_virtual_clock(std::optional<Duration> timeout);
  void wait_in_real_time(std::optional<Duration> timeout);
  void take_answers();
  void take_news();
  void expire_timers();
  void deliver_mail();
  [[noreturn]] static void throw_deadlock();
  bool kernel_lets_go() noexcept;
  void leave_to_the_kernel();
  void drop_scheduled() noexcept;
  void destroy_pending_tasks() noexcept;
  ThreadPoolExecutor& default_executor();
  void close_executors();
  /// Throws RuntimeError when closed and, in debug mode, on a thread that is not the loop's.
  void check_open() const;
  void run_and_time(detail::Runnable& runnable);
  void check_can_run() const;
  std::size_t random_below(std::size_t bound) noexcept;

  const ClockKind clock_;
  const Duration timer_grain_;
  TimePoint virtual_now_{};
  std::unique_ptr<Driver> driver_;
  detail::ReadyQueue ready_;
  detail::ReadyQueue ending_;  // to be run at the end of the turn
  detail::TimerHeap timers_;
  detail::IntrusiveList<detail::TaskBase, detail::AllTasks> tasks_;  // each has a reference here
  detail::IntrusiveList<detail::LoopResource, detail::LoopResource> resources_;
  ExceptionHandler handler_;
  const std::shared_ptr<detail::Mailbox> mailbox_ = std::make_shared<detail::Mailbox>();
  std::size_t calls_expected_ = 0;                        // from other threads
  std::shared_ptr<ThreadPoolExecutor> default_executor_;  // null until it is needed
  std::shared_ptr<ThreadPoolExecutor> executor_closer_;   // its one job shuts the other one down
  bool executor_shut_down_ = false;
  detail::LoopSignals signals_{*this};
  std::optional<std::uint64_t> shuffle_state_;  // nothing: orders are those of creation
  std::uint64_t turns_ = 0;
  std::uint32_t tasks_created_ = 0;  // gives "Task-N" its number
  Loop* next_loop_ = nullptr;        // in the list of this thread's loops
  std::thread::id thread_;           // the thread that runs it; none: it does not run
  bool debug_ = false;
  bool running_ = false;
  bool stopping_ = false;
  bool closed_ = false;
};

/// The loop that runs on this thread, or null.
inline Loop* running_loop_or_null() noexcept {
  return detail::running_loop;
}

namespace detail {
[[noreturn]] void throw_no_running_loop();
}

/// The loop that runs on this thread. Throws RuntimeError("no running event loop").
inline Loop& get_running_loop() {
  if (detail::running_loop == nullptr) detail::throw_no_running_loop();
  return *detail::running_loop;
}

template <class F, class... Args>
Handle Loop::call_soon(F fn, Args... args) {
  check_open();
  auto callback = detail::make_callback(*this, std::move(fn), std::move(args)...);
  callback->scheduled();
  make_ready(*callback);
  return Handle(std::move(callback));
}

template <class F, class... Args>
TimerHandle Loop::call_at(TimePoint when, F fn, Args... args) {
  check_open();
  auto callback = detail::make_callback(*this, std::move(fn), std::move(args)...);
  callback->scheduled();
  arm(*callback, when);
  return TimerHandle(std::move(callback), when);
}

}  // namespace rondo
