// A prompt that does not come: the wrong enable secret, for one. The
// error shows what the router has sent instead.
//
//   ./dev run read_until

#include "read_until.h"

#include <chrono>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "devices.h"

using namespace std::chrono_literals;
namespace ssh = rondo::ssh;

rondo::Coroutine<std::string> enable(Device device) {
  ssh::Connection connection =
      co_await ssh::connect(device.host, options_for(device));
  auto [writer, reader, stderr_reader] =
      co_await connection.open_session("Dumb", ssh::TermSize(80, 24));

  co_await read_until(reader, ">", 3s);
  writer.write("enable\n");
  co_await read_until(reader, "Password: ", 3s);
  writer.write(device.secret + "\n");
  const std::string output = co_await read_until(reader, "#", 3s);

  connection.close();
  co_await connection.wait_closed();
  co_return output;
}

rondo::Coroutine<> async_main() {
  Device device = load_devices("devices.yaml").front();
  for (const char* const secret : {"cisco", "forgotten"}) {
    device.secret = secret;
    try {
      const std::string output = co_await enable(device);
      fmt::print("enabled: {:?}\n", output);
    } catch (const rondo::TimeoutError& error) {
      fmt::print("not enabled: {}\n", error.what());
    }
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
