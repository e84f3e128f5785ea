// Five platforms, one factory: what each device is, in the same words.
//
//   ./dev run scrapli_platforms

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "drivers.h"

rondo::Coroutine<std::string> describe(devices::NetworkDriver& device) {
  const std::string prompt = co_await device.get_prompt();
  const devices::Response response =
      co_await device.send_command("show version");
  const std::string& text = response.result;
  co_return fmt::format("{:<20} {:<14} {:<15} {}", prompt,
                        device.platform().name,
                        device.current_privilege_level(),
                        text.substr(0, text.find_first_of(",\n")));
}

rondo::Coroutine<std::string> connect_and_describe(
    devices::Options options) {
  const std::string line = co_await rondo::async_with(
      devices::make_driver(options), describe);
  co_return line;
}

rondo::Coroutine<> async_main() {
  std::vector<rondo::Coroutine<std::string>> coroutines;
  for (const devices::Options& options : load_options("network.yaml")) {
    coroutines.push_back(connect_and_describe(options));
  }
  const std::vector<std::string> lines =
      co_await rondo::gather(std::move(coroutines));
  for (const std::string& line : lines) {
    fmt::print("{}\n", line);
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
