#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime.h>
#include <rondo/runtime/run_coroutine_threadsafe.h>

TEST_SUITE_BEGIN("real kernel");

// Calls from other threads. These run in real time, since the virtual clock knows of no threads;
// nothing here depends on how fast they are.

namespace rondo {

namespace {

using namespace std::chrono_literals;

Coroutine<int> doubled(int value) {
  co_await sleep(1ms);
  co_return 2 * value;
}

Coroutine<int> failing() {
  co_await sleep(0s);
  throw ValueError("no value");
}

Coroutine<int> sleeping(bool& cancelled) {
  try {
    co_await sleep(1h);
  } catch (const CancelledError&) {
    cancelled = true;
    throw;
  }
  co_return 0;
}

/// Runs `work(loop)` on another thread while the loop runs, and joins it.
template <class Work>
void run_beside(Work work) {
  run(
      [](Work beside) -> Coroutine<void> {
        Loop& loop = get_running_loop();
        Event ended;
        std::thread thread([&] {
          beside(loop);
          loop.call_soon_threadsafe([&ended] { ended.set(); });
        });
        co_await ended.wait();
        thread.join();
      },
      std::move(work));
}

}  // namespace

TEST_CASE("a call from another thread wakes a loop that sleeps [case 160]") {
  std::thread::id called_on;
  run_beside([&called_on](Loop& loop) {
    loop.call_soon_threadsafe([&called_on](int) { called_on = std::this_thread::get_id(); }, 1);
  });
  CHECK(called_on == std::this_thread::get_id());
}

TEST_CASE("no call of four threads is lost, and each thread's keep their order [fault 51]") {
  constexpr int threads = 4;
  constexpr int calls = 20'000;
  std::vector<int> next(threads, 0);
  bool in_order = true;
  run_beside([&](Loop& loop) {
    std::vector<std::thread> posters;
    for (int t = 0; t < threads; ++t) {
      posters.emplace_back([&, t] {
        for (int i = 0; i < calls; ++i) {
          loop.call_soon_threadsafe([&, t, i] {
            int& expected = next[static_cast<std::size_t>(t)];
            in_order = in_order && expected == i;
            ++expected;
          });
        }
      });
    }
    for (std::thread& poster : posters)
      poster.join();
  });
  CHECK(in_order);
  CHECK(next == std::vector<int>(threads, calls));
}

TEST_CASE("a closed loop takes no calls") {
  Loop loop;
  loop.close();
  CHECK_THROWS_AS(loop.call_soon_threadsafe([] {}), RuntimeError);
}

TEST_CASE("a coroutine for a loop on another thread gives its value there [case 173]") {
  int result = 0;
  run_beside(
      [&result](Loop& loop) { result = run_coroutine_threadsafe(doubled(21), loop).result(); });
  CHECK(result == 42);
}

TEST_CASE("its exception is thrown there [case 173]") {
  std::string text;
  run_beside([&text](Loop& loop) {
    try {
      run_coroutine_threadsafe(failing(), loop).result();
    } catch (const ValueError& error) {
      text = error.what();
    }
  });
  CHECK(text == "no value");
}

TEST_CASE("waiting for it can time out, and then it can be cancelled [case 173]") {
  bool timed_out = false;
  bool cancelled = false;
  bool cancelled_in_coroutine = false;
  run_beside([&](Loop& loop) {
    const auto future = run_coroutine_threadsafe(sleeping(cancelled_in_coroutine), loop);
    try {
      future.result(10ms);
    } catch (const TimeoutError&) {
      timed_out = true;
    }
    CHECK(!future.done());
    CHECK(future.cancel());
    CHECK(!future.cancel());
    try {
      future.result();
    } catch (const CancelledError&) {
      cancelled = true;
    }
  });
  CHECK(timed_out);
  CHECK(cancelled);
  CHECK(cancelled_in_coroutine);
}

TEST_CASE("a coroutine handed to a loop that closes before it can run is cancelled") {
  Loop loop;
  const auto future = run_coroutine_threadsafe(doubled(1), loop);
  loop.close();
  CHECK(future.done());
  CHECK_THROWS_AS(future.result(), CancelledError);
}

TEST_CASE("debug mode refuses an unsafe call from the wrong thread [case 160]") {
  std::string text;
  run_beside([&text](Loop& loop) {
    loop.set_debug(true);
    try {
      loop.call_soon([] {});
    } catch (const RuntimeError& error) {
      text = error.what();
    }
    loop.set_debug(false);
  });
  CHECK(text.find("Non-thread-safe operation") != std::string::npos);
}

}  // namespace rondo

TEST_SUITE_END();
