// The devices that a YAML file lists, or what is wrong with it.
//
//   ./dev run list_devices [FILE]
//
// FILE is devices.yaml unless given; try devices_with_mistake.yaml.

#include <exception>
#include <string>

#include <fmt/format.h>

#include "devices.h"

int main(int argc, char** argv) {
  const std::string file = argc > 1 ? argv[1] : "devices.yaml";
  try {
    for (const Device& device : load_devices(file)) {
      fmt::print("{} as {}\n", name_of(device), device.username);
    }
    return 0;
  } catch (const DevicesError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
