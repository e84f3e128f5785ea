// A function that blocks, on threads: three calls at the same time, and
// the loop goes on.
//
//   ./dev run to_thread

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

// Stands for a library that knows nothing of event loops.
std::string get_config(const std::string& host) {
  std::this_thread::sleep_for(1s);
  return "hostname " + host;
}

rondo::Coroutine<> print_numbers() {
  for (int number = 1; number <= 3; ++number) {
    fmt::print("{}\n", number);
    co_await rondo::sleep(100ms);
  }
}

rondo::Coroutine<> async_main() {
  auto numbers = rondo::create_task(print_numbers());

  std::vector<rondo::Coroutine<std::string>> calls;
  for (const std::string host : {"r1", "r2", "r3"}) {
    calls.push_back(rondo::to_thread(get_config, host));
  }
  const auto configs = co_await rondo::gather(std::move(calls));
  for (const std::string& config : configs) {
    fmt::print("   {}\n", config);
  }
  co_await numbers;
}

int main() {
  rondo::run(async_main());
}
