// rondo: a task for each session, and one that only wants to run every millisecond, which shows how
// long a handshake holds the loop up.
//
//   ssh-rondo --port PORT --sessions N

#include <algorithm>
#include <chrono>
#include <vector>

#include <rondo/ssh.h>

#include "measure.h"

namespace {

using namespace std::chrono_literals;
namespace ssh = rondo::ssh;

rondo::Coroutine<> talk(const Run& run) {
  ssh::Options options;
  options.port = run.port;
  options.username = USERNAME;
  options.password = PASSWORD;
  options.host_key_policy = ssh::HostKeyPolicy::insecure;
  options.connect_timeout = 120s;
  options.login_timeout = 120s;
  const ssh::Connection connection = co_await ssh::connect("127.0.0.1", options);
  auto [writer, reader, errors] = co_await connection.open_session("dumb", ssh::TermSize(80, 24));
  co_await reader.readuntil(std::string(1, PROMPT));
  writer.write(COMMAND);
  co_await reader.readuntil(std::string(1, PROMPT));
  connection.close();
  co_await connection.wait_closed();
}

/// The longest that a sleep of a millisecond was late, in milliseconds.
rondo::Coroutine<> watch_the_loop(double& held_ms) {
  for (;;) {
    const std::uint64_t before = read_clock(CLOCK_MONOTONIC);
    co_await rondo::sleep(1ms);
    const std::uint64_t taken = read_clock(CLOCK_MONOTONIC) - before;
    held_ms = std::max(held_ms, static_cast<double>(taken) / 1e6 - 1);
  }
}

rondo::Coroutine<> async_main(Run& run) {
  double held_ms = 0;
  begin(&run);
  auto heartbeat = rondo::create_task(watch_the_loop(held_ms));
  std::vector<rondo::Task<>> tasks;
  tasks.reserve(run.sessions);
  for (std::size_t i = 0; i < run.sessions; ++i)
    tasks.push_back(rondo::create_task(talk(run)));
  for (const rondo::Task<>& task : tasks)
    co_await task;
  heartbeat.cancel();
  finish(&run, held_ms);
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("rondo", argc, argv);
  rondo::run(async_main(run));
}
