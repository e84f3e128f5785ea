// Each device's answer as soon as it is there, and each failure too.
//
//   ./dev run scrapli_completed

#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ask_device.h"

using Seconds = std::chrono::duration<double>;

rondo::Coroutine<std::string> ask_by_name(devices::Options options,
                                          std::string command) {
  const std::string peer = options.peer();
  const std::string answer = co_await ask(options, command);
  co_return peer + ": " + answer;
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  std::vector<rondo::Coroutine<std::string>> questions;
  for (const devices::Options& options :
       load_options("network_with_faults.yaml")) {
    questions.push_back(ask_by_name(
        options, "show ip interface brief | include oopback"));
  }
  for (auto next : rondo::as_completed(std::move(questions))) {
    std::string line;
    try {
      line = co_await next;
    } catch (const std::exception& error) {
      line = fmt::format("FAILED {}", error.what());
    }
    const Seconds elapsed = loop.time() - start;
    fmt::print("{:.1f} s  {}\n", elapsed.count(), line);
  }
}

int main() {
  try {
    rondo::run(async_main());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
