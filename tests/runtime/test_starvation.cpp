// A loop that always has something to run: the kernel, the timers and other threads must have their
// turn all the same. In real time, since virtual time stands still while something is ready.

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/gather.h>
#include <rondo/runtime/task.h>

#include "drivers.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// Keeps the loop busy until it is told to end. True if it was told in time: timers cannot be
/// trusted to end this.
class Flood {
 public:
  Coroutine<bool> run() {
    while (!ended_ && std::chrono::steady_clock::now() < give_up_)
      co_await sleep(0s);
    co_return ended_;
  }
  /// The same by callbacks, each of which asks for the next.
  void call_again(Loop& loop) {
    if (ended_ || std::chrono::steady_clock::now() >= give_up_) return;
    loop.call_soon([this, &loop] { call_again(loop); });
  }
  void end() noexcept { ended_ = true; }

 private:
  bool ended_ = false;
  const std::chrono::steady_clock::time_point give_up_ = std::chrono::steady_clock::now() + 20s;
};

Coroutine<void> echo_lines(StreamReader reader, StreamWriter writer, int count) {
  for (int i = 0; i < count; ++i)
    writer.write(co_await reader.readline());
}

TEST_CASE("[fault 48] tasks that never cease to be ready starve neither timers nor sockets") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const auto main = []() -> Coroutine<void> {
      Loop& loop = get_running_loop();
      Flood flood;
      std::vector<Task<bool>> flooding;
      for (int i = 0; i < 3; ++i)
        flooding.push_back(create_task(flood.run()));
      flood.call_again(loop);

      auto [mine, theirs] = socket_pair();
      auto [reader, writer] = stream_over(std::move(mine));
      auto [peer_reader, peer_writer] = stream_over(std::move(theirs));
      auto echo = create_task(echo_lines(peer_reader, peer_writer, 10));
      std::string received;
      for (int i = 0; i < 10; ++i) {
        co_await sleep(1ms);
        writer.write("line\n");
        received += co_await reader.readline();
      }
      co_await echo;
      flood.end();
      const std::vector<bool> told = co_await gather(flooding);
      CHECK(told == std::vector<bool>{true, true, true});
      CHECK(received.size() == 50);
    };
    run(main(), kind.options());
  }
}

TEST_CASE("[fault 48] calls from another thread arrive though the loop always has work") {
  run([]() -> Coroutine<void> {
    Loop& loop = get_running_loop();
    Flood flood;
    auto flooding = create_task(flood.run());
    std::thread caller([&] { loop.call_soon_threadsafe([&flood] { flood.end(); }); });
    const bool told = co_await flooding;
    caller.join();
    CHECK(told);
  }());
}

}  // namespace

TEST_SUITE_END();
