// Every router of a YAML file at the same time: each one's table, a
// line for each one that failed, and how long it took.
//
//   ./dev run send_show_all [FILE]
//
// FILE is devices.yaml unless given; try devices_with_faults.yaml. The
// exit status is 0 when every router has answered, 1 otherwise.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "send_show.h"

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

// "HOST:PORT: reason", whether or not the error names the host itself.
std::string failure_line(const std::string& name,
                         const std::string& error) {
  const std::size_t named = error.find(name + ": ");
  if (named == std::string::npos) return name + ": " + error;
  return error.substr(named);
}

struct Answer {
  std::string table;
  Seconds elapsed{0};
};

// A router that stays silent is given up after 30 seconds.
rondo::Coroutine<Answer> ask(Device device, std::string command) {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();
  const std::string output =
      co_await rondo::wait_for(send_show(device, command), 30s);
  Answer answer;
  answer.table = table_in(output);
  answer.elapsed = loop.time() - start;
  co_return answer;
}

rondo::Coroutine<int> async_main(std::string file) {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  const std::vector<Device> devices = load_devices(file);
  std::vector<rondo::Coroutine<Answer>> coroutines;
  for (const Device& device : devices) {
    coroutines.push_back(ask(device, "show ip interface brief"));
  }
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(coroutines));

  std::size_t answered = 0;
  Seconds slowest{0};
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::string name = name_of(devices[i]);
    if (!outcomes[i]) {
      fmt::print("{}\n\n", failure_line(name, outcomes[i].error()));
      continue;
    }
    const Answer& answer = outcomes[i].value();
    fmt::print("{}\n{}\n", name, answer.table);
    slowest = std::max(slowest, answer.elapsed);
    ++answered;
  }
  const Seconds elapsed = loop.time() - start;
  fmt::print("{} of {} routers in {:.1f} s", answered, devices.size(),
             elapsed.count());
  if (answered > 0) {
    fmt::print(" (the slowest took {:.1f} s)", slowest.count());
  }
  fmt::print("\n");
  co_return answered == devices.size() ? 0 : 1;
}

int main(int argc, char** argv) {
  try {
    return rondo::run(async_main(argc > 1 ? argv[1] : "devices.yaml"));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
