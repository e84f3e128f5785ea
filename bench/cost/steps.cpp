// Runs one of the runtime's steps so many times and ends. Under valgrind's callgrind, the
// instructions of 20,000 less those of 10,000 are those of 10,000 steps, whatever the machine.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <rondo/runtime/run.h>

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

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, rondo::Coroutine<> (*)(Times&)> rows{
      {"yield", steps::yield<Times>},
      {"await", steps::await<Times>},
      {"spawn_join", steps::spawn_join<Times>},
      {"queue", steps::queue<Times>},
      {"lock_handoff", steps::lock_handoff<Times>},
      {"lock_free", steps::lock_free<Times>},
      {"timer", steps::timer<Times>},
      {"wait_for", steps::wait_for<Times>},
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
