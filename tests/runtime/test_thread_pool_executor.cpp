#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/runtime/context.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/thread_pool_executor.h>

#include "gate.h"
#include "virtual_run.h"

TEST_SUITE_BEGIN("real kernel");

namespace rondo::testing {
namespace {

/// Waits until so many workers are idle. False when that takes so long that something is wrong.
bool idle(const ThreadPoolExecutor& executor, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (executor.idle_workers() != count) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A job that says when it has begun, and then waits.
std::string error_of_job(const ConcurrentFuture<int>& future) {
  try {
    return std::to_string(future.result());
  } catch (...) {
    return describe_exception(std::current_exception());
  }
}

/// From now on no thread can be made by this one.
void deny_new_threads() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    throw_os_error(errno, "seccomp");
  }
}

/// What goes wrong in a process that has one worker and can make no more; a bit for each.
int failures_without_new_threads() {
  int failures = 0;
  Gate gate;
  ThreadPoolExecutor with_one(2);
  const auto first = with_one.submit(pass, std::ref(gate));
  deny_new_threads();
  ThreadPoolExecutor with_none(2);
  try {
    with_none.submit([] {});
    failures |= 1;
  } catch (const std::system_error&) {
    // refused, as it should be
  }
  const auto second = with_one.submit([] { return 2; });
  if (with_one.workers() != 1) failures |= 2;
  gate.open();
  if (!first.result() || second.result() != 2) failures |= 4;
  return failures;
}

}  // namespace

TEST_CASE("a job runs on another thread, and its future gives there what it returns [case 18]") {
  ThreadPoolExecutor executor;
  const auto future = executor.submit([] { return std::this_thread::get_id(); });
  CHECK(future.result() != std::this_thread::get_id());
  CHECK(future.done());
}

TEST_CASE("what a job throws is thrown by its future") {
  ThreadPoolExecutor executor;
  const auto future = executor.submit([]() -> int { throw ValueError("no value"); });
  CHECK(error_of_job(future) == "no value");
  CHECK(error_of_job(future) == "no value");
  CHECK(error_of_job(executor.submit([] { return 3; })) == "3");
}

TEST_CASE("a thread is started when a job comes and none is free, up to max_workers") {
  ThreadPoolExecutor executor(3);
  CHECK(executor.workers() == 0);
  Gate gate;
  const auto first = executor.submit(pass, std::ref(gate));
  CHECK(executor.workers() == 1);
  const auto second = executor.submit(pass, std::ref(gate));
  CHECK(executor.workers() == 2);
  gate.open();
  CHECK(first.result());
  CHECK(second.result());
  REQUIRE(idle(executor, 2));

  Gate again;
  std::vector<ConcurrentFuture<bool>> futures;
  for (const std::size_t workers : {2U, 2U, 3U, 3U, 3U}) {
    futures.push_back(executor.submit(pass, std::ref(again)));
    CHECK(executor.workers() == workers);
  }
  again.open();
  for (const auto& future : futures)
    CHECK(future.result());
}

TEST_CASE("jobs start in the order in which they came") {
  std::vector<int> order;
  Gate gate;
  {
    ThreadPoolExecutor executor(1);
    executor.submit(pass, std::ref(gate));
    for (int i = 0; i < 100; ++i)
      executor.submit([&order, i] { order.push_back(i); });
    gate.open();
  }
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(order == expected);
}

TEST_CASE("10,000 queued jobs run once each on four threads [fault 58]") {
  constexpr int jobs = 10'000;
  std::vector<std::atomic<int>> runs(jobs);
  std::set<std::thread::id> threads;
  std::mutex mutex;
  Gate gate;
  {
    ThreadPoolExecutor executor(4);
    for (int i = 0; i < jobs; ++i) {
      executor.submit([&, i] {
        gate.pass();
        ++runs[static_cast<std::size_t>(i)];
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      });
    }
    CHECK(executor.workers() == 4);
    gate.open();
  }
  CHECK(std::ranges::all_of(runs, [](const auto& count) { return count == 1; }));
  CHECK(threads.size() <= 4);
}

TEST_CASE("a job that has not started can be cancelled, and gives its arguments back at once") {
  ThreadPoolExecutor executor(1);
  Gate begun;
  Gate gate;
  const auto running = executor.submit(begin_and_pass, std::ref(begun), std::ref(gate));
  CHECK(begun.pass());
  bool ran = false;
  auto argument = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = argument;
  const auto queued =
      executor.submit([&ran](const std::shared_ptr<int>& value) { return (ran = true), *value; },
                      std::move(argument));
  CHECK(!queued.done());
  CHECK(queued.cancel());
  CHECK(watch.expired());
  CHECK(queued.done());
  CHECK(!queued.cancel());
  CHECK_THROWS_AS(queued.result(), CancelledError);
  CHECK(!running.cancel());
  gate.open();
  CHECK(running.result());
  CHECK(!running.cancel());
  executor.shutdown();
  CHECK(!ran);
}

TEST_CASE("arguments and results may be of types that can only be moved") {
  ThreadPoolExecutor executor;
  const auto add = [](std::unique_ptr<int> a, const std::unique_ptr<int>& b) {
    return std::make_unique<int>(*a + *b);
  };
  const auto sum = executor.submit(add, std::make_unique<int>(40), std::make_unique<int>(2));
  CHECK(*sum.result() == 42);
}

TEST_CASE("a function and its arguments are destroyed before its future is done") {
  ThreadPoolExecutor executor;
  for (int i = 0; i < 100; ++i) {
    auto captured = std::make_shared<int>(1);
    auto given = std::make_shared<int>(2);
    const std::weak_ptr<int> watch_captured = captured;
    const std::weak_ptr<int> watch_given = given;
    auto job = [captured = std::move(captured)](const std::shared_ptr<int>& other) {
      return *captured + *other;
    };
    const auto future = executor.submit(std::move(job), std::move(given));
    CHECK(future.result() == 3);
    CHECK(watch_captured.expired());
    CHECK(watch_given.expired());
  }
}

TEST_CASE("waiting for a job can time out, and the job goes on") {
  ThreadPoolExecutor executor;
  Gate gate;
  const auto future = executor.submit(pass, std::ref(gate));
  CHECK_THROWS_AS(future.result(1ms), TimeoutError);
  gate.open();
  CHECK(future.result(20s));
}

TEST_CASE("shutdown waits until all queued jobs have run, and takes no more") {
  ThreadPoolExecutor executor(1);
  Gate begun;
  Gate gate;
  executor.submit(begin_and_pass, std::ref(begun), std::ref(gate));
  const auto queued = executor.submit([] { return 7; });
  CHECK(begun.pass());
  std::thread opener([&gate] { gate.open(); });
  executor.shutdown();
  CHECK(queued.done());
  CHECK(queued.result() == 7);
  CHECK_THROWS_AS(executor.submit([] {}), RuntimeError);
  executor.shutdown();
  opener.join();
}

TEST_CASE("shutdown can cancel the jobs that have not started [fault 58]") {
  ThreadPoolExecutor executor(1);
  Gate begun;
  Gate gate;
  const auto running = executor.submit(begin_and_pass, std::ref(begun), std::ref(gate));
  CHECK(begun.pass());
  bool ran = false;
  const auto queued = executor.submit([&ran](const OpensAtEnd&) { ran = true; }, OpensAtEnd(gate));
  // The running job ends only because the queued one goes away.
  executor.shutdown(ThreadPoolExecutor::Queued::cancel);
  CHECK(running.done());
  CHECK(running.result());
  CHECK_THROWS_AS(queued.result(), CancelledError);
  CHECK(!ran);
}

TEST_CASE("several threads may shut one executor down, and each waits for its jobs") {
  ThreadPoolExecutor executor(2);
  Gate gate;
  Gate somebody_returned;
  const auto job = executor.submit(pass, std::ref(gate));
  std::atomic<int> too_early{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      executor.shutdown();
      if (!job.done()) ++too_early;
      somebody_returned.open();
    });
  }
  // Nobody can have returned; this gives one who does so nevertheless the time to.
  CHECK(!somebody_returned.pass(20ms));
  gate.open();
  for (std::thread& thread : threads)
    thread.join();
  CHECK(too_early == 0);
}

TEST_CASE("a job that would wait for itself by shutting its executor down is refused") {
  ThreadPoolExecutor executor;
  const auto future = executor.submit([&executor] {
    executor.shutdown();
    return 0;
  });
  CHECK(error_of_job(future).find("by its own job") != std::string::npos);
}

TEST_CASE("an executor has four threads more than there are processors, and 32 at most") {
  const std::size_t processors = std::thread::hardware_concurrency();
  CHECK(ThreadPoolExecutor().max_workers() == std::min<std::size_t>(32, processors + 4));
  CHECK(ThreadPoolExecutor(5).max_workers() == 5);
  CHECK_THROWS_AS(ThreadPoolExecutor(0), ValueError);
}

TEST_CASE("signals are blocked in the workers, and nowhere else") {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  ThreadPoolExecutor executor;
  const auto mask = executor.submit([] {
    sigset_t present;
    pthread_sigmask(SIG_BLOCK, nullptr, &present);
    return present;
  });
  const sigset_t inside = mask.result();
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM})
    CHECK(sigismember(&inside, signal_number) == 1);
  CHECK(sigismember(&inside, SIGSEGV) == 0);
  sigset_t after;
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  CHECK(sigismember(&after, SIGINT) == sigismember(&before, SIGINT));
}

TEST_CASE("what a job sets in its context is not for the next one") {
  ContextVar<int> variable("variable", 0);
  ThreadPoolExecutor executor(1);
  executor.submit([&variable] { variable.set(1); }).result();
  CHECK(executor.submit([&variable] { return variable.get(); }).result() == 0);
}

TEST_CASE("when no thread can be made, a job is refused if there is none, and waits otherwise") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(60);
    int failures = 0;
    try {
      failures = failures_without_new_threads();
    } catch (...) {
      failures = 8;  // it must not reach the test program, which would go on in the child
    }
    ::_exit(failures);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace rondo::testing

TEST_SUITE_END();
