// What is it that answers there? Ask it.
//
//   ./dev run scrapli_detect

#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

rondo::Coroutine<> async_main() {
  for (const char* const name : {"r3", "sw1", "edge1"}) {
    const devices::Options options = options_for(name);
    const std::string platform =
        co_await devices::detect_platform(options);
    fmt::print("{} is a {}\n", name, platform);
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
