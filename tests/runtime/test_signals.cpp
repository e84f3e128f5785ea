#include <chrono>
#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/runtime.h>
#include <rondo/runtime/keyboard_interrupt.h>

TEST_SUITE_BEGIN("real kernel");

// doctest handles SIGINT and SIGTERM itself, so what `run` does about them is tried in a child.

namespace rondo {

namespace {

using namespace std::chrono_literals;

/// What a forked child's `wait` status is after it has run `work`.
template <class Work>
int status_of_child(Work work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    // What it throws must not reach the test program, which would catch it.
    try {
      work();
    } catch (...) {
      std::terminate();
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

Coroutine<void> raise_and_wait(int signal_number) {
  ::kill(::getpid(), signal_number);
  co_await sleep(1h);
}

}  // namespace

TEST_CASE("a signal handler runs on the loop, once for a signal, and can be removed [case 163]") {
  int calls = 0;
  run(
      [](int& count) -> Coroutine<void> {
        Loop& loop = get_running_loop();
        Event came;
        loop.add_signal_handler(SIGUSR1, [&] {
          ++count;
          came.set();
        });
        ::kill(::getpid(), SIGUSR1);
        co_await came.wait();
        CHECK(count == 1);
        CHECK(loop.remove_signal_handler(SIGUSR1));
        CHECK(!loop.remove_signal_handler(SIGUSR1));
      },
      std::ref(calls));
  CHECK(calls == 1);
}

TEST_CASE("a second handler takes the first one's place") {
  std::string called;
  run(
      [](std::string& who) -> Coroutine<void> {
        Loop& loop = get_running_loop();
        Event came;
        loop.add_signal_handler(SIGUSR1, [&] { who += "first"; });
        loop.add_signal_handler(SIGUSR1, [&] {
          who += "second";
          came.set();
        });
        ::kill(::getpid(), SIGUSR1);
        co_await came.wait();
      },
      std::ref(called));
  CHECK(called == "second");
}

TEST_CASE("numbers that are no signal, and signals that cannot be caught, are refused [case 163]") {
  Loop loop;
  for (const int wrong : {0, -1, NSIG + 1}) {
    CHECK_THROWS_AS(loop.add_signal_handler(wrong, [] {}), ValueError);
  }
  CHECK_THROWS_AS(loop.add_signal_handler(SIGKILL, [] {}), RuntimeError);
  CHECK_THROWS_AS(loop.add_signal_handler(SIGSTOP, [] {}), RuntimeError);
}

TEST_CASE("closing the loop gives a signal back to whoever had it") {
  struct sigaction before{};
  ::sigaction(SIGUSR2, nullptr, &before);
  {
    Loop loop;
    loop.add_signal_handler(SIGUSR2, [] {});
  }
  struct sigaction after{};
  ::sigaction(SIGUSR2, nullptr, &after);
  const bool same = before.sa_handler == after.sa_handler;
  CHECK(same);
}

TEST_CASE("Ctrl-C cancels the main task, and run throws KeyboardInterrupt [case 171]") {
  for (const int signal_number : {SIGINT, SIGTERM}) {
    const int status = status_of_child([signal_number] {
      try {
        run(raise_and_wait(signal_number));
      } catch (const KeyboardInterrupt& interrupt) {
        ::_exit(interrupt.signal_number() == signal_number ? 7 : 8);
      }
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
  }
}

TEST_CASE(
    "a main task that is cancelled by somebody else too ends with CancelledError [case 171]") {
  const int status = status_of_child([] {
    try {
      run([]() -> Coroutine<void> {
        AnyTask main = current_task();
        get_running_loop().call_soon([main]() mutable { main.cancel(); });
        co_await raise_and_wait(SIGINT);
      });
    } catch (const CancelledError&) {
      ::_exit(7);
    } catch (const KeyboardInterrupt&) {
      ::_exit(8);
    }
  });
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE(
    "a KeyboardInterrupt that nobody catches ends the process as the signal would [case 171]") {
  const int status = status_of_child([] { run(raise_and_wait(SIGINT)); });
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("a second Ctrl-C ends a program that does not want to end") {
  const int status = status_of_child([] {
    run([]() -> Coroutine<void> {
      for (int i = 0; i < 2; ++i) {
        try {
          co_await raise_and_wait(SIGINT);
        } catch (const CancelledError&) {
          continue;  // never mind
        }
      }
    });
  });
  CHECK(WIFSIGNALED(status));
}

}  // namespace rondo

TEST_SUITE_END();
