// asio: C++20 coroutines on an io_context that one thread runs. asio has neither a queue nor a lock
// for coroutines; the former is its channel, the latter a channel with room for one.

#include <asio.hpp>
#include <asio/experimental/channel.hpp>

#include "rows.h"

namespace {

using benchmark::State;

// Naming the executor, instead of asio's any_io_executor, saves time and memory.
using Executor = asio::io_context::executor_type;
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
constexpr asio::use_awaitable_t<Executor> use_awaitable;
using Channel = asio::experimental::channel<Executor, void(asio::error_code, int)>;

/// Taken while there is something in the channel. Tasks that wait are served in order.
class Lock {
 public:
  explicit Lock(Executor executor) : channel_(executor, 1) {}
  Awaitable<> acquire() {
    if (!channel_.try_send(asio::error_code(), 0))
      co_await channel_.async_send(asio::error_code(), 0, use_awaitable);
  }
  void release() {
    channel_.try_receive([](asio::error_code, int) {});
  }

 private:
  Channel channel_;
};

Awaitable<int> child(int value) {
  co_return value;
}

Awaitable<> yield(State& state) {
  while (state.KeepRunning())
    co_await asio::post(use_awaitable);
}

Awaitable<> await(State& state) {
  while (state.KeepRunning()) {
    int value = co_await child(1);
    benchmark::DoNotOptimize(value);
  }
}

Awaitable<> spawn_join(State& state) {
  const Executor executor = co_await asio::this_coro::executor;
  while (state.KeepRunning()) {
    int value = co_await asio::co_spawn(executor, child(1), use_awaitable);
    benchmark::DoNotOptimize(value);
  }
}

Awaitable<> consume(Channel& channel) {
  int item = 1;
  while (item != 0)
    item = co_await channel.async_receive(use_awaitable);
}

Awaitable<> produce(State& state, Channel& channel) {
  while (state.KeepRunning())
    co_await channel.async_send(asio::error_code(), 1, use_awaitable);
  co_await channel.async_send(asio::error_code(), 0, use_awaitable);
}

Awaitable<> take_turns(Lock& lock, const bool& stop) {
  while (!stop) {
    co_await lock.acquire();
    co_await asio::post(use_awaitable);
    lock.release();
  }
}

Awaitable<> count_turns(State& state, Lock& lock, bool& stop) {
  while (state.KeepRunningBatch(2)) {  // every other turn is the other task's
    co_await lock.acquire();
    co_await asio::post(use_awaitable);
    lock.release();
  }
  stop = true;
}

Awaitable<> lock_free(State& state, Lock& lock) {
  while (state.KeepRunning()) {
    co_await lock.acquire();
    lock.release();
  }
}

/// Runs coroutines until all have ended.
template <class... Coroutines>
void run(asio::io_context& context, Coroutines... coroutines) {
  (asio::co_spawn(context.get_executor(), std::move(coroutines), asio::detached), ...);
  context.run();
}

template <Awaitable<> (*row)(State&)>
void one_task(State& state) {
  asio::io_context context(1);  // says that one thread runs it
  run(context, row(state));
}

void queue(State& state) {
  asio::io_context context(1);
  Channel channel(context.get_executor(), 1);
  run(context, consume(channel), produce(state, channel));
}

void lock_handoff(State& state) {
  asio::io_context context(1);
  Lock lock(context.get_executor());
  bool stop = false;
  run(context, take_turns(lock, stop), count_turns(state, lock, stop));
}

void free_lock(State& state) {
  asio::io_context context(1);
  Lock lock(context.get_executor());
  run(context, lock_free(state, lock));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("yield", one_task<yield>);
  benchmark::RegisterBenchmark("await", one_task<await>);
  benchmark::RegisterBenchmark("spawn_join", one_task<spawn_join>);
  benchmark::RegisterBenchmark("queue", queue);
  benchmark::RegisterBenchmark("lock_handoff", lock_handoff);
  benchmark::RegisterBenchmark("lock_free", free_lock);
  return steps::run_all(argc, argv);
}
