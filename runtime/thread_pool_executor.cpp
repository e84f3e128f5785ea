#include <algorithm>
#include <csignal>
#include <initializer_list>

#include <pthread.h>

#include <rondo/runtime/context.h>
#include <rondo/runtime/thread_pool_executor.h>

namespace rondo {

namespace {

constinit thread_local const ThreadPoolExecutor* working_for = nullptr;  // null: no worker

/// While it lives, this thread takes no signal, and neither does a thread that it makes: signals
/// are for the loop's thread, which they have to wake. What a fault raises is not blocked, or a
/// handler that prints a trace would never see it.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
      sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

std::size_t ThreadPoolExecutor::default_max_workers() noexcept {
  constexpr std::size_t most = 32;
  // Some more than processors, since jobs of this kind mostly wait.
  return std::min(most, std::size_t{std::thread::hardware_concurrency()} + 4);
}

ThreadPoolExecutor::ThreadPoolExecutor(std::size_t max_workers) : max_workers_(max_workers) {
  if (max_workers == 0) throw ValueError("max_workers must be greater than 0");
}

ThreadPoolExecutor::~ThreadPoolExecutor() {
  shutdown();
}

std::size_t ThreadPoolExecutor::workers() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

std::size_t ThreadPoolExecutor::idle_workers() const {
  const std::lock_guard lock(mutex_);
  return idle_;
}

void ThreadPoolExecutor::push(std::shared_ptr<detail::Job> job) {
  const std::lock_guard lock(mutex_);
  if (shut_down_) throw RuntimeError("cannot schedule new futures after shutdown");
  queue_.push_back(std::move(job));
  // A worker that was notified but has not woken yet still counts as idle; so compare.
  if (queue_.size() > idle_ && started_ < max_workers_) start_worker();
  work_came_.notify_one();
}

// Without a thread for it the job waits for the others; only if there are none has it to be
// refused.
void ThreadPoolExecutor::start_worker() {
  try {
    const SignalsBlocked blocked;
    threads_.emplace_back(&ThreadPoolExecutor::work, this);
  } catch (...) {
    if (started_ > 0) return;
    queue_.pop_back();
    throw;
  }
  ++started_;
  ++alive_;
}

void ThreadPoolExecutor::work() {
  working_for = this;
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_came_.wait(lock, [this] { return !queue_.empty() || shut_down_; });
    --idle_;
    if (queue_.empty()) break;
    std::shared_ptr<detail::Job> job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    {
      // What a job sets in its context is not for the next one.
      Context own;
      const detail::ContextScope scope(own);
      job->run();
    }
    job.reset();
    lock.lock();
  }
  --alive_;
  all_gone_.notify_all();
}

void ThreadPoolExecutor::cancel_queued() {
  std::deque<std::shared_ptr<detail::Job>> cancelled;
  {
    const std::lock_guard lock(mutex_);
    cancelled.swap(queue_);
  }
  for (const auto& job : cancelled)
    job->cancel();
}

void ThreadPoolExecutor::shutdown(Queued queued) {
  if (working_for == this) throw RuntimeError("an executor cannot be shut down by its own job");
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
    work_came_.notify_all();
  }
  if (queued == Queued::cancel) cancel_queued();
  {
    // Another thread may be joining them; then this waits until there is nothing left to join.
    std::unique_lock lock(mutex_);
    all_gone_.wait(lock, [this] { return alive_ == 0; });
    threads.swap(threads_);
  }
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace rondo
