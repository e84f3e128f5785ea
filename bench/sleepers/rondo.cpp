// rondo: a task for each sleeper, and one that awaits them all.
//
//   sleepers-rondo N [--seconds 2]

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <rondo/runtime.h>

#include "measure.h"

namespace {

Run run;

rondo::Coroutine<> sleeper() {
  const std::uint64_t delay = next_delay(&run);
  const std::uint64_t deadline = now() + delay;
  co_await rondo::sleep(std::chrono::nanoseconds(delay));
  woke(&run, deadline, now());
}

// A vector is the cheapest way to hold them: a TaskGroup or a gather keep something of their own
// for each, to notice which of them fails first.
rondo::Coroutine<> async_main() {
  begin(&run);
  std::vector<rondo::Task<>> tasks;
  tasks.reserve(run.n);
  for (std::size_t i = 0; i < run.n; ++i) {
    tasks.push_back(rondo::create_task(sleeper()));
    // As in any long computation on a loop: the others have to have their turn.
    if (i % 1000 == 999) co_await rondo::sleep(std::chrono::seconds(0));
  }
  for (const rondo::Task<>& task : tasks)
    co_await task;
  finish(&run);
}

}  // namespace

int main(int argc, char** argv) {
  run = read_command_line("rondo", argc, argv, nullptr, nullptr);
  rondo::run(async_main());
}
