// A command that takes too long, and how to go on after it.
//
//   ./dev run scrapli_timeout

#include <chrono>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

using namespace std::chrono_literals;

const std::string command = "show ip interface brief | include Serial";

rondo::Coroutine<> show(devices::NetworkDriver& router) {
  devices::SendOptions in_a_hurry;
  in_a_hurry.timeout_ops = 700ms;  // r3 needs a second
  try {
    co_await router.send_command(command, in_a_hurry);
  } catch (const devices::Timeout& error) {
    fmt::print("{}\n\n", error.what());
  }
  try {
    co_await router.send_command(command);
  } catch (const devices::ConnectionError& error) {
    fmt::print("{}\n\n", error.what());
  }
  const std::string prompt = co_await router.recover();
  const devices::Response response =
      co_await router.send_command(command);
  fmt::print("{}{}\n{}\n", prompt, command, response.result);
}

rondo::Coroutine<> async_main() {
  const devices::Options options = options_for("r3");
  co_await rondo::async_with(devices::make_driver(options), show);
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
