// Several commands in netdev's words, and what may come of them.
//
//   ./dev run netdev_show

#include <chrono>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "netdev_devices.h"

rondo::Coroutine<> show(netdev::Parameters parameters) {
  const netdev::Device router = netdev::create(parameters);
  try {
    co_await router.connect();
    fmt::print("{}\n", router.base_prompt());
    for (const char* const command :
         {"show version | include uptime", "show ip interface biref",
          "show ip interface brief | include Loopback"}) {
      const std::string text = co_await router.send_command(command);
      fmt::print("{}\n", text);
    }
  } catch (const netdev::TimeoutError& error) {
    fmt::print("TimeoutError: {}\n", error.what());
  } catch (const netdev::DisconnectError& error) {
    fmt::print("DisconnectError: {}\n", error.what());
  }
  co_await router.disconnect();
  fmt::print("\n");
}

rondo::Coroutine<> async_main() {
  co_await show(parameters_for("r2"));

  netdev::Parameters hasty = parameters_for("r3");
  hasty.timeout = std::chrono::milliseconds(700);  // r3 needs a second
  co_await show(hasty);

  netdev::Parameters wrong = parameters_for("r2");
  wrong.password = "forgotten";
  co_await show(wrong);
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
