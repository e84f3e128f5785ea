// What can happen on the way to a router: one line for each, and nobody
// waits for the one that is silent longer than he has to.
//
//   ./dev run connect_errors

#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "devices.h"

using namespace std::chrono_literals;
namespace ssh = rondo::ssh;

// Whatever happens, a line about it.
rondo::Coroutine<std::string> try_login(Device device) {
  std::string line;
  try {
    const ssh::Connection connection = co_await rondo::wait_for(
        ssh::connect(device.host, options_for(device)), 5s);
    connection.close();
    co_await connection.wait_closed();
    line = "logged in";
  } catch (const rondo::TimeoutError&) {
    line = "no login within 5 seconds";
  } catch (const ssh::PermissionDenied&) {
    line = "wrong name or password";
  } catch (const ssh::HostKeyNotVerifiable&) {
    line = "this key is not the one that we know";
  } catch (const ssh::Error& error) {
    line = fmt::format("SSH failed: {}", error.what());
  } catch (const rondo::OSError& error) {
    line = fmt::format("no connection: {}", error.code().message());
  }
  co_return line;
}

// A router that is too busy: it takes the connection and says nothing.
rondo::Coroutine<> stay_silent(rondo::StreamReader reader,
                               rondo::StreamWriter writer) {
  co_await reader.read();  // until the client has gone
  writer.close();
}

rondo::Coroutine<> async_main() {
  const rondo::Server silent =
      co_await rondo::start_server(stay_silent, "127.0.0.1", 0);

  std::vector<Device> devices =
      load_devices("devices_with_faults.yaml");
  devices.push_back(devices.front());
  devices.back().host = "127.0.0.1";
  devices.back().port = silent.sockets().at(0).port();

  std::vector<rondo::Coroutine<std::string>> attempts;
  for (const Device& device : devices) {
    attempts.push_back(try_login(device));
  }
  const auto lines = co_await rondo::gather(std::move(attempts));
  for (std::size_t i = 0; i < devices.size(); ++i) {
    fmt::print("{}: {}\n", devices[i].host, lines[i]);
  }
  silent.close();
  co_await silent.wait_closed();
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
