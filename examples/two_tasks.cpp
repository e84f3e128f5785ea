// The same two coroutines as tasks: they wait at the same time.
//
//   ./dev run two_tasks

#include <chrono>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

rondo::Coroutine<> delay_print(std::chrono::seconds delay,
                               std::string text) {
  fmt::print("start: {}\n", text);
  co_await rondo::sleep(delay);
  fmt::print("end:   {}\n", text);
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  auto slow =
      rondo::create_task(delay_print(4s, "a slow router, 4 seconds"));
  auto fast =
      rondo::create_task(delay_print(2s, "a fast router, 2 seconds"));
  fmt::print("Two tasks are made; neither has run yet\n");
  co_await slow;
  co_await fast;

  const Seconds elapsed = loop.time() - start;
  fmt::print("It took {:.1f} s\n", elapsed.count());
}

int main() {
  rondo::run(async_main());
}
