// gather(return_exceptions, ...): wait for all, then look at how each
// of them ended.
//
//   ./dev run gather_return_exceptions

#include <chrono>
#include <cstddef>
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
  if (host == "r2") throw std::runtime_error("no answer");
  co_return "output of " + host;
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  const std::vector<std::string> hosts = {"r1", "r2", "r3"};
  std::vector<rondo::Coroutine<std::string>> coroutines;
  for (const std::string& host : hosts) {
    coroutines.push_back(ask(host, 2s));
  }
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(coroutines));

  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (outcomes[i]) {
      fmt::print("{}: {}\n", hosts[i], outcomes[i].value());
    } else {
      fmt::print("{} failed: {}\n", hosts[i], outcomes[i].error());
    }
  }
  const Seconds elapsed = loop.time() - start;
  fmt::print("It took {:.1f} s\n", elapsed.count());
}

int main() {
  rondo::run(async_main());
}
