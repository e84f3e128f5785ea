// A class for a router, and async_with, which connects and closes.
//
//   ./dev run cisco_ssh

#include "cisco_ssh.h"

#include <exception>
#include <string>

#include <fmt/format.h>

rondo::Coroutine<> show(CiscoSsh& router) {
  for (const char* const command :
       {"show version | include uptime",
        "show ip interface brief | include up +up"}) {
    const std::string table = co_await router.send_show(command);
    fmt::print("{}\n", table);
  }
}

rondo::Coroutine<> async_main() {
  const Device device = load_devices("devices.yaml").front();
  co_await rondo::async_with(CiscoSsh(device), show);
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
