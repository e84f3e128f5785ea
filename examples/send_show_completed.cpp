// Each router's answer as soon as it is there, and each failure too.
//
//   ./dev run send_show_completed [FILE]
//
// FILE is devices_with_faults.yaml unless given.

#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "send_show.h"

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

// The answer with the router's name before it: the order of the results
// says nothing about whose they are. Errors name the router themselves,
// except for a time-out.
rondo::Coroutine<std::string> ask(Device device, std::string command) {
  try {
    const std::string output =
        co_await rondo::wait_for(send_show(device, command), 15s);
    co_return name_of(device) + ": " + table_in(output);
  } catch (const rondo::TimeoutError&) {
    throw rondo::TimeoutError(name_of(device) + ": no answer in time");
  }
}

rondo::Coroutine<> async_main(std::string file) {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  std::vector<rondo::Coroutine<std::string>> coroutines;
  for (const Device& device : load_devices(file)) {
    coroutines.push_back(ask(device, "show version | include uptime"));
  }
  for (auto next : rondo::as_completed(std::move(coroutines))) {
    std::string line;
    try {
      line = co_await next;
    } catch (const std::exception& error) {
      line = fmt::format("FAILED {}\n", error.what());
    }
    const Seconds elapsed = loop.time() - start;
    fmt::print("{:.1f} s  {}", elapsed.count(), line);
  }
}

int main(int argc, char** argv) {
  try {
    rondo::run(
        async_main(argc > 1 ? argv[1] : "devices_with_faults.yaml"));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
