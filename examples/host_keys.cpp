// Whose key do we know? One router that is known, one that is not, and
// one that had another key last year.
//
//   ./dev run host_keys

#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "devices.h"

namespace ssh = rondo::ssh;

rondo::Coroutine<> try_login(std::string host, ssh::Options options) {
  try {
    const ssh::Connection connection =
        co_await ssh::connect(host, options);
    connection.close();
    co_await connection.wait_closed();
    fmt::print("{}: logged in\n\n", connection.peer());
  } catch (const ssh::HostKeyNotVerifiable& error) {
    fmt::print("{}\n\n", error.what());
  }
}

// A known_hosts file with the key that this router had a year ago.
void write_old_known_hosts(const std::string& file,
                           const Device& device) {
  std::ofstream(file) << fmt::format(
      "[{}]:{} ssh-ed25519 "
      "AAAAC3NzaC1lZDI1NTE5AAAAIGJIvKbIvX69tuTmrCwrH5V1IEEn9Raac9+1"
      "gWrvDZX6\n",
      device.host, device.port);
}

rondo::Coroutine<> async_main() {
  const std::vector<Device> devices =
      load_devices("devices_host_keys.yaml");
  const Device known = devices.at(0);
  const Device unknown = devices.at(1);

  co_await try_login(known.host, options_for(known));
  co_await try_login(unknown.host, options_for(unknown));

  write_old_known_hosts("known_hosts_old", known);
  ssh::Options options = options_for(known);
  options.known_hosts = "known_hosts_old";
  co_await try_login(known.host, options);

  options = options_for(unknown);
  options.host_key_policy = ssh::HostKeyPolicy::insecure;
  co_await try_login(unknown.host, options);
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
