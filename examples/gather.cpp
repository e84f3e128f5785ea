// gather: all at once; the results come in the order in which the
// coroutines were named, whichever was the fastest.
//
//   ./dev run gather

#include <chrono>
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
  fmt::print("{} has answered\n", host);
  co_return "output of " + host;
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  // A few that are named: the results are a tuple.
  auto [r1, r2] = co_await rondo::gather(ask("r1", 2s), ask("r2", 1s));
  fmt::print("{}, {}\n\n", r1, r2);

  // As many as there are: the results are a vector.
  std::vector<rondo::Coroutine<std::string>> coroutines;
  for (int number = 3; number <= 6; ++number) {
    coroutines.push_back(ask(fmt::format("r{}", number),
                             std::chrono::seconds(7 - number)));
  }
  const std::vector<std::string> results =
      co_await rondo::gather(std::move(coroutines));
  for (const std::string& result : results) {
    fmt::print("{}\n", result);
  }
  const Seconds elapsed = loop.time() - start;
  fmt::print("It took {:.1f} s\n", elapsed.count());
}

int main() {
  rondo::run(async_main());
}
