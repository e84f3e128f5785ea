#include <algorithm>
#include <optional>
#include <thread>

#include <sched.h>

#include <rondo/runtime/exception_group.h>
#include <rondo/runtime/threaded_runner.h>

namespace rondo {

namespace {

std::size_t cores_of_process() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) {
    return std::max(1U, std::thread::hardware_concurrency());
  }
  return static_cast<std::size_t>(CPU_COUNT(&cores));
}

}  // namespace

ThreadedRunner::ThreadedRunner(std::size_t loops, LoopOptions options)
    : options_(std::move(options)), members_(loops > 0 ? loops : cores_of_process()) {
  options_.clock = ClockKind::real;
}

void ThreadedRunner::run_all(MainOnLoop main) {
  if (running_loop_or_null() != nullptr) {
    throw RuntimeError("run() cannot be called from a running event loop");
  }
  if (std::exchange(started_, true)) throw RuntimeError("a ThreadedRunner runs once");
  std::vector<std::thread> threads;
  for (std::size_t index = 1; index < size(); ++index)
    threads.emplace_back([this, index, main]() mutable { run_member(index, main); });
  run_member(0, main);
  for (std::thread& thread : threads)
    thread.join();
  throw_errors();
}

// A loop belongs to the thread that makes it. It stays until all mains have ended, since the others
// may name it until then.
void ThreadedRunner::run_member(std::size_t index, MainOnLoop& main) {
  LoopOptions options = options_;
  options.handle_signals = options_.handle_signals && index == 0;
  std::optional<Runner> runner;
  try {
    runner.emplace(options);
  } catch (...) {
    fail(std::current_exception());
  }
  {
    const std::lock_guard lock(mutex_);
    members_[index].loop = runner ? &runner->get_loop() : nullptr;
    members_[index].ended = !runner;
  }
  changed_.notify_all();
  wait_until_all([](const Member& member) { return member.loop != nullptr || member.ended; });
  if (runner) {
    try {
      runner->run(run_main(index, main));
    } catch (...) {
      fail(std::current_exception());
    }
    try {
      runner->close();
    } catch (...) {
      fail(std::current_exception());
    }
  }
  {
    const std::lock_guard lock(mutex_);
    members_[index].main = AnyTask();
    members_[index].ended = true;
  }
  changed_.notify_all();
  wait_until_all([](const Member& member) { return member.ended; });
}

Coroutine<void> ThreadedRunner::run_main(std::size_t index, MainOnLoop& main) {
  bool too_late = false;
  {
    const std::lock_guard lock(mutex_);
    members_[index].main = current_task();
    too_late = cancelling_;
  }
  if (!too_late) co_await main(index);
}

/// Notes what a main ended with, and has the others cancelled. That they end with CancelledError
/// then is no news.
void ThreadedRunner::fail(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (cancelling_ && is_cancelled_error(error)) return;
  errors_.push_back(std::move(error));
  if (std::exchange(cancelling_, true)) return;
  for (Member& member : members_) {
    if (member.loop == nullptr) continue;
    const auto cancel = [&member] {
      if (member.main) member.main.cancel();
    };
    member.loop->mailbox()->post(
        std::make_unique<detail::BoundPostedCall<decltype(cancel)>>(cancel));
  }
}

void ThreadedRunner::wait_until_all(bool (*is_so)(const Member&)) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return std::ranges::all_of(members_, is_so); });
}

void ThreadedRunner::throw_errors() {
  if (errors_.size() == 1) std::rethrow_exception(errors_.front());
  if (!errors_.empty()) {
    throw ExceptionGroup("unhandled errors on several loops", std::exchange(errors_, {}));
  }
}

}  // namespace rondo
