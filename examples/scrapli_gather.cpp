// All devices at once, errors included, in the order of the file.
//
//   ./dev run scrapli_gather

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ask_device.h"

rondo::Coroutine<> async_main() {
  const std::vector<devices::Options> network =
      load_options("network_with_faults.yaml");
  std::vector<rondo::Coroutine<std::string>> questions;
  for (const devices::Options& options : network) {
    questions.push_back(
        ask(options, "show ip interface brief | include oopback"));
  }
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(questions));
  for (std::size_t i = 0; i < network.size(); ++i) {
    if (outcomes[i]) {
      fmt::print("{}: {}\n", network[i].peer(), outcomes[i].value());
    } else {
      fmt::print("FAILED {}\n", outcomes[i].error());
    }
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
