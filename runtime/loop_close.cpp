#include <mutex>
#include <string>

#include <rondo/runtime/loop.h>
#include <rondo/runtime/task.h>

// The end of a loop that still has questions to the kernel.

namespace rondo {

/// Cancels everything in flight and waits for the answers. False: some do not come.
bool Loop::kernel_lets_go() noexcept {
  try {
    driver_->cancel_all();
    const auto start = std::chrono::steady_clock::now();
    Duration left = close_patience;
    while (driver_->in_flight() > 0) {
      if (left <= Duration::zero()) return false;
      driver_->submit_and_wait(driver_->in_virtual_time() ? std::nullopt : std::optional(left));
      if (driver_->reap() == 0 && driver_->nothing_can_arrive()) return false;
      left = close_patience - (std::chrono::steady_clock::now() - start);
    }
    return true;
  } catch (...) {
    call_exception_handler({"the kernel cannot be waited for", std::current_exception(), {}, {}});
    return false;
  }
}

// Whose memory an unanswered operation uses is not known: a task's own frame, one that awaits it, a
// callback's. So all of them stay. (In lists, so that a leak checker does not call them forgotten.)
void Loop::leave_to_the_kernel() {
  static std::mutex mutex;  // loops of several threads may come to this
  static auto& tasks = *new detail::IntrusiveList<detail::TaskBase, detail::AllTasks>;
  static auto& resources = *new detail::IntrusiveList<detail::LoopResource, detail::LoopResource>;
  static auto& scheduled = *new detail::ReadyQueue;
  call_exception_handler({"the event loop closes though the kernel has not answered " +
                              std::to_string(driver_->in_flight()) +
                              " operation(s) that were cancelled; their memory is never freed",
                          nullptr,
                          {},
                          {}});
  tasks_.for_each_until([](detail::TaskBase& task) {
    task.leave_to_the_kernel();
    return false;
  });
  while (!timers_.empty())
    ready_.push_back(timers_.pop());
  const std::lock_guard lock(mutex);
  tasks.take_all(tasks_);
  resources.take_all(resources_);
  scheduled.take_all(ready_);
}

}  // namespace rondo
