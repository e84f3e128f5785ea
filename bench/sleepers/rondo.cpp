// rondo: a task for each sleeper; the last one that wakes tells.
//
//   sleepers-rondo N [--seconds 2]

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <rondo/runtime.h>

#include "measure.h"

namespace {

Run run;
rondo::Event all_awake;

rondo::Coroutine<> sleeper() {
  const std::uint64_t delay = next_delay(&run);
  const std::uint64_t deadline = now() + delay;
  co_await rondo::sleep(std::chrono::nanoseconds(delay));
  woke(&run, deadline, now());
  if (run.woken == run.n) all_awake.set();
}

rondo::Coroutine<> async_main() {
  begin(&run);
  for (std::size_t i = 0; i < run.n; ++i) {
    rondo::create_task(sleeper());
    // As in any long computation on a loop: the others have to have their turn.
    if (i % 1000 == 999) co_await rondo::sleep(std::chrono::seconds(0));
  }
  co_await all_awake.wait();
  finish(&run);
}

}  // namespace

int main(int argc, char** argv) {
  run = read_command_line("rondo", argc, argv, nullptr, nullptr);
  rondo::run(async_main());
}
