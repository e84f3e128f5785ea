// A semaphore: 500 connections are wanted, and never more than 20 are
// open at the same time.
//
//   ./dev run semaphore

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

struct Progress {
  rondo::TimePoint start = rondo::get_running_loop().time();
  int open = 0;  // connections at this moment
  int most = 0;  // the largest that `open` has been
  int done = 0;
};

// `places` and `progress` belong to async_main, which outlives this.
rondo::Coroutine<> connect(int number, rondo::Semaphore& places,
                           Progress& progress) {
  const auto place = co_await places.hold();

  ++progress.open;
  progress.most = std::max(progress.most, progress.open);
  co_await rondo::sleep(40ms + number % 7 * 20ms);
  --progress.open;

  ++progress.done;
  if (progress.done % 100 == 0) {
    const Seconds elapsed =
        rondo::get_running_loop().time() - progress.start;
    fmt::print("{} are done after {:.1f} s\n", progress.done,
               elapsed.count());
  }
}

rondo::Coroutine<> async_main() {
  rondo::Semaphore places(20);
  Progress progress;

  std::vector<rondo::Coroutine<>> connections;
  for (int number = 0; number < 500; ++number) {
    connections.push_back(connect(number, places, progress));
  }
  // With return_exceptions it waits for all, even when one fails.
  co_await rondo::gather(rondo::return_exceptions,
                         std::move(connections));
  fmt::print("Never more than {} at once\n", progress.most);
}

int main() {
  rondo::run(async_main());
}
