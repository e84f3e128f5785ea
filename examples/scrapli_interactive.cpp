// Commands that ask before they do anything.
//
//   ./dev run scrapli_interactive

#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "drivers.h"

rondo::Coroutine<> talk(devices::NetworkDriver& router) {
  const std::vector<devices::Interaction> clear = {
      devices::Interaction("clear logging", "[confirm]"),
      devices::Interaction("")};
  const devices::Response cleared =
      co_await router.send_interactive(clear);
  fmt::print("{:?}\n{}\n", cleared.channel_input, cleared.result);

  const std::vector<devices::Interaction> copy = {
      devices::Interaction("copy running-config startup-config",
                           "[startup-config]?"),
      devices::Interaction("")};
  const devices::Response copied =
      co_await router.send_interactive(copy);
  fmt::print("{:?}\n{}\n\n", copied.channel_input, copied.result);

  // A secret is typed, but neither shown nor kept.
  co_await router.acquire_priv("exec");
  const std::vector<devices::Interaction> enable = {
      devices::Interaction("enable", "Password: "),
      devices::Interaction::hidden(router.options().auth_secondary)};
  devices::InteractiveOptions in_exec;
  in_exec.privilege_level = "exec";
  const devices::Response enabled =
      co_await router.send_interactive(enable, in_exec);
  fmt::print("{:?}\n", enabled.channel_input);
}

rondo::Coroutine<> async_main() {
  const devices::Options options = options_for("r1");
  co_await rondo::async_with(devices::make_driver(options), talk);
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
