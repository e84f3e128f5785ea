// Configuration: lines that the router takes, and one that it does not.
//
//   ./dev run send_config

#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cisco_ssh.h"

rondo::Coroutine<> configure(CiscoSsh& router) {
  const std::vector<std::string> good = {
      "interface Loopback0",
      "description router #1 of the office",
  };
  const std::string seen = co_await router.send_config(good);
  fmt::print("{}\n\n", seen);

  const std::string table = co_await router.send_show(
      "show interfaces description | include Lo0");
  fmt::print("{}\n", table);

  const std::vector<std::string> bad = {
      "interface Loopback0",
      "ip adress 10.1.1.9 255.255.255.255",
      "shutdown",
  };
  try {
    co_await router.send_config(bad);
  } catch (const ConfigError& error) {
    fmt::print("{}\n", error.what());
  }

  const std::string state = co_await router.send_show(
      "show ip interface brief | include Loopback0");
  fmt::print("{}", state);
}

rondo::Coroutine<> async_main() {
  const Device device = load_devices("devices.yaml").front();
  co_await rondo::async_with(CiscoSsh(device), configure);
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
