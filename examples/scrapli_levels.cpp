// Up and down the levels of privilege.
//
//   ./dev run scrapli_levels

#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

rondo::Coroutine<> walk(devices::NetworkDriver& router) {
  for (const char* const level :
       {"privilege_exec", "configuration", "exec", "configuration"}) {
    co_await router.acquire_priv(level);
    const std::string prompt = co_await router.get_prompt();
    fmt::print("{:<15} {}\n", level, prompt);
  }
  // A command goes to its own level by itself.
  co_await router.send_command("show ip interface brief");
  fmt::print("{:<15} after a command\n",
             router.current_privilege_level());
  try {
    co_await router.acquire_priv("root");
  } catch (const devices::PrivilegeError& error) {
    fmt::print("{}\n", error.what());
  }
}

rondo::Coroutine<> async_main() {
  devices::Options options = options_for("r1");
  co_await rondo::async_with(devices::make_driver(options), walk);

  options.auth_secondary = "forgotten";
  try {
    co_await rondo::async_with(devices::make_driver(options), walk);
  } catch (const devices::PrivilegeError& error) {
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
