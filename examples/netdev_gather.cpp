// Several devices in netdev's words, at once, but no more than two
// connections at a time; then one file with everything.
//
//   ./dev run netdev_gather

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "netdev_devices.h"

rondo::Coroutine<std::string> show(const netdev::Device& router) {
  const std::string text = co_await router.send_command(
      "show ip interface brief | include Loopback");
  co_return fmt::format("{}\n{}\n", router.base_prompt(), text);
}

// `places` belongs to async_main, which outlives this.
rondo::Coroutine<std::string> ask(netdev::Parameters parameters,
                                  rondo::Semaphore& places) {
  const auto place = co_await places.hold();
  const std::string text =
      co_await rondo::async_with(netdev::create(parameters), show);
  co_return text;
}

rondo::Coroutine<> async_main() {
  rondo::Semaphore places(2);
  std::vector<rondo::Coroutine<std::string>> questions;
  for (const char* const name : {"r1", "r2", "r3", "leaf1"}) {
    questions.push_back(ask(parameters_for(name), places));
  }
  const std::vector<std::string> texts =
      co_await rondo::gather(std::move(questions));
  std::string all;
  for (const std::string& text : texts) {
    all += text;
  }
  co_await rondo::write_atomic("loopbacks.txt", all);
  fmt::print("{}", all);
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
