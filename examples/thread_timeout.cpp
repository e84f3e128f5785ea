// What a time-out can do about functions that block: nothing about one
// that runs, but one that has not begun is never called.
//
//   ./dev run thread_timeout

#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

std::atomic<int> begun = 0;
std::atomic<int> ended = 0;

void save_config() {
  ++begun;
  std::this_thread::sleep_for(2s);
  ++ended;
}

rondo::Coroutine<> async_main(rondo::ThreadPoolExecutor& pool) {
  auto& loop = rondo::get_running_loop();
  auto first = loop.run_in_executor(&pool, save_config);
  auto second = loop.run_in_executor(&pool, save_config);
  auto both = rondo::gather(first, second);
  try {
    co_await rondo::wait_for(both, 500ms);
  } catch (const rondo::TimeoutError&) {
    fmt::print("time-out: {} begun, {} ended\n", begun.load(),
               ended.load());
  }
}

int main() {
  {
    rondo::ThreadPoolExecutor pool(1);  // so the second call must wait
    rondo::run(async_main(pool));
    fmt::print("the loop has ended\n");
  }
  fmt::print("the pool too: {} begun, {} ended\n", begun.load(),
             ended.load());
}
