// One router: log in by SSH, enable, ask for a table.
//
//   ./dev run send_show
//
// It asks the first router of devices.yaml.

#include "send_show.h"

#include <exception>
#include <string>

#include <fmt/format.h>

rondo::Coroutine<> async_main() {
  const Device device = load_devices("devices.yaml").front();
  const std::string output =
      co_await send_show(device, "show ip interface brief");
  fmt::print("{}\n", output);
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
