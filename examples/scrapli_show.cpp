// One command to a router, through a driver that knows how to talk to
// it.
//
//   ./dev run scrapli_show

#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

rondo::Coroutine<> show(devices::IOSXEDriver& router) {
  const std::string prompt = co_await router.get_prompt();
  const devices::Response response =
      co_await router.send_command("show ip interface brief");
  fmt::print("{}{}\n{}\n", prompt, response.channel_input,
             response.result);
}

rondo::Coroutine<> async_main() {
  const devices::Options options = options_for("r1");
  co_await rondo::async_with(devices::IOSXEDriver(options), show);
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
