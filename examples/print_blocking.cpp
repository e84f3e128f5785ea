// One of the two tasks sleeps without co_await. It gives the thread to
// nobody, and the numbers stand still until it is done.
//
//   ./dev run print_blocking

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

rondo::Coroutine<> print_numbers() {
  for (int number = 1; number <= 5; ++number) {
    fmt::print("{}\n", number);
    co_await rondo::sleep(100ms);
  }
}

rondo::Coroutine<> print_words() {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::string> words = {"show", "ip", "route"};
  for (const std::string& word : words) {
    fmt::print("   {}\n", word);
    std::this_thread::sleep_for(200ms);  // blocks the whole loop
  }
  const Seconds blocked = std::chrono::steady_clock::now() - start;
  fmt::print("   blocked for {:.1f} s\n", blocked.count());
  co_return;
}

rondo::Coroutine<> async_main() {
  auto numbers = rondo::create_task(print_numbers());
  auto words = rondo::create_task(print_words());
  co_await numbers;
  co_await words;
}

int main() {
  rondo::run(async_main());
}
