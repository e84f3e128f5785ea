// Several commands in one session, and what a response knows of its
// command.
//
//   ./dev run scrapli_commands

#include <exception>

#include <fmt/format.h>

#include "drivers.h"

rondo::Coroutine<> show(devices::NetworkDriver& router) {
  const devices::MultiResponse responses =
      co_await router.send_commands(
          "show version | include uptime", "show ip interface biref",
          "show ip interface brief | include Loopback");
  for (const devices::Response& response : responses) {
    fmt::print("{}: {}\n{}\n\n", response.channel_input,
               response.failed ? "failed" : "fine", response.result);
  }
  responses.raise_for_status();
}

rondo::Coroutine<> async_main() {
  const devices::Options options = options_for("r2");
  try {
    co_await rondo::async_with(devices::make_driver(options), show);
  } catch (const devices::CommandFailure& error) {
    fmt::print("{}\n", error.what());
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
