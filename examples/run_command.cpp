// A command without a shell: the router runs it, sends what it says,
// and ends the channel. No prompt to look for.
//
//   ./dev run run_command

#include <exception>
#include <string>

#include <fmt/format.h>

#include "devices.h"

namespace ssh = rondo::ssh;

// run: all at once, when it is over.
rondo::Coroutine<> show_uptime(ssh::Connection router) {
  const ssh::CompletedProcess done =
      co_await router.run("show version | include uptime");
  fmt::print("{} said: {}", done.peer(), done.stdout_());
}

// create_process: line by line, as they come.
rondo::Coroutine<> count_interfaces(ssh::Connection router) {
  const ssh::Process process =
      co_await router.create_process("show ip interface brief");
  int up = 0;
  while (true) {
    const std::string line = co_await process.stdout_().readline();
    if (line.empty()) break;  // the end
    if (line.find(" up ") != std::string::npos) ++up;
  }
  co_await process.wait();
  fmt::print("interfaces that are up: {}\n", up);
}

// The status is 0 even so: only the text shows that this is wrong.
rondo::Coroutine<> show_weather(ssh::Connection router) {
  const ssh::CompletedProcess done =
      co_await router.run("show weather");
  fmt::print("status {}: {}", done.exit_status().value_or(-1),
             done.stdout_());
}

using Job = rondo::Coroutine<> (*)(ssh::Connection);

rondo::Coroutine<> async_main() {
  const Device device = load_devices("devices.yaml").front();
  // This router hangs up after a command, as many do; a server would
  // take all three, even at the same time.
  for (const Job job : {show_uptime, count_interfaces, show_weather}) {
    const ssh::Connection router =
        co_await ssh::connect(device.host, options_for(device));
    co_await job(router);
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
