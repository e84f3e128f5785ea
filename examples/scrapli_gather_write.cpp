// The configurations of all devices into files, each whole or not
// there.
//
//   ./dev run scrapli_gather_write

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ask_device.h"

// "r1: 40 lines"
rondo::Coroutine<std::string> back_up(std::string name) {
  const devices::Options options = options_for(name);
  const std::string text = co_await ask(options, "show running-config");
  const std::string path = "backup/" + name + ".txt";
  co_await rondo::write_atomic(path, text + "\n");
  co_return fmt::format("{}: {} lines", path,
                        std::ranges::count(text, '\n') + 1);
}

rondo::Coroutine<> async_main() {
  co_await rondo::os::makedirs("backup", rondo::os::exist_ok);
  std::vector<rondo::Coroutine<std::string>> backups;
  for (const char* const name : {"r2", "r3", "sw1", "leaf1"}) {
    backups.push_back(back_up(name));
  }
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(backups));
  for (const auto& outcome : outcomes) {
    fmt::print("{}\n", outcome ? outcome.value() : outcome.error());
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
