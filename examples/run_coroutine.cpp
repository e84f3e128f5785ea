// A coroutine: calling it makes it, awaiting it runs it.
//
//   ./dev run run_coroutine

#include <chrono>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

rondo::Coroutine<> greet(std::string name) {
  fmt::print("Hello, {}\n", name);
  co_await rondo::sleep(1s);
  fmt::print("Goodbye, {}\n", name);
}

rondo::Coroutine<> async_main() {
  auto greeting = greet("r1");
  fmt::print("The coroutine is made; nothing of it has run\n");
  co_await greeting;
  fmt::print("The coroutine is done\n");
}

int main() {
  rondo::run(async_main());
}
