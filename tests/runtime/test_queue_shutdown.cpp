#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/queue.h>
#include <rondo/runtime/wait_for.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

TEST_CASE("work cannot be done more often than it was put [case 151]") {
  Queue<int> queue;
  CHECK_THROWS_WITH_AS(queue.task_done(), "task_done() called too many times", ValueError);
  queue.put_nowait(1);
  queue.task_done();
  CHECK_THROWS_AS(queue.task_done(), ValueError);
}

TEST_CASE("join returns when the work on everything put is done [case 151]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    co_await queue.join();  // nothing was put: nothing to wait for
    for (int i = 0; i < 100; ++i)
      queue.put_nowait(i);
    int sum = 0;
    const auto worker = [&]() -> Coroutine<> {
      for (;;) {
        const int item = co_await queue.get();
        co_await sleep(1ms);
        sum += item;
        queue.task_done();
      }
    };
    auto first = create_task(worker());
    auto second = create_task(worker());
    co_await queue.join();
    CHECK(sum == 99 * 100 / 2);
    CHECK(now() == 50ms);
    const auto before = get_running_loop().turns();
    co_await queue.join();
    CHECK(get_running_loop().turns() == before);
    queue.put_nowait(1);
    const bool timed_out = co_await throws<TimeoutError>(wait_for(queue.join(), 500us));
    CHECK(timed_out);
    co_await queue.join();
    CHECK(sum == 99 * 100 / 2 + 1);
    first.cancel();
    second.cancel();
  });
}

TEST_CASE("a shutdown ends every get that waits [case 152]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    auto first = create_task(queue.get());
    auto second = create_task(queue.get());
    auto cancelled = create_task(queue.get());
    co_await turns(1);
    cancelled.cancel();
    queue.shutdown();
    co_await turns(1);
    CHECK(cancelled.cancelled());
    CHECK(first.done());
    const bool first_ended = co_await throws<QueueShutDown>(first);
    const bool second_ended = co_await throws<QueueShutDown>(second);
    CHECK(first_ended);
    CHECK(second_ended);
  });
}

TEST_CASE("a shutdown ends every put that waits, and lets none begin [case 152]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(1);
    queue.put_nowait(1);
    auto waiting = create_task(queue.put(2));
    auto another = create_task(queue.put(3));
    co_await turns(1);
    queue.shutdown();
    const bool ended = co_await throws<QueueShutDown>(waiting);
    const bool another_ended = co_await throws<QueueShutDown>(another);
    CHECK(ended);
    CHECK(another_ended);
    const bool refused = co_await throws<QueueShutDown>(queue.put(4));
    CHECK(refused);
    CHECK_THROWS_AS(queue.put_nowait(4), QueueShutDown);
    CHECK(queue.qsize() == 1);
  });
}

TEST_CASE("a put whose slot came free in the turn of the shutdown puts nothing [case 152]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(1);
    queue.put_nowait(1);
    auto waiting = create_task(queue.put(2));
    co_await turns(1);
    CHECK(queue.get_nowait() == 1);
    queue.shutdown();
    const bool ended = co_await throws<QueueShutDown>(waiting);
    CHECK(ended);
    CHECK(queue.empty());
  });
}

TEST_CASE("what is in the queue at a shutdown can be got, and then no more [case 152]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    queue.put_nowait(1);
    queue.put_nowait(2);
    queue.put_nowait(3);
    queue.shutdown();
    const int first = co_await queue.get();
    CHECK(first == 1);
    CHECK(queue.get_nowait() == 2);
    CHECK(queue.get_nowait() == 3);
    const bool ended = co_await throws<QueueShutDown>(queue.get());
    CHECK(ended);
    CHECK_THROWS_AS(queue.get_nowait(), QueueShutDown);
    queue.shutdown();  // a second time changes nothing
    CHECK_THROWS_AS(queue.get_nowait(), QueueShutDown);
  });
}

TEST_CASE("join waits for the work on what was left at a shutdown [case 152]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    queue.put_nowait(1);
    queue.put_nowait(2);
    auto joining = create_task(queue.join());
    co_await turns(1);
    queue.shutdown();
    co_await turns(2);
    CHECK_FALSE(joining.done());
    for (int i = 0; i < 2; ++i) {
      CHECK_FALSE(joining.done());
      static_cast<void>(co_await queue.get());
      queue.task_done();
    }
    co_await turns(1);
    CHECK(joining.done());
  });
}

TEST_CASE(
    "an item that was put just before a shutdown reaches the getter that it woke [case 152]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    auto first = create_task(queue.get());
    auto second = create_task(queue.get());
    co_await turns(1);
    queue.put_nowait(7);
    queue.shutdown();
    const int item = co_await first;
    CHECK(item == 7);
    const bool ended = co_await throws<QueueShutDown>(second);
    CHECK(ended);
  });
}

TEST_CASE("an immediate shutdown drops the items and lets join return [case 153]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue(2);
    queue.put_nowait(1);
    queue.put_nowait(2);
    auto joining = create_task(queue.join());
    auto putting = create_task(queue.put(3));
    co_await turns(1);
    queue.shutdown(QueueShutdown::immediate);
    CHECK(queue.empty());
    co_await turns(1);
    CHECK(joining.done());
    CHECK(putting.done());
    const bool put_ended = co_await throws<QueueShutDown>(putting);
    CHECK(put_ended);
    const bool get_ended = co_await throws<QueueShutDown>(queue.get());
    CHECK(get_ended);
    CHECK_THROWS_AS(queue.get_nowait(), QueueShutDown);
    CHECK_THROWS_AS(queue.task_done(), ValueError);
  });
}

TEST_CASE("work that was begun before an immediate shutdown is still waited for [case 153]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    for (const int item : {1, 2, 3})
      queue.put_nowait(item);
    CHECK(queue.get_nowait() == 1);
    CHECK(queue.get_nowait() == 2);
    queue.task_done();
    auto joining = create_task(queue.join());
    co_await turns(1);
    queue.shutdown(QueueShutdown::immediate);
    co_await turns(3);
    CHECK_FALSE(joining.done());
    queue.task_done();
    co_await turns(1);
    CHECK(joining.done());
    CHECK_THROWS_AS(queue.task_done(), ValueError);
  });
}

TEST_CASE("an immediate shutdown may follow a draining one [case 153]") {
  run_virtual([]() -> Coroutine<> {
    Queue<int> queue;
    queue.put_nowait(1);
    queue.shutdown();
    queue.shutdown(QueueShutdown::immediate);
    CHECK(queue.empty());
    co_await queue.join();
    CHECK_THROWS_AS(queue.get_nowait(), QueueShutDown);
  });
}

TEST_CASE("stacks and priority queues shut down alike [case 152]") {
  run_virtual([]() -> Coroutine<> {
    LifoQueue<int> stack;
    PriorityQueue<int> sorted;
    for (const int item : {2, 1, 3}) {
      stack.put_nowait(item);
      sorted.put_nowait(item);
    }
    stack.shutdown();
    sorted.shutdown(QueueShutdown::immediate);
    const int last = co_await stack.get();
    CHECK(last == 3);
    CHECK_THROWS_AS(sorted.get_nowait(), QueueShutDown);
    CHECK_THROWS_AS(stack.put_nowait(4), QueueShutDown);
  });
}

}  // namespace
}  // namespace rondo::testing
