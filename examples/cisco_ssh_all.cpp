// The class with a YAML file and gather: two commands to each router,
// in one session, all routers at the same time.
//
//   ./dev run cisco_ssh_all [FILE]
//
// FILE is devices.yaml unless given.

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cisco_ssh.h"

rondo::Coroutine<std::string> summarize(CiscoSsh& router) {
  const std::string version =
      co_await router.send_show("show version | include uptime");
  const std::string interfaces = co_await router.send_show(
      "show ip interface brief | include Loopback");
  co_return version + interfaces;
}

rondo::Coroutine<std::string> connect_and_summarize(Device device) {
  const std::string summary =
      co_await rondo::async_with(CiscoSsh(device), summarize);
  co_return summary;
}

rondo::Coroutine<> async_main(std::string file) {
  const std::vector<Device> devices = load_devices(file);
  std::vector<rondo::Coroutine<std::string>> coroutines;
  for (const Device& device : devices) {
    coroutines.push_back(connect_and_summarize(device));
  }
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(coroutines));
  for (const auto& outcome : outcomes) {
    fmt::print("{}\n", outcome ? outcome.value() : outcome.error());
  }
}

int main(int argc, char** argv) {
  try {
    rondo::run(async_main(argc > 1 ? argv[1] : "devices.yaml"));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
