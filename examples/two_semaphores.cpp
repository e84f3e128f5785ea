// Two limits at once: connections altogether, and those through one
// jump host.
//
//   ./dev run two_semaphores

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

// A semaphore that keeps count.
struct Limit {
  explicit Limit(int places) : semaphore(places) {}

  rondo::Semaphore semaphore;
  int open = 0;  // at this moment
  int most = 0;  // the largest that `open` has been
};

// Stands for a connection.
rondo::Coroutine<> ask() {
  co_await rondo::sleep(100ms);
}

// The limits belong to async_main, which outlives this.
rondo::Coroutine<> ask_in_turn(Limit& limit) {
  const auto place = co_await limit.semaphore.hold();
  limit.most = std::max(limit.most, ++limit.open);
  co_await ask();
  --limit.open;
}

// First the rarer place: who waits for it must not keep another from
// the rest of the network.
rondo::Coroutine<> ask_through_jump_host(Limit& all, Limit& jump_host) {
  const auto place = co_await jump_host.semaphore.hold();
  jump_host.most = std::max(jump_host.most, ++jump_host.open);
  co_await ask_in_turn(all);
  --jump_host.open;
}

rondo::Coroutine<> async_main() {
  Limit all(10);
  Limit jump_host(2);

  std::vector<rondo::Coroutine<>> questions;
  for (int i = 0; i < 20; ++i) {
    questions.push_back(ask_through_jump_host(all, jump_host));
    questions.push_back(ask_in_turn(all));
    questions.push_back(ask_in_turn(all));
  }
  co_await rondo::gather(std::move(questions));
  fmt::print("never more than {} connections\n", all.most);
  fmt::print("never more than {} through the jump host\n",
             jump_host.most);
}

int main() {
  rondo::run(async_main());
}
