// Neighbours are parsed one by one, when somebody asks for the next.
//
//   ./dev run cdp_neighbors

#include <exception>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "ask_device.h"

struct Neighbor {
  std::string name;
  std::string address;
  std::string platform;
  std::string interface;
};

// Walks through the output of show cdp neighbors detail.
class CdpNeighbors {
 public:
  explicit CdpNeighbors(std::string text) : lines_(std::move(text)) {}

  // The next one; none at the end.
  std::optional<Neighbor> next() {
    Neighbor neighbor;
    std::string line;
    while (std::getline(lines_, line)) {
      take(line, "Device ID: ", neighbor.name);
      take(line, "  IP address: ", neighbor.address);
      take(line, "Platform: ", neighbor.platform);
      take(line, "Interface: ", neighbor.interface);
      if (line.starts_with("Management address")) return neighbor;
    }
    return std::nullopt;
  }

 private:
  static void take(const std::string& line, const std::string& key,
                   std::string& value) {
    if (!line.starts_with(key)) return;
    value = line.substr(key.size());
    value = value.substr(0, value.find(','));
  }

  std::istringstream lines_;
};

rondo::Coroutine<> async_main() {
  const devices::Options options = options_for("r5");
  const std::string text =
      co_await ask(options, "show cdp neighbors detail");
  CdpNeighbors neighbors(text);
  while (const auto neighbor = neighbors.next()) {
    fmt::print("{:<16} {:<6} {:<11} {}\n", neighbor->interface,
               neighbor->name, neighbor->address, neighbor->platform);
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
