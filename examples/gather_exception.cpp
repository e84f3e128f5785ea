// gather when a coroutine fails: its exception arrives at once, and
// the others go on.
//
//   ./dev run gather_exception

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

rondo::Coroutine<std::string> ask(std::string host,
                                  std::chrono::seconds delay) {
  co_await rondo::sleep(delay);
  if (host == "r2") throw std::runtime_error(host + ": no answer");
  fmt::print("{} has answered\n", host);
  co_return "output of " + host;
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  auto slow = rondo::create_task(ask("r3", 3s));
  try {
    co_await rondo::gather(ask("r1", 1s), ask("r2", 2s), slow);
    fmt::print("All have answered\n");
  } catch (const std::exception& error) {
    const Seconds elapsed = loop.time() - start;
    fmt::print("After {:.1f} s: {}\n", elapsed.count(), error.what());
  }
  fmt::print("r3 is {}\n", slow.done() ? "done" : "still at work");
  const std::string output = co_await slow;
  fmt::print("Nothing of r3 is lost: {}\n", output);
}

int main() {
  rondo::run(async_main());
}
