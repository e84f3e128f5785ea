// Commands go in, responses come out, one at a time: over SSH and over
// telnet alike.
//
//   ./dev run command_iterator

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "drivers.h"

using Responses = rondo::AsyncGenerator<devices::Response>;

// Connects when the first response is asked for. A cheap handle to the
// driver lives in the generator; when the generator goes, the
// connection does.
Responses responses_of(devices::Options options,
                       std::vector<std::string> commands) {
  const devices::NetworkDriver router = devices::make_driver(options);
  co_await router.open();
  for (const std::string& command : commands) {
    devices::Response response = co_await router.send_command(command);
    co_yield std::move(response);
  }
  co_await router.close();
}

rondo::Coroutine<> async_main() {
  const std::vector<std::string> commands = {
      "show version | include uptime",
      "show ip interface brief | include Loopback0",
      "show ip interface brief | include Serial"};
  for (const char* const name : {"r1", "r5"}) {
    Responses responses = responses_of(options_for(name), commands);
    while (auto response = co_await responses.next()) {
      fmt::print("{} {}\n", name, response->result);
      if (response->result.find("Loopback0") != std::string::npos)
        break;
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
