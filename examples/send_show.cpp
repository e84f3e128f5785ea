// One router: log in by SSH, enable, ask for a table.
//
//   ./dev run send_show
//
// It asks the first router of devices.yaml.

#include <exception>
#include <string>

#include <fmt/format.h>

#include <rondo/ssh.h>

#include "devices.h"

namespace ssh = rondo::ssh;

rondo::Coroutine<std::string> send_show(Device device,
                                        std::string command) {
  ssh::Options options;
  options.port = device.port;
  options.username = device.username;
  options.password = device.password;
  if (!device.known_hosts.empty()) {
    options.known_hosts = device.known_hosts;
  }
  ssh::Connection connection =
      co_await ssh::connect(device.host, options);
  auto [writer, reader, stderr_reader] =
      co_await connection.open_session("Dumb", ssh::TermSize(200, 24));

  co_await reader.readuntil(">");
  writer.write("enable\n");
  co_await reader.readuntil("Password: ");
  writer.write(device.secret + "\n");
  co_await reader.readuntil("#");
  writer.write("terminal length 0\n");
  co_await reader.readuntil("#");

  writer.write(command + "\n");
  const std::string output = co_await reader.readuntil("#");

  connection.close();
  co_await connection.wait_closed();
  co_return output;
}

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
