// The same driver by telnet, at a router that knows nothing better.
//
//   ./dev run scrapli_telnet

#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

rondo::Coroutine<> show(devices::NetworkDriver& router) {
  const std::string prompt = co_await router.get_prompt();
  fmt::print("{} by {}\n", prompt, router.options().transport);
  const devices::Response response =
      co_await router.send_command("show ip interface brief");
  fmt::print("{}\n\n", response.result);
}

rondo::Coroutine<> async_main() {
  devices::Options options = options_for("r5");
  co_await rondo::async_with(devices::make_driver(options), show);

  options.auth_password = "forgotten";
  try {
    co_await rondo::async_with(devices::make_driver(options), show);
  } catch (const devices::AuthenticationFailed& error) {
    fmt::print("{}\n", error.what());
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
