// A library that blocks gets threads of its own, and a semaphore lets
// only two tasks at a time in.
//
//   ./dev run executor_semaphore

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

// Stands for a library that knows nothing of event loops.
std::string get_config(const std::string& host) {
  std::this_thread::sleep_for(50ms);
  return "hostname " + host;
}

struct Sessions {
  rondo::ThreadPoolExecutor& pool;
  rondo::Semaphore places{2};
  int open = 0;  // at this moment
  int most = 0;  // the largest that `open` has been
};

// `sessions` belongs to async_main, which outlives this.
rondo::Coroutine<std::string> ask(std::string host,
                                  Sessions& sessions) {
  const auto place = co_await sessions.places.hold();
  ++sessions.open;
  sessions.most = std::max(sessions.most, sessions.open);

  auto& loop = rondo::get_running_loop();
  auto call = loop.run_in_executor(&sessions.pool, get_config, host);
  const std::string config = co_await call;

  --sessions.open;
  co_return config;
}

rondo::Coroutine<> async_main(rondo::ThreadPoolExecutor& pool) {
  Sessions sessions{pool};
  std::vector<rondo::Coroutine<std::string>> questions;
  for (int number = 1; number <= 6; ++number) {
    questions.push_back(ask(fmt::format("r{}", number), sessions));
  }
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(questions));
  for (const auto& outcome : outcomes) {
    fmt::print("{}\n", outcome.value());
  }
  fmt::print("Never more than {} at once\n", sessions.most);
}

int main() {
  rondo::ThreadPoolExecutor pool(4);
  rondo::run(async_main(pool));
}
