#include <algorithm>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "virtual_run.h"

TEST_SUITE_BEGIN("heavy");

// Small programs, each cancelled once at every moment of its life: at each millisecond at which
// something happens in it, and there in each of the turns that follow one another, by a task that
// runs before the program's own and by one that runs after; by Task::cancel and by a CancelScope.
// Whatever the moment, the program ends, nothing that was handed over is lost, and every lock and
// permit is back.

namespace rondo::testing {

namespace {

enum class By { cancel, scope };
enum class FirstToRun { canceller_first, program_first };

constexpr int milliseconds_of_life = 12;
constexpr int turns_each = 12;

/// Something that is acquired and released, or put and got; equal at the end, if nothing leaks.
class Ledger {
 public:
  int taken = 0;
  int given = 0;
};

template <class Program>
class Trial {
 public:
  Trial(By by, FirstToRun order, Duration when, int turn)
      : by_(by), order_(order), when_(when), turn_(turn) {}

  /// True when the program was over before it could be cancelled.
  bool run() {
    return run_virtual([this]() -> Coroutine<bool> {
      Program program;
      if (order_ == FirstToRun::canceller_first) canceller_ = create_task(cancel_in_time());
      task_ = create_task(run_in_scope(program));
      if (order_ == FirstToRun::program_first) canceller_ = create_task(cancel_in_time());
      const bool was_over = co_await canceller_;
      const std::string error = co_await error_of(task_);
      CHECK((error.empty() || error == "cancelled"));
      co_await turns(turns_each);
      CHECK(all_tasks().size() == 1);
      const bool intact = co_await program.is_intact();
      CHECK(intact);
      co_return was_over;
    });
  }

 private:
  Coroutine<> run_in_scope(Program& program) {
    co_await async_with(scope_, [&program](CancelScope&) { return program.main(); });
  }
  Coroutine<bool> cancel_in_time() {
    co_await sleep(when_);
    co_await turns(turn_);
    const bool over = task_.done();
    if (by_ == By::cancel) task_.cancel();
    if (by_ == By::scope) scope_.cancel();
    co_return over;
  }

  By by_;
  FirstToRun order_;
  Duration when_;
  int turn_;
  CancelScope scope_;
  Task<> task_;
  Task<bool> canceller_;
};

/// One run for each moment.
template <class Program>
void cancel_at_every_moment() {
  int in_time = 0;
  for (const By by : {By::cancel, By::scope}) {
    for (const FirstToRun order : {FirstToRun::canceller_first, FirstToRun::program_first}) {
      bool over = false;
      for (int millisecond = 0; millisecond < milliseconds_of_life; ++millisecond) {
        for (int turn = 0; turn < turns_each; ++turn) {
          CAPTURE(static_cast<int>(by));
          CAPTURE(static_cast<int>(order));
          CAPTURE(millisecond);
          CAPTURE(turn);
          over = Trial<Program>(by, order, std::chrono::milliseconds(millisecond), turn).run();
          if (!over) ++in_time;
        }
      }
      CHECK(over);  // the last moment was after the program's end, so none was left out
    }
  }
  CHECK(in_time > 50);
}

/// Two that put and two that get, over a queue with room for one.
class QueueProgram {
 public:
  Coroutine<> main() {
    co_await async_with(TaskGroup(), [this](TaskGroup& group) -> Coroutine<> {
      group.create_task(put_some());
      group.create_task(put_some());
      group.create_task(get_some());
      group.create_task(get_some());
      co_return;
    });
  }
  Coroutine<bool> is_intact() {
    co_return items_.taken == items_.given + static_cast<int>(queue_.qsize());
  }

 private:
  Coroutine<> put_some() {
    for (int i = 0; i < 3; ++i) {
      co_await queue_.put(i);
      ++items_.taken;
      co_await sleep(1ms);
    }
  }
  Coroutine<> get_some() {
    for (int i = 0; i < 3; ++i) {
      co_await queue_.get();
      ++items_.given;
      co_await sleep(2ms);
    }
  }

  Queue<int> queue_{1};
  Ledger items_;
};

TEST_CASE("a queue loses no item, whenever who uses it is cancelled") {
  cancel_at_every_moment<QueueProgram>();
}

/// A consumer that waits with a limit: each item comes in time, too late, or at that very moment.
class TimedQueueProgram {
 public:
  Coroutine<> main() { co_await gather(put_some(), get_some()); }
  Coroutine<bool> is_intact() {
    co_return items_.taken == items_.given + static_cast<int>(queue_.qsize());
  }

 private:
  Coroutine<> put_some() {
    for (int i = 0; i < 4; ++i) {
      co_await sleep(2ms);
      queue_.put_nowait(i);
      ++items_.taken;
    }
  }
  Coroutine<> get_some() {
    for (int tries = 0; tries < 8; ++tries) {
      try {
        co_await wait_for(queue_.get(), 1ms);
        ++items_.given;
      } catch (const TimeoutError&) {
        continue;
      }
    }
  }

  Queue<int> queue_;
  Ledger items_;
};

TEST_CASE("a queue loses no item to a limit that runs out, whenever it is cancelled [case 148]") {
  cancel_at_every_moment<TimedQueueProgram>();
}

/// Four tasks that want one lock and two permits.
class LockProgram {
 public:
  Coroutine<> main() { co_await gather(work(), work(), work(), work()); }
  Coroutine<bool> is_intact() {
    if (lock_.locked() || semaphore_.locked()) co_return false;
    co_await semaphore_.acquire();
    const bool second_is_free = !semaphore_.locked();
    co_return second_is_free&& most_inside_ <= 1;
  }

 private:
  Coroutine<> work() {
    const auto permit = co_await semaphore_.hold();
    co_await sleep(1ms);
    const auto held = co_await lock_.hold();
    most_inside_ = std::max(most_inside_, ++inside_);
    try {
      co_await sleep(1ms);
    } catch (const CancelledError&) {
      --inside_;
      throw;
    }
    --inside_;
  }

  Lock lock_;
  Semaphore semaphore_{2};
  int inside_ = 0;
  int most_inside_ = 0;
};

TEST_CASE("locks and permits come back, whenever who holds them is cancelled") {
  cancel_at_every_moment<LockProgram>();
}

/// A resource with a clean-up that awaits, inside a timeout, inside a group.
class ResourceProgram {
 public:
  Coroutine<> main() {
    co_await async_with(TaskGroup(), [this](TaskGroup& group) -> Coroutine<> {
      for (const auto limit : {1ms, 3ms, 9ms})
        group.create_task(use_with_limit(limit));
      co_await sleep(5ms);
    });
  }
  Coroutine<bool> is_intact() { co_return uses_.taken == uses_.given; }

 private:
  class Resource {
   public:
    explicit Resource(Ledger& uses) : uses_(&uses) {}
    Coroutine<> aenter() {
      co_await sleep(1ms);
      ++uses_->taken;
    }
    Coroutine<> aexit(std::exception_ptr) {
      const detail::ShieldFromScopes shield;
      ++uses_->given;
      co_await sleep(1ms);
    }

   private:
    Ledger* uses_;
  };

  Coroutine<> use_with_limit(Duration limit) {
    try {
      co_await async_with(timeout(limit), [this](Timeout&) -> Coroutine<> {
        co_await async_with(Resource(uses_), [](Resource&) -> Coroutine<> { co_await sleep(3ms); });
      });
    } catch (const TimeoutError&) {
      co_return;
    }
  }

  Ledger uses_;
};

TEST_CASE("what async_with has entered it leaves, whenever it is cancelled") {
  cancel_at_every_moment<ResourceProgram>();
}

/// A condition that hands out tokens, one notification each.
class ConditionProgram {
 public:
  Coroutine<> main() { co_await gather(consume(), consume(), produce()); }
  Coroutine<bool> is_intact() {
    co_return !condition_.locked() && tokens_.taken == tokens_.given + available_;
  }

 private:
  Coroutine<> consume() {
    for (int i = 0; i < 2; ++i) {
      const auto held = co_await condition_.hold();
      const auto any_there = [this] { return available_ > 0; };
      co_await condition_.wait_for(any_there);
      --available_;
      ++tokens_.given;
    }
  }
  Coroutine<> produce() {
    for (int i = 0; i < 4; ++i) {
      co_await sleep(2ms);
      const auto held = co_await condition_.hold();
      ++available_;
      ++tokens_.taken;
      condition_.notify(1);
    }
  }

  Condition condition_;
  int available_ = 0;
  Ledger tokens_;
};

TEST_CASE("a condition's lock is free and no token is lost, whenever it is cancelled") {
  cancel_at_every_moment<ConditionProgram>();
}

/// What is shielded goes on to its end, and gather waits for what it has cancelled.
class ShieldProgram {
 public:
  Coroutine<> main() {
    auto background = create_task(count());
    background_ = background;
    co_await gather(shield(background), sleep(7ms));
  }
  Coroutine<bool> is_intact() {
    if (!background_) co_return true;  // cancelled before it could begin
    co_await background_;
    co_return counted_ == 4;
  }

 private:
  Coroutine<> count() {
    for (int i = 0; i < 4; ++i) {
      co_await sleep(2ms);
      ++counted_;
    }
  }

  Task<> background_;
  int counted_ = 0;
};

TEST_CASE("what is shielded ends as it should, whenever its waiter is cancelled") {
  // The task that goes on is awaited by is_intact; it is all that may be left.
  for (int millisecond = 0; millisecond < milliseconds_of_life; ++millisecond) {
    for (int turn = 0; turn < turns_each; ++turn) {
      CAPTURE(millisecond);
      CAPTURE(turn);
      run_virtual([millisecond, turn]() -> Coroutine<> {
        ShieldProgram program;
        auto task = create_task(program.main());
        co_await sleep(std::chrono::milliseconds(millisecond));
        co_await turns(turn);
        task.cancel();
        const std::string error = co_await error_of(task);
        CHECK((error.empty() || error == "cancelled"));
        const bool intact = co_await program.is_intact();
        CHECK(intact);
        CHECK(all_tasks().size() == 1);
      });
    }
  }
}

}  // namespace

}  // namespace rondo::testing

TEST_SUITE_END();
