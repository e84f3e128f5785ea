// Several routers at the same time. Their tables come in the order of
// devices.yaml, whoever was the fastest.
//
//   ./dev run send_show_gather

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "send_show.h"

rondo::Coroutine<> async_main() {
  const std::vector<Device> devices = load_devices("devices.yaml");
  std::vector<rondo::Coroutine<std::string>> coroutines;
  for (const Device& device : devices) {
    coroutines.push_back(
        send_show(device, "show version | include uptime"));
  }
  const std::vector<std::string> outputs =
      co_await rondo::gather(std::move(coroutines));

  for (std::size_t i = 0; i < devices.size(); ++i) {
    fmt::print("{}: {}", name_of(devices[i]), table_in(outputs[i]));
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
