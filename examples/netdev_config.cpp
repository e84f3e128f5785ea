// Configuration in netdev's words.
//
//   ./dev run netdev_config

#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "netdev_devices.h"

const std::vector<std::string> lines = {"interface Loopback55",
                                        "description made by rondo"};

rondo::Coroutine<> configure(const netdev::Device& router) {
  const std::string seen = co_await router.send_config_set(lines);
  fmt::print("{}\n\n", seen);

  fmt::print("in configuration: {}\n", router.check_config_mode());
  co_await router.config_mode();
  fmt::print("in configuration: {}\n", router.check_config_mode());
  co_await router.send_command("no interface Loopback55");
  co_await router.exit_config_mode();
  fmt::print("in configuration: {}\n", router.check_config_mode());
}

rondo::Coroutine<> async_main() {
  const netdev::Parameters parameters = parameters_for("r1");
  co_await rondo::async_with(netdev::create(parameters), configure);
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
