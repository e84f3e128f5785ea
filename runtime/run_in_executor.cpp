#include <rondo/runtime/run_in_executor.h>

namespace rondo {

void Loop::set_default_executor(std::shared_ptr<ThreadPoolExecutor> executor) {
  check_open();
  default_executor_ = std::move(executor);
}

ThreadPoolExecutor& Loop::default_executor() {
  if (executor_shut_down_) throw RuntimeError("Executor shutdown has been called");
  if (!default_executor_) default_executor_ = std::make_shared<ThreadPoolExecutor>();
  return *default_executor_;
}

Coroutine<void> Loop::shutdown_default_executor() {
  executor_shut_down_ = true;
  if (!default_executor_) co_return;
  // Waiting for threads blocks, so another thread does that. It is the loop's, which joins it in
  // `close` if this coroutine is cancelled.
  if (!executor_closer_) executor_closer_ = std::make_shared<ThreadPoolExecutor>(1);
  auto shut_down = [executor = default_executor_] { executor->shutdown(); };
  const Future<void> gone = run_in_executor(executor_closer_.get(), std::move(shut_down));
  co_await gone;
}

void Loop::close_executors() {
  executor_shut_down_ = true;
  if (default_executor_) default_executor_->shutdown(ThreadPoolExecutor::Queued::cancel);
  executor_closer_.reset();
  default_executor_.reset();
}

}  // namespace rondo
