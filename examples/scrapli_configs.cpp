// Lines of configuration: all of them, or only up to the first that is
// refused.
//
//   ./dev run scrapli_configs

#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "drivers.h"

const std::vector<std::string> lines = {
    "interface Loopback55", "description made by rondo",
    "ip adress 10.55.55.55 255.255.255.255", "shutdown"};

void print_all(const devices::MultiResponse& responses) {
  for (const devices::Response& response : responses) {
    fmt::print("{:<7} {}\n", response.failed ? "FAILED" : "taken",
               response.channel_input);
  }
  fmt::print("{} of {} lines were sent\n\n", responses.size(),
             lines.size());
}

rondo::Coroutine<> configure(devices::NetworkDriver& router) {
  const devices::MultiResponse all =
      co_await router.send_configs(lines);
  print_all(all);

  devices::SendOptions careful;
  careful.stop_on_failed = true;
  const devices::MultiResponse some =
      co_await router.send_configs(lines, careful);
  print_all(some);
  fmt::print("{}\n\n", some.back().result);

  // The way back to the level for commands is the driver's business.
  const devices::Response response = co_await router.send_command(
      "show ip interface brief | include Loopback");
  fmt::print("{}\n", response.result);
  co_await router.send_configs("no interface Loopback55");
}

rondo::Coroutine<> async_main() {
  const devices::Options options = options_for("r1");
  co_await rondo::async_with(devices::make_driver(options), configure);
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
