// The output of a command as records.
//
//   ./dev run scrapli_textfsm

#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

using rondo::textfsm::Record;

std::string text_of(const Record& record, const std::string& name) {
  return std::get<std::string>(record.at(name));
}

rondo::Coroutine<> show(devices::NetworkDriver& router) {
  const devices::Response response =
      co_await router.send_command("show ip interface brief");
  for (const Record& record : response.textfsm_parse_output()) {
    if (text_of(record, "ip_address") == "unassigned") continue;
    fmt::print("{:<20} {:<15} {}\n", text_of(record, "interface"),
               text_of(record, "ip_address"),
               text_of(record, "status"));
  }
  const devices::Response arp =
      co_await router.send_command("show arp");
  try {
    arp.textfsm_parse_output();
  } catch (const rondo::textfsm::CliTableError&) {
    fmt::print("{}: there is no template\n", arp.channel_input);
  }
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
