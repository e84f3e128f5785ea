#include <algorithm>
#include <thread>

#include <sys/resource.h>

#include <rondo/runtime/run_in_executor.h>
#include <rondo/ssh/detail/turn_budget.h>

namespace rondo::ssh::detail {

TurnBudget::TurnBudget(Loop& loop) : loop_(loop), key_exchanges_(loop, 1), steps_(loop, 4) {
  loop.add_resource(*this);
}

std::shared_ptr<TurnBudget> TurnBudget::of(Loop& loop) {
  // A thread has one loop at a time, and the sessions of an older one keep theirs.
  static thread_local std::weak_ptr<TurnBudget> latest;
  std::shared_ptr<TurnBudget> budget = latest.lock();
  if (budget && &budget->loop_ == &loop) return budget;
  budget = std::make_shared<TurnBudget>(loop);
  latest = budget;
  return budget;
}

Future<int> TurnBudget::elsewhere(std::function<int()> call) {
  if (!executor_) {
    const std::size_t processors = std::thread::hardware_concurrency();
    executor_ = std::make_unique<ThreadPoolExecutor>(std::max<std::size_t>(processors, 1));
  }
  const auto call_politely = [call = std::move(call)] {
    constexpr int nice = 10;
    ::setpriority(PRIO_PROCESS, 0, nice);  // on Linux, of this thread alone
    return call();
  };
  return loop_.run_in_executor(executor_.get(), call_politely);
}

}  // namespace rondo::ssh::detail
