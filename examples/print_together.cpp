// Two tasks take turns: while one sleeps, the other prints.
//
//   ./dev run print_together

#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

rondo::Coroutine<> print_numbers() {
  for (int number = 1; number <= 5; ++number) {
    fmt::print("{}\n", number);
    co_await rondo::sleep(500ms);
  }
}

rondo::Coroutine<> print_words() {
  const std::vector<std::string> words = {"show", "ip", "route"};
  for (const std::string& word : words) {
    fmt::print("   {}\n", word);
    co_await rondo::sleep(800ms);
  }
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
