#include <cstdio>

#include <rondo/runtime/detail/signals.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/task.h>

namespace rondo {

namespace {

// Those of this thread that exist, newest first.
constinit thread_local Loop* loops_of_thread = nullptr;

TimePoint real_now() {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// Ends the loop's run when the awaited future is done.
class StopWhenDone final : public detail::DoneWatcher, public detail::Runnable {
 public:
  StopWhenDone(Loop& loop, detail::FutureBase& future) : loop_(loop), future_(future) {
    future_.add_watcher(*this);
  }
  StopWhenDone(const StopWhenDone&) = delete;
  StopWhenDone& operator=(const StopWhenDone&) = delete;
  ~StopWhenDone() { future_.remove_watcher(*this); }

  void future_done(detail::FutureBase&) override { loop_.make_ready(*this); }
  void run() override { loop_.stop(); }

 private:
  Loop& loop_;
  detail::FutureBase& future_;
};

}  // namespace

Loop::Loop(LoopOptions options)
    : clock_(options.clock),
      timer_grain_(options.timer_grain),
      driver_(options.make_driver ? options.make_driver() : make_default_driver()),
      shuffle_state_(options.shuffle),
      next_loop_(std::exchange(loops_of_thread, this)),
      debug_(options.debug) {
  mailbox_->attach(*driver_);
  detail::ignore_broken_pipes();
}

Loop::~Loop() {
  if (!running_) close();
  Loop** link = &loops_of_thread;
  while (*link != this)
    link = &(*link)->next_loop_;
  *link = next_loop_;
}

TimePoint Loop::time() const {
  return clock_ == ClockKind::virtual_time ? virtual_now_ : real_now();
}

void Loop::check_open() const {
  if (closed_) throw RuntimeError("the event loop is closed");
  if (debug_ && running_ && thread_ != std::this_thread::get_id()) {
    throw RuntimeError(
        "Non-thread-safe operation invoked on an event loop other than the current one");
  }
}

// The generator splitmix64, whose state may be any number.
std::size_t Loop::random_below(std::size_t bound) noexcept {
  std::uint64_t bits = *shuffle_state_ += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return (bits ^ (bits >> 31)) % bound;
}

void Loop::check_can_run() const {
  check_open();
  if (running_) throw RuntimeError("this event loop is already running");
  if (detail::running_loop != nullptr) {
    throw RuntimeError("cannot run the event loop while another loop is running");
  }
}

// Inlined by force: it is the innermost loop of all.
[[gnu::always_inline]] inline void Loop::turn() {
  ++turns_;
  if (ready_.empty() || stopping_ || !driver_->quiet()) take_answers();
  if (!timers_.empty()) expire_timers();
  if (debug_) {
    ready_.run_batch([this](detail::Runnable& runnable) { run_and_time(runnable); });
  } else {
    ready_.run_batch([](detail::Runnable& runnable) { runnable.run(); });
  }
  while (!ending_.empty())
    ending_.pop_front().run();
}

void Loop::run_forever() {
  check_can_run();
  struct Running {
    explicit Running(Loop& running) : loop(running) {
      loop.running_ = true;
      loop.thread_ = std::this_thread::get_id();
      detail::running_loop = &loop;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
      loop.running_ = false;
      loop.stopping_ = false;
      detail::running_loop = nullptr;
      detail::running_task = nullptr;
    }
    Loop& loop;
  };
  const Running running(*this);
  const detail::ContextScope of_each_task(nullptr);
  do {
    turn();
  } while (!stopping_);
}

void Loop::run_until_done(detail::FutureBase& future) {
  if (&future.loop() != this) {
    throw RuntimeError("the future belongs to a different loop");
  }
  const StopWhenDone stopper(*this, future);
  run_forever();
  if (!future.done()) throw RuntimeError("Event loop stopped before Future completed.");
}

// Mail and signals wake the driver too, so a quiet one says that there are none.
void Loop::take_answers() {
  wait_for_kernel();
  driver_->reap();
  if (mailbox_->has_mail() || signals_.noted()) take_news();
}

// Not inlined, like others here and below that are hardly ever needed: what the innermost loop
// calls should fit into a few registers.
[[gnu::noinline]] void Loop::take_news() {
  if (mailbox_->has_mail()) deliver_mail();
  if (signals_.noted()) signals_.deliver();
}

void Loop::expire_timers() {
  const TimePoint now = time();
  while (!timers_.empty() && timers_.first_deadline() <= now)
    ready_.push_back(timers_.pop());
}

void Loop::wait_for_kernel() {
  if (!ready_.empty() || stopping_) {
    driver_->submit_and_wait(Duration::zero());
    return;
  }
  std::optional<Duration> timeout;
  if (!timers_.empty()) timeout = std::max(Duration::zero(), until_first_timer());

  if (clock_ == ClockKind::real) {
    driver_->submit_and_wait(timeout);
  } else {
    wait_on_virtual_clock(timeout);
  }
}

[[gnu::noinline]] Duration Loop::until_first_timer() const {
  TimePoint moment = timers_.first_deadline();
  if (clock_ == ClockKind::real && timer_grain_ > Duration::zero()) {
    const Duration past_grain = moment.time_since_epoch() % timer_grain_;
    if (past_grain > Duration::zero()) moment = saturating_add(moment, timer_grain_ - past_grain);
  }
  return moment - time();
}

[[gnu::noinline]] void Loop::wait_on_virtual_clock(std::optional<Duration> timeout) {
  if (calls_expected_ > 0 || !driver_->nothing_can_arrive()) {
    wait_in_real_time(timeout);
    return;
  }
  if (!timeout) throw_deadlock();
  virtual_now_ += *timeout;
}

void Loop::throw_deadlock() {
  throw RuntimeError(
      "deadlock: nothing is ready, no timer is armed and no operation is in flight, so under the "
      "virtual clock nothing can ever happen");
}

// On the virtual clock, for something that takes the time it takes. A simulated kernel takes none;
// but no thread can wake it, so while one is at work the mail is looked for in between.
void Loop::wait_in_real_time(std::optional<Duration> timeout) {
  const bool simulated = driver_->in_virtual_time();
  if (simulated && calls_expected_ == 0) {
    driver_->submit_and_wait(timeout);
    return;
  }
  const TimePoint before = real_now();
  if (simulated) {
    constexpr Duration pause = std::chrono::milliseconds(1);
    driver_->submit_and_wait(Duration::zero());
    mailbox_->wait(std::min(timeout.value_or(pause), pause));
  } else {
    driver_->submit_and_wait(timeout);
  }
  virtual_now_ += real_now() - before;
}

void Loop::deliver_mail() {
  for (auto& call : mailbox_->take()) {
    call_soon([call = std::move(call)] { call->invoke(); });
  }
}

void Loop::add_signal_handler(int signal_number, std::function<void()> handler) {
  check_open();
  signals_.set_handler(signal_number, std::move(handler));
}

bool Loop::remove_signal_handler(int signal_number) {
  return signals_.remove_handler(signal_number);
}

void Loop::run_and_time(detail::Runnable& runnable) {
  const std::string what = runnable.debug_name();
  const TimePoint start = real_now();
  runnable.run();
  const Duration taken = real_now() - start;
  if (taken < slow_callback_duration) return;
  const std::string seconds = std::to_string(std::chrono::duration<double>(taken).count());
  call_exception_handler(
      {"Executing <" + what + "> took " + seconds + " seconds", nullptr, {}, {}});
}

void Loop::close() {
  if (running_) throw RuntimeError("cannot close a running event loop");
  if (closed_) return;
  closed_ = true;
  signals_.close();
  mailbox_->close();
  resources_.for_each_until([](detail::LoopResource& resource) {
    resource.loop_closing();
    return false;
  });
  const bool let_go = kernel_lets_go();
  close_executors();
  if (let_go) {
    drop_scheduled();
    destroy_pending_tasks();
    drop_scheduled();
  } else {
    leave_to_the_kernel();
  }
  driver_.reset();
}

void Loop::drop_scheduled() noexcept {
  while (!timers_.empty())
    ready_.push_back(timers_.pop());
  ready_.take_all(ending_);
  while (!ready_.empty())
    ready_.pop_front().dropped();
}

// Only a program that runs a Loop by hand can get here with tasks; `run` has awaited them all. The
// youngest goes first: it may use what lies in the frame of the task that made it.
void Loop::destroy_pending_tasks() noexcept {
  while (!tasks_.empty()) {
    detail::TaskBase& task = tasks_.back();
    call_exception_handler(
        {"Task was destroyed but it is pending!", nullptr, task.name(), task.created_at()});
    task.abandon();
  }
}

void Loop::call_exception_handler(const ExceptionContext& context) noexcept {
  try {
    if (!handler_) {
      default_exception_handler(context);
      return;
    }
    try {
      handler_(*this, context);
    } catch (...) {
      default_exception_handler({"Unhandled error in exception handler", std::current_exception(),
                                 context.task_name, context.where});
    }
  } catch (...) {
    std::fputs("rondo: an exception could not be reported\n", stderr);
  }
}

void Loop::default_exception_handler(const ExceptionContext& context) {
  std::string line = "rondo: " + context.message;
  if (context.exception) line += ": " + describe_exception(context.exception);
  if (!context.task_name.empty()) line += " (" + context.task_name + ")";
  if (context.where.line() != 0) {
    line += ", created at " + std::string(context.where.file_name()) + ":" +
            std::to_string(context.where.line());
  }
  line += '\n';
  std::fputs(line.c_str(), stderr);
}

namespace detail {

void throw_no_running_loop() {
  throw RuntimeError("no running event loop");
}

void Runnable::take_off_queue() noexcept {
  for (Loop* loop = loops_of_thread; loop != nullptr; loop = loop->next_loop_) {
    if (loop->ready_.remove(*this) || loop->ending_.remove(*this)) return;
  }
}

bool loop_exists(const Loop* loop) noexcept {
  const Loop* candidate = loops_of_thread;
  while (candidate != nullptr && candidate != loop)
    candidate = candidate->next_loop_;
  return candidate != nullptr;
}

void Callback::run() {
  const Ref<Callback> keep(this);
  release();  // the reference that `scheduled` took
  if (cancelled_) return;
  try {
    const ContextScope scope(context_);
    invoke();
  } catch (...) {
    loop_->call_exception_handler({"Exception in callback", std::current_exception(), {}, {}});
  }
}

void Callback::cancel() noexcept {
  if (cancelled_) return;
  cancelled_ = true;
  // One that is on the ready queue stays there, and will do nothing.
  const bool was_armed = armed();
  if (was_armed) loop_->disarm(*this);
  drop_function();
  if (was_armed) release();
}

}  // namespace detail

}  // namespace rondo
