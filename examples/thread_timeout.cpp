// What a time-out can do about functions that block: nothing about one
// that runs, but one that has not begun is never called.
//
//   ./dev run thread_timeout

#include <atomic>
#include <chrono>
#include <latch>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

std::atomic<int> begun = 0;
std::atomic<int> ended = 0;
std::latch box_has_answered(1);

// Stands for a library that waits for a slow box.
void save_config() {
  ++begun;
  box_has_answered.wait();
  ++ended;
}

rondo::Coroutine<> async_main(rondo::ThreadPoolExecutor& pool) {
  auto& loop = rondo::get_running_loop();
  auto first = loop.run_in_executor(&pool, save_config);
  auto second = loop.run_in_executor(&pool, save_config);
  while (begun == 0)
    co_await rondo::sleep(1ms);

  try {
    co_await rondo::wait_for(rondo::gather(first, second), 500ms);
  } catch (const rondo::TimeoutError&) {
    fmt::print("time-out: {} begun, {} ended\n", begun.load(),
               ended.load());
  }
}

int main() {
  {
    rondo::ThreadPoolExecutor pool(1);  // so the second call must wait
    rondo::run(async_main(pool));
    fmt::print("the loop has ended: {} begun, {} ended\n", begun.load(),
               ended.load());
    box_has_answered.count_down();
  }
  fmt::print("the pool too: {} begun, {} ended\n", begun.load(),
             ended.load());
}
