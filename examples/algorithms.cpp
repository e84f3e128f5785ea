// What do client and router agree on? A router of today, one that is
// too old, and the old one again with what it needs.
//
//   ./dev run algorithms

#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "devices.h"

namespace ssh = rondo::ssh;

rondo::Coroutine<> show_algorithms(std::string host,
                                   ssh::Options options) {
  try {
    const ssh::Connection connection =
        co_await ssh::connect(host, options);
    const ssh::NegotiatedAlgorithms agreed = connection.algorithms();
    fmt::print("{}\n  key exchange  {}\n  host key      {}\n",
               connection.peer(), agreed.kex, agreed.server_host_key);
    fmt::print("  cipher        {}\n  MAC           {}\n\n",
               agreed.send_cipher, agreed.send_mac);
    connection.close();
    co_await connection.wait_closed();
  } catch (const ssh::KeyExchangeFailed& error) {
    fmt::print("{}\n\n", error.what());
  }
}

rondo::Coroutine<> async_main() {
  const std::vector<Device> devices =
      load_devices("devices_algorithms.yaml");
  const Device modern = devices.at(0);
  const Device old = devices.at(1);

  co_await show_algorithms(modern.host, options_for(modern));
  co_await show_algorithms(old.host, options_for(old));

  // For this one only. Whoever records such a connection may be able
  // to read it one day.
  ssh::Options options = options_for(old);
  options.legacy = true;
  co_await show_algorithms(old.host, options);
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
