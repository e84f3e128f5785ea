// Eight devices, and never more than three connections at once.
//
//   ./dev run scrapli_semaphore

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "ask_device.h"

struct Progress {
  int open = 0;  // connections at this moment
  int most = 0;  // the largest that `open` has been
};

// `places` and `progress` belong to async_main, which outlives this.
rondo::Coroutine<std::string> ask_in_turn(devices::Options options,
                                          rondo::Semaphore& places,
                                          Progress& progress) {
  const auto place = co_await places.hold();
  progress.most = std::max(progress.most, ++progress.open);
  std::string text;
  try {
    text = co_await ask(options, "show version");
  } catch (const std::exception& error) {
    text = error.what();
  }
  --progress.open;
  co_return fmt::format("{}: {}", options.peer(),
                        text.substr(0, text.find_first_of(",\n")));
}

rondo::Coroutine<> async_main() {
  rondo::Semaphore places(3);
  Progress progress;

  std::vector<rondo::Coroutine<std::string>> questions;
  for (const devices::Options& options : load_options("network.yaml")) {
    questions.push_back(ask_in_turn(options, places, progress));
  }
  const std::vector<std::string> lines =
      co_await rondo::gather(std::move(questions));
  for (const std::string& line : lines) {
    fmt::print("{}\n", line);
  }
  fmt::print("never more than {} at once\n", progress.most);
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
