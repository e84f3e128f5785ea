// Threads of the operating system, all on one core as the coroutines are: the figures are the CPU
// time of all of them, user and system. There is no row `await`; for a thread that is a call.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <sched.h>

#include "rows.h"

namespace {

using benchmark::State;

/// A lock that is handed over in order, which std::mutex is not.
class FairLock {
 public:
  void acquire() {
    std::unique_lock held(mutex_);
    const unsigned long ticket = next_ticket_++;
    turn_.wait(held, [&] { return ticket == served_; });
  }
  void release() {
    {
      const std::lock_guard held(mutex_);
      ++served_;
    }
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  unsigned long next_ticket_ = 0;
  unsigned long served_ = 0;  // the ticket whose holder has the lock
};

/// A queue with room for one, for one producer and one consumer.
class Queue {
 public:
  void put(int item) {
    {
      std::unique_lock held(mutex_);
      emptied_.wait(held, [&] { return !item_; });
      item_ = item;
    }
    filled_.notify_one();
  }
  int get() {
    int item = 0;
    {
      std::unique_lock held(mutex_);
      filled_.wait(held, [&] { return item_.has_value(); });
      item = *item_;
      item_.reset();
    }
    emptied_.notify_one();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::optional<int> item_;
};

/// std::this_thread::yield: to the kernel's scheduler and back. Nobody else wants the core, as
/// nobody else wants the loop in the coroutines' row.
void yield(State& state) {
  while (state.KeepRunning())
    std::this_thread::yield();
}

void spawn_join(State& state) {
  while (state.KeepRunning()) {
    int value = 0;
    std::thread thread([&value] { value = 1; });
    thread.join();
    benchmark::DoNotOptimize(value);
  }
}

void queue(State& state) {
  Queue queue;
  std::thread consumer([&queue] {
    while (queue.get() != 0) {
    }
  });
  while (state.KeepRunning())
    queue.put(1);
  queue.put(0);
  consumer.join();
}

void lock_handoff(State& state) {
  FairLock lock;
  bool stop = false;  // changed and read by who has the lock
  std::thread other([&lock, &stop] {
    for (bool stopped = false; !stopped;) {
      lock.acquire();
      std::this_thread::yield();
      stopped = stop;
      lock.release();
    }
  });
  while (state.KeepRunningBatch(2)) {
    lock.acquire();
    std::this_thread::yield();
    lock.release();
  }
  lock.acquire();
  stop = true;
  lock.release();
  other.join();
}

void lock_free(State& state) {
  std::mutex lock;
  while (state.KeepRunning()) {
    lock.lock();
    lock.unlock();
  }
}

/// On one core threads take turns; on two, each would wait for the other to wake up.
void stay_on_one_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

void add(const char* name, void (*row)(State&)) {
  benchmark::RegisterBenchmark(name, row)->MeasureProcessCPUTime();
}

}  // namespace

int main(int argc, char** argv) {
  stay_on_one_core();
  add("yield", yield);
  add("spawn_join", spawn_join);
  add("queue", queue);
  add("lock_handoff", lock_handoff);
  add("lock_free", lock_free);
  return steps::run_all(argc, argv);
}
