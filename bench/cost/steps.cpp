// Runs one of the runtime's steps so many times and ends. Under valgrind's callgrind, the
// instructions of 20,000 less those of 10,000 are those of 10,000 steps, whatever the machine.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <rondo/runtime/run.h>
#include <rondo/runtime/wait_for.h>

#include "../steps/rondo_rows.h"

namespace {

/// Counts as Google Benchmark does.
class Times {
 public:
  explicit Times(long left) noexcept : left_(left) {}
  bool KeepRunning() noexcept { return KeepRunningBatch(1); }
  bool KeepRunningBatch(long count) noexcept {
    if (left_ <= 0) return false;
    left_ -= count;
    return true;
  }

 private:
  long left_;
};

/// Arms and disarms a timer while 10,000 others are armed.
rondo::Coroutine<> timer(Times& times) {
  rondo::Loop& loop = rondo::get_running_loop();
  std::vector<rondo::TimerHandle> others;
  for (int i = 0; i < 10'000; ++i)
    others.push_back(loop.call_later(std::chrono::hours(1) + std::chrono::seconds(i), [] {}));
  const rondo::TimePoint soon = loop.time() + std::chrono::minutes(1);
  while (times.KeepRunning())
    loop.call_at(soon, [] {}).cancel();
  for (rondo::TimerHandle& other : others)
    other.cancel();
  co_return;
}

rondo::Coroutine<int> at_once() {
  co_return 1;
}

/// A time-out around what needs none.
rondo::Coroutine<> wait_for(Times& times) {
  while (times.KeepRunning()) {
    const int value = co_await rondo::wait_for(at_once(), std::chrono::seconds(10));
    steps::use(value);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, rondo::Coroutine<> (*)(Times&)> rows{
      {"yield", steps::yield<Times>},
      {"await", steps::await<Times>},
      {"spawn_join", steps::spawn_join<Times>},
      {"queue", steps::queue<Times>},
      {"lock_handoff", steps::lock_handoff<Times>},
      {"lock_free", steps::lock_free<Times>},
      {"timer", timer},
      {"wait_for", wait_for},
  };
  if (argc != 3 || !rows.contains(argv[1])) {
    std::fprintf(stderr, "usage: %s ROW TIMES\nROW is one of:", argv[0]);
    for (const auto& [name, row] : rows)
      std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  Times times(std::atol(argv[2]));
  rondo::run(rows.at(argv[1])(times));
  return 0;
}
