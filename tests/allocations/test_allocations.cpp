// What allocates nothing once it is under way. This program counts what reaches operator new, which
// the runtime's own pool of frames and tasks does not do after its first round.

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>

#include <doctest/doctest.h>

#include <rondo/runtime/detail/frame_pool.h>
#include <rondo/runtime/event.h>
#include <rondo/runtime/lock.h>
#include <rondo/runtime/queue.h>
#include <rondo/runtime/wait_for.h>

#include "../runtime/test_stream_fixture.h"
#include "../runtime/virtual_run.h"

#if defined(__SANITIZE_THREAD__)
#define RONDO_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RONDO_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef RONDO_COUNTS_ALLOCATIONS
#define RONDO_COUNTS_ALLOCATIONS 1
#endif

namespace {

constinit thread_local std::size_t allocations = 0;

}  // namespace

#if RONDO_COUNTS_ALLOCATIONS
namespace {

void* count_and_allocate(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return count_and_allocate(size);
}
void* operator new[](std::size_t size) {
  return count_and_allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace {

using namespace rondo;
using rondo::testing::run_virtual;
using namespace std::chrono_literals;

constexpr int warm_up = 100;
constexpr int rounds = 1000;

/// Counts the allocations of so many rounds, after some to warm up.
class Counter {
 public:
  /// `while (counter.next())` is a round.
  bool next() noexcept {
    if (round_ == warm_up) before_ = allocations;
    return round_++ < warm_up + rounds;
  }
  std::size_t counted() const noexcept { return allocations - before_; }

 private:
  int round_ = 0;
  std::size_t before_ = 0;
};

/// False, and a line that says why, where a sanitizer is in the way.
bool can_count() {
  if (RONDO_COUNTS_ALLOCATIONS == 0) {
    std::puts("SKIP counting allocations: ThreadSanitizer has an operator new of its own");
    return false;
  }
  if (!detail::pooling) {
    std::puts("SKIP counting allocations: AddressSanitizer has the pool of frames switched off");
    return false;
  }
  return true;
}

/// Runs `body(counter)` and expects no allocation.
template <class F>
void expect_none(F body) {
  if (!can_count()) return;
  Counter counter;
  std::size_t counted = 0;
  run_virtual([&]() -> Coroutine<> {
    co_await body(counter);
    counted = counter.counted();
  });
  CHECK(counted == 0);
}

Coroutine<int> child() {
  co_return 1;
}

TEST_CASE("the counter counts") {
  if (RONDO_COUNTS_ALLOCATIONS == 0) {
    std::puts("SKIP counting allocations: ThreadSanitizer has an operator new of its own");
    return;
  }
  const std::size_t before = allocations;
  int* volatile number = new int(0);  // volatile: or the compiler leaves it out
  delete number;
  CHECK(allocations == before + 1);
}

TEST_CASE("giving way and sleeping allocate nothing") {
  expect_none([](Counter& counter) -> Coroutine<> {
    while (counter.next()) {
      co_await sleep(0s);
      co_await sleep(1ms);
    }
  });
}

TEST_CASE("awaiting a coroutine and a task allocates nothing") {
  expect_none([](Counter& counter) -> Coroutine<> {
    while (counter.next()) {
      co_await child();
      Task<int> task = create_task(child());
      co_await task;
    }
  });
}

TEST_CASE("a message through a queue allocates nothing") {
  expect_none([](Counter& counter) -> Coroutine<> {
    Queue<int> queue(1);
    const auto consume = [](Queue<int>& from) -> Coroutine<> {
      int item = 1;
      while (item != 0)
        item = co_await from.get();
    };
    Task<> consumer = create_task(consume(queue));
    while (counter.next())
      co_await queue.put(1);
    co_await queue.put(0);
    co_await consumer;
  });
}

TEST_CASE("a lock that goes from task to task allocates nothing") {
  expect_none([](Counter& counter) -> Coroutine<> {
    Lock lock;
    bool stop = false;
    const auto take_turns = [](Lock& shared, const bool& over) -> Coroutine<> {
      while (!over) {
        co_await shared.acquire();
        co_await sleep(0s);
        shared.release();
      }
    };
    Task<> other = create_task(take_turns(lock, stop));
    while (counter.next()) {
      co_await lock.acquire();
      co_await sleep(0s);
      lock.release();
    }
    stop = true;
    co_await other;
  });
}

TEST_CASE("a time-out around what needs none, and a timer that is called off, allocate nothing") {
  expect_none([](Counter& counter) -> Coroutine<> {
    Loop& loop = get_running_loop();
    while (counter.next()) {
      co_await wait_for(child(), 1s);
      loop.call_later(1s, [] {}).cancel();
    }
  });
}

TEST_CASE("receiving and sending over a stream allocates nothing") {
  expect_none([](Counter& counter) -> Coroutine<> {
    auto [near, far] = rondo::test::socket_pair();
    auto [reader, writer] = rondo::test::stream_over(std::move(near));
    auto [echo_reader, echo_writer] = rondo::test::stream_over(std::move(far));
    std::array<char, 64> room{};
    while (counter.next()) {
      writer.write(std::string_view(room.data(), room.size()));
      co_await writer.drain();
      const std::size_t arrived = co_await echo_reader.readinto(room);
      echo_writer.write(std::string_view(room.data(), arrived));
      co_await echo_writer.drain();
      co_await reader.readinto(room);
    }
    writer.close();
    co_await writer.wait_closed();
    echo_writer.close();
    co_await echo_writer.wait_closed();
  });
}

}  // namespace
