#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include <rondo/runtime/lock.h>
#include <rondo/runtime/queue.h>
#include <rondo/runtime/sleep.h>
#include <rondo/runtime/wait_for.h>

// The rows of rondo's table, through the interfaces that everybody uses. `State` says how often:
// Google Benchmark's, or the counter of bench/cost.

namespace steps {

using rondo::Coroutine;

inline constexpr std::chrono::seconds none{0};

/// Keeps the compiler from leaving out what makes `value`.
inline void use(int value) {
  asm volatile("" : : "r"(value));
}

/// To the loop and back.
template <class State>
Coroutine<> yield(State& state) {
  while (state.KeepRunning())
    co_await rondo::sleep(none);
}

inline Coroutine<int> child(int value) {
  co_return value;
}

/// A coroutine that ends at once.
template <class State>
Coroutine<> await(State& state) {
  while (state.KeepRunning()) {
    const int value = co_await child(1);
    use(value);
  }
}

/// A task, from its beginning to its end.
template <class State>
Coroutine<> spawn_join(State& state) {
  while (state.KeepRunning()) {
    rondo::Task<int> task = rondo::create_task(child(1));
    const int value = co_await task;
    use(value);
  }
}

inline Coroutine<> consume(rondo::Queue<int>& queue) {
  int item = 1;
  while (item != 0)
    item = co_await queue.get();
}

/// A message from one task to another, through a queue with room for one.
template <class State>
Coroutine<> queue(State& state) {
  rondo::Queue<int> queue(1);
  rondo::Task<> consumer = rondo::create_task(consume(queue));
  while (state.KeepRunning())
    co_await queue.put(1);
  co_await queue.put(0);
  co_await consumer;
}

inline Coroutine<> take_turns(rondo::Lock& lock, const bool& stop) {
  while (!stop) {
    co_await lock.acquire();
    co_await rondo::sleep(none);
    lock.release();
  }
}

/// A lock that two tasks want: each holds it for a turn. Every other time is the other task's.
template <class State>
Coroutine<> lock_handoff(State& state) {
  rondo::Lock lock;
  bool stop = false;
  rondo::Task<> other = rondo::create_task(take_turns(lock, stop));
  while (state.KeepRunningBatch(2)) {
    co_await lock.acquire();
    co_await rondo::sleep(none);
    lock.release();
  }
  stop = true;
  co_await other;
}

/// A lock that nobody else wants.
template <class State>
Coroutine<> lock_free(State& state) {
  rondo::Lock lock;
  while (state.KeepRunning()) {
    co_await lock.acquire();
    lock.release();
  }
}

/// A timer that is armed and called off, while 10,000 others are armed. Their deadlines and its own
/// are spread over an hour.
template <class State>
Coroutine<> timer(State& state) {
  rondo::Loop& loop = rondo::get_running_loop();
  std::uint32_t random = 1;
  const auto some_time = [&random] {
    random = random * 1664525 + 1013904223;
    return std::chrono::milliseconds(1'000'000 + random % 3'600'000);
  };
  std::vector<rondo::TimerHandle> others;
  for (int i = 0; i < 10'000; ++i)
    others.push_back(loop.call_later(some_time(), [] {}));
  const rondo::TimePoint now = loop.time();
  while (state.KeepRunning())
    loop.call_at(now + some_time(), [] {}).cancel();
  for (rondo::TimerHandle& other : others)
    other.cancel();
  co_return;
}

/// A time-out around what ends at once.
template <class State>
Coroutine<> wait_for(State& state) {
  while (state.KeepRunning()) {
    const int value = co_await rondo::wait_for(child(1), std::chrono::seconds(10));
    use(value);
  }
}

}  // namespace steps
