// The limit: coroutines and a heap of deadlines, and nothing else. There are no tasks here, so
// nobody can cancel a sleeper, ask for its result or its name, or wait for it.
//
//   sleepers-bare N [--seconds 2] [--grain-us 1000]
//
// A loop that wakes for every single deadline makes as many system calls as there are sleepers.
// This one rounds deadlines up to a grain; with --grain-us 0 it does not.

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <vector>

#include <time.h>

#include "measure.h"

namespace {

/// Made and started by the call. Frees itself at the end.
struct Coroutine {
  struct promise_type {
    Coroutine get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

/// Sleepers in the order of their deadlines: a heap with four children to a node.
class Heap {
 public:
  struct Entry {
    std::uint64_t deadline;
    std::coroutine_handle<> sleeper;
  };

  void reserve(std::size_t room) { entries_.reserve(room); }

  bool empty() const noexcept { return entries_.empty(); }
  const Entry& first() const noexcept { return entries_.front(); }

  void push(Entry entry) {
    std::size_t place = entries_.size();
    entries_.push_back(entry);
    while (place > 0 && entry.deadline < entries_[(place - 1) / 4].deadline) {
      entries_[place] = entries_[(place - 1) / 4];
      place = (place - 1) / 4;
    }
    entries_[place] = entry;
  }

  Entry pop() noexcept {
    const Entry first = entries_.front();
    const Entry last = entries_.back();
    entries_.pop_back();
    if (entries_.empty()) return first;
    std::size_t place = 0;
    for (;;) {
      const std::size_t child = earliest_child(place);
      if (child == 0 || last.deadline <= entries_[child].deadline) break;
      entries_[place] = entries_[child];
      place = child;
    }
    entries_[place] = last;
    return first;
  }

 private:
  /// 0: there is none.
  std::size_t earliest_child(std::size_t place) const noexcept {
    const std::size_t begin = 4 * place + 1;
    if (begin >= entries_.size()) return 0;
    const std::size_t end = begin + 4 < entries_.size() ? begin + 4 : entries_.size();
    std::size_t earliest = begin;
    for (std::size_t child = begin + 1; child < end; ++child) {
      if (entries_[child].deadline < entries_[earliest].deadline) earliest = child;
    }
    return earliest;
  }

  std::vector<Entry> entries_;
};

// The loop. What it has lies here, since it would cost each frame a pointer to it otherwise.
Run run;
Heap heap;
std::uint64_t grain;

/// `co_await SleepUntil(deadline)` yields the deadline, so that a frame holds it once only.
class SleepUntil {
 public:
  explicit SleepUntil(std::uint64_t deadline) noexcept : deadline_(deadline) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> sleeper) const {
    heap.push({grain == 0 ? deadline_ : (deadline_ + grain - 1) / grain * grain, sleeper});
  }
  std::uint64_t await_resume() const noexcept { return deadline_; }

 private:
  std::uint64_t deadline_;
};

void wait_until(std::uint64_t deadline) noexcept {
  if (deadline <= now()) return;
  const timespec moment{static_cast<time_t>(deadline / 1'000'000'000),
                        static_cast<long>(deadline % 1'000'000'000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nullptr);
}

/// Until nobody sleeps.
void run_loop() {
  while (!heap.empty()) {
    wait_until(heap.first().deadline);
    const std::uint64_t moment = now();
    while (!heap.empty() && heap.first().deadline <= moment)
      heap.pop().sleeper.resume();
  }
}

Coroutine sleeper() {
  const std::uint64_t deadline = co_await SleepUntil(now() + next_delay(&run));
  woke(&run, deadline, now());
}

}  // namespace

int main(int argc, char** argv) {
  double grain_us = 1000;
  run = read_command_line("bare", argc, argv, "--grain-us", &grain_us);
  grain = static_cast<std::uint64_t>(grain_us * 1000);
  if (grain == 0) run.peer = "bare-exact";
  begin(&run);
  heap.reserve(run.n);
  for (std::size_t i = 0; i < run.n; ++i)
    sleeper();
  run_loop();
  finish(&run);
}
