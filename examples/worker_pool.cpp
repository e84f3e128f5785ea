// Three workers share the devices of a queue.
//
//   ./dev run worker_pool

#include <exception>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "ask_device.h"

using Work = rondo::Queue<devices::Options>;
using Results = std::map<std::string, std::string>;

// Goes on until it is cancelled. `work` and `results` belong to
// async_main, which outlives it.
rondo::Coroutine<> worker(Work& work, Results& results) {
  while (true) {
    const devices::Options options = co_await work.get();
    try {
      const std::string text = co_await ask(options, "show version");
      results[options.peer()] =
          text.substr(0, text.find_first_of(",\n"));
    } catch (const std::exception& error) {
      results[options.peer()] = error.what();
    }
    work.task_done();
  }
}

rondo::Coroutine<> async_main() {
  Work work;
  Results results;
  for (const devices::Options& options : load_options("network.yaml")) {
    work.put_nowait(options);
  }

  std::vector<rondo::Task<void>> workers;
  for (int i = 0; i < 3; ++i) {
    workers.push_back(rondo::create_task(worker(work, results)));
  }
  co_await work.join();  // until task_done was called for each
  for (auto& task : workers) {
    task.cancel();
  }

  for (const auto& [peer, text] : results) {
    fmt::print("{}: {}\n", peer, text);
  }
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
