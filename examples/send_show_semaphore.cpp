// Nine connections to three routers, and never more than four of them
// at the same time.
//
//   ./dev run send_show_semaphore

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "send_show.h"

struct Progress {
  int open = 0;  // connections at this moment
  int most = 0;  // the largest that `open` has been
};

// Counts a connection for as long as it lives.
class Counted {
 public:
  explicit Counted(Progress& progress) : progress_(progress) {
    ++progress_.open;
    progress_.most = std::max(progress_.most, progress_.open);
  }
  Counted(const Counted&) = delete;
  ~Counted() { --progress_.open; }

 private:
  Progress& progress_;
};

// `places` and `progress` belong to async_main, which outlives this.
rondo::Coroutine<std::string> send_show_in_turn(
    Device device, std::string command, rondo::Semaphore& places,
    Progress& progress) {
  const auto place = co_await places.hold();
  const Counted counted(progress);
  const std::string output = co_await send_show(device, command);
  co_return table_in(output);
}

rondo::Coroutine<> async_main() {
  rondo::Semaphore places(4);
  Progress progress;

  const std::vector<Device> devices = load_devices("devices.yaml");
  std::vector<rondo::Coroutine<std::string>> coroutines;
  for (const char* const command :
       {"show version | include uptime",
        "show ip interface brief | include Loopback0",
        "show ip interface brief | include administratively"}) {
    for (const Device& device : devices) {
      coroutines.push_back(
          send_show_in_turn(device, command, places, progress));
    }
  }
  // With return_exceptions it waits for all, even when one fails.
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(coroutines));
  for (const auto& outcome : outcomes) {
    fmt::print("{}",
               outcome ? outcome.value() : outcome.error() + "\n");
  }
  fmt::print("{} connections, never more than {} at once\n",
             outcomes.size(), progress.most);
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
