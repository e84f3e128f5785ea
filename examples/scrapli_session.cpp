// Configuration that waits: a session that is dropped, and a commit.
//
//   ./dev run scrapli_session

#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

// EOS: a session with a name, which is looked at and dropped.
rondo::Coroutine<> try_out(devices::NetworkDriver& leaf) {
  leaf.register_configuration_session("rondo");
  devices::SendOptions in_session;
  in_session.privilege_level = "rondo";
  co_await leaf.send_config("interface Ethernet2\nshutdown",
                            in_session);
  const devices::Response diffs = co_await leaf.send_command(
      "show session-config diffs", in_session);
  fmt::print("{}\n", diffs.result);
  co_await leaf.abort_config();
}

// XR: nothing takes effect before the commit.
rondo::Coroutine<> commit(devices::NetworkDriver& core) {
  const std::string interface = "interface GigabitEthernet0/0/0/0";
  const std::string brief =
      "show ipv4 interface brief | include 0/0/0/0";

  co_await core.send_configs(interface, "shutdown");
  try {
    co_await core.send_command(brief);
  } catch (const devices::PrivilegeError& error) {
    fmt::print("\n{}\n\n", error.what());
  }
  co_await core.abort_config();
  const devices::Response aborted = co_await core.send_command(brief);
  fmt::print("{}\n", aborted.result);

  co_await core.send_configs(interface, "shutdown");
  co_await core.commit("the provider works there tonight");
  const devices::Response committed = co_await core.send_command(brief);
  fmt::print("{}\n", committed.result);

  co_await core.send_configs(interface, "no shutdown");
  co_await core.commit();
}

rondo::Coroutine<> async_main() {
  const devices::Options leaf1 = options_for("leaf1");
  co_await rondo::async_with(devices::make_driver(leaf1), try_out);
  const devices::Options core1 = options_for("core1");
  co_await rondo::async_with(devices::make_driver(core1), commit);
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
