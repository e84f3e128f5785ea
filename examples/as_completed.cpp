// as_completed: each result as soon as it is there, the fastest first,
// and an error for one of them stops none of the others.
//
//   ./dev run as_completed

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

rondo::Coroutine<std::string> ask(std::string host,
                                  std::chrono::seconds delay) {
  co_await rondo::sleep(delay);
  if (host == "r3") throw std::runtime_error(host + ": no answer");
  co_return "output of " + host;
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  std::vector<rondo::Coroutine<std::string>> coroutines;
  coroutines.push_back(ask("r1", 4s));
  coroutines.push_back(ask("r2", 1s));
  coroutines.push_back(ask("r3", 2s));
  coroutines.push_back(ask("r4", 3s));

  for (auto next : rondo::as_completed(std::move(coroutines))) {
    std::string line;
    try {
      line = co_await next;
    } catch (const std::exception& error) {
      line = fmt::format("failed: {}", error.what());
    }
    const Seconds elapsed = loop.time() - start;
    fmt::print("{:.1f} s  {}\n", elapsed.count(), line);
  }
}

int main() {
  rondo::run(async_main());
}
