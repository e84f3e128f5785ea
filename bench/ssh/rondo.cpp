// rondo: a task for each session. With `--watch yes` there is one more, which only wants to run
// every millisecond, and shows how long a handshake holds the loop up.
//
//   ssh-rondo --port PORT --sessions N [--kex NAME] [--watch yes]

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include <libssh2.h>

#include <rondo/ssh.h>

#include "measure.h"

namespace {

using namespace std::chrono_literals;
namespace ssh = rondo::ssh;

ssh::Options options_for(const Run& run) {
  ssh::Options options;
  options.port = run.port;
  options.username = USERNAME;
  options.password = PASSWORD;
  options.host_key_policy = ssh::HostKeyPolicy::insecure;
  options.kex_algs = run.key_exchange;
  options.server_host_key_algs = HOST_KEY;
  options.encryption_algs = CIPHER;
  options.mac_algs = MAC;
  options.connect_timeout = 120s;
  options.login_timeout = 120s;
  return options;
}

rondo::Coroutine<> talk(const ssh::Options& options, rondo::Barrier& all_here) {
  const ssh::Connection connection = co_await ssh::connect("127.0.0.1", options);
  auto [writer, reader, errors] = co_await connection.open_session("dumb", ssh::TermSize(80, 24));
  co_await reader.readuntil(std::string(1, PROMPT));
  co_await all_here.wait();
  writer.write(COMMAND);
  co_await reader.readuntil(std::string(1, PROMPT));
  connection.close();
  co_await connection.wait_closed();
}

/// The longest that a sleep of a millisecond was late, in milliseconds: by the clock, which counts
/// what other programs did with the processor too, and by what this thread has computed meanwhile.
/// Negative when nobody has watched.
struct Held {
  double by_clock = -1;
  double by_thread = -1;
};

rondo::Coroutine<> watch_the_loop(Held& held) {
  for (;;) {
    const std::uint64_t before = read_clock(CLOCK_MONOTONIC);
    const std::uint64_t computed_before = read_clock(CLOCK_THREAD_CPUTIME_ID);
    co_await rondo::sleep(1ms);
    const std::uint64_t taken = read_clock(CLOCK_MONOTONIC) - before;
    const std::uint64_t computed = read_clock(CLOCK_THREAD_CPUTIME_ID) - computed_before;
    held.by_clock = std::max(held.by_clock, static_cast<double>(taken) / 1e6 - 1);
    held.by_thread = std::max(held.by_thread, static_cast<double>(computed) / 1e6 - 1);
  }
}

rondo::Coroutine<> async_main(Run& run, const ssh::Options& options) {
  Held held;
  std::optional<rondo::Task<>> heartbeat;
  if (run.watch != 0) heartbeat = rondo::create_task(watch_the_loop(held));
  rondo::Barrier all_here(run.sessions);
  std::vector<rondo::Task<>> tasks;
  tasks.reserve(run.sessions);
  for (std::size_t i = 0; i < run.sessions; ++i)
    tasks.push_back(rondo::create_task(talk(options, all_here)));
  for (const rondo::Task<>& task : tasks)
    co_await task;
  if (heartbeat) heartbeat->cancel();
  finish(&run, held.by_clock, held.by_thread);
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("rondo", argc, argv);
  // What the peers do before their clocks start. Making a loop is counted, as with them.
  libssh2_init(0);
  const ssh::Options options = options_for(run);
  begin(&run);
  rondo::run(async_main(run, options));
}
