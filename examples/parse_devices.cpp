// Three routers are asked at the same time, each answer is parsed as
// soon as it has come, and the tasks keep the results.
//
//   ./dev run parse_devices

#include <chrono>
#include <map>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

// Stands for a connection: a router that takes `delay` to answer.
rondo::Coroutine<std::string> get_output(std::string host,
                                         std::chrono::seconds delay) {
  fmt::print("{}: connecting\n", host);
  co_await rondo::sleep(delay);
  fmt::print("{}: has answered\n", host);
  co_return fmt::format("{} uptime is {} weeks, 3 days", host,
                        delay.count() * 5);
}

// Nothing to wait for, so this is a plain function.
std::string parse_uptime(const std::string& output) {
  const std::string before = "uptime is ";
  return output.substr(output.find(before) + before.size());
}

rondo::Coroutine<std::string> get_and_parse(
    std::string host, std::chrono::seconds delay) {
  const std::string output = co_await get_output(host, delay);
  co_return parse_uptime(output);
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  std::map<std::string, rondo::Task<std::string>> tasks;
  tasks["r1"] = rondo::create_task(get_and_parse("r1", 3s));
  tasks["r2"] = rondo::create_task(get_and_parse("r2", 1s));
  tasks["r3"] = rondo::create_task(get_and_parse("r3", 2s));

  for (const auto& [host, task] : tasks) {
    const std::string uptime = co_await task;
    fmt::print("{} has been up for {}\n", host, uptime);
  }
  const Seconds elapsed = loop.time() - start;
  fmt::print("It took {:.1f} s\n", elapsed.count());
}

int main() {
  rondo::run(async_main());
}
