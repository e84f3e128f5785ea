// Subprocesses under load, abandoned, killed, deaf, and waited for by others.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/runtime.h>

#include "subprocess_fixture.h"
#include "virtual_run.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using rondo::testing::Reports;

/// Says SKIP for the test `what` when this program may not open so many descriptors.
bool too_few_descriptors(const char* what, rlim_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= wanted) return false;
  std::printf("SKIP %s: it needs %lu descriptors; raise ulimit -Hn\n", what,
              static_cast<unsigned long>(wanted));
  return true;
}

TEST_CASE("[fault 57] five hundred programs at once, each with its own answer") {
  constexpr rlim_t needed = 4096;
  if (too_few_descriptors("five hundred programs", needed)) return;
  const DescriptorLimit limit(needed);
  run_bounded(
      []() -> Coroutine<void> {
        std::vector<Coroutine<Process>> starting;
        for (int i = 0; i < 500; ++i)
          starting.push_back(create_subprocess_exec("cat", piped()));
        const std::vector<Process> all = co_await gather(std::move(starting));
        std::vector<Coroutine<std::pair<std::string, std::string>>> talks;
        for (std::size_t i = 0; i < all.size(); ++i) {
          CHECK_FALSE(all[i].returncode());
          talks.push_back(all[i].communicate(std::to_string(i)));
        }
        const auto answers = co_await gather(std::move(talks));
        for (std::size_t i = 0; i < all.size(); ++i) {
          CHECK(answers[i].first == std::to_string(i));
          CHECK(all[i].returncode() == 0);
        }
      },
      LoopOptions(), 120s);
  CHECK(no_child_left());
}

TEST_CASE("[fault 57] 64 MiB through a program and back, byte for byte, though we read slowly" *
          doctest::test_suite("heavy")) {
  static constexpr std::size_t total = 64 * 1024 * 1024;
  static constexpr std::size_t chunk = 60'000;
  const auto byte_at = [](std::size_t place) {
    return static_cast<char>((place * 2654435761U) >> 13);
  };
  run_bounded(
      [byte_at]() -> Coroutine<void> {
        const Process process = co_await create_subprocess_exec("cat", piped());
        const auto feed = [&]() -> Coroutine<void> {
          const StreamWriter to = process.stdin_();
          for (std::size_t place = 0; place < total;) {
            std::string bytes;
            bytes.reserve(chunk);
            for (; bytes.size() < chunk && place < total; ++place)
              bytes.push_back(byte_at(place));
            to.write(bytes);
            co_await to.drain();
            CHECK(to.transport()->get_write_buffer_size() <= 64 * 1024);
          }
          to.close();
        };
        auto feeding = create_task(feed());
        const StreamReader from = process.stdout_();
        std::mt19937 random(1);  // NOLINT: the same each time
        std::size_t received = 0;
        std::size_t wrong = 0;
        for (;;) {
          const std::string bytes = co_await from.read(1 + static_cast<int>(random() % chunk));
          if (bytes.empty()) break;
          for (const char byte : bytes)
            wrong += byte != byte_at(received++) ? 1 : 0;
          co_await let_run(static_cast<int>(random() % 3));
        }
        co_await feeding;
        const int code = co_await process.wait();
        CHECK(code == 0);
        CHECK(received == total);
        CHECK(wrong == 0);
      },
      LoopOptions(), 200s);
}

/// How much memory this process uses, in bytes.
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_CASE("[fault 57] a program that writes 256 MiB to a slow reader fills no memory" *
          doctest::test_suite("heavy")) {
  run_bounded(
      []() -> Coroutine<void> {
        const std::size_t before = resident_bytes();
        std::size_t most = before;
        const Process process =
            co_await create_subprocess_exec("head", "-c", "256M", "/dev/zero", captured());
        const StreamReader from = process.stdout_();
        std::vector<char> room(100'000);
        std::size_t received = 0;
        for (int i = 0;; ++i) {
          const std::size_t count = co_await from.readinto(room);
          if (count == 0) break;
          received += count;
          if (i % 100 == 0) {
            co_await sleep(1ms);
            most = std::max(most, resident_bytes());
          }
        }
        CHECK(received == 256 * 1024 * 1024);
        // (AddressSanitizer keeps for a while what was freed.)
        if (detail::pooling) CHECK(most - before < 16 * 1024 * 1024);
      },
      LoopOptions(), 200s);
}

TEST_CASE("[fault 57] a program that is deaf to SIGTERM is killed when its grace is over") {
  run_bounded([]() -> Coroutine<void> {
    const Process process = co_await create_subprocess_shell(
        "trap '' TERM; echo ready; while :; do sleep 0.01; done", captured());
    const std::string ready = co_await process.stdout_().readline();
    CHECK(ready == "ready\n");
    process.terminate();
    const auto late = co_await thrown_by<TimeoutError>(wait_for(process.wait(), 100ms));
    CHECK(late);
    CHECK_FALSE(process.returncode());
    process.kill();
    const int code = co_await process.wait();
    CHECK(code == -SIGKILL);
  });
}

TEST_CASE("a program that somebody else has waited for has ended with 255, and that is reported") {
  run_bounded([]() -> Coroutine<void> {
    Reports reports(get_running_loop());
    const Process process = co_await create_subprocess_exec("sleep", "1000");
    ::kill(process.pid(), SIGKILL);
    ::waitpid(process.pid(), nullptr, 0);
    const int code = co_await process.wait();
    CHECK(code == 255);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message.find(std::to_string(process.pid()) + " (sleep)") != std::string::npos);
    CHECK_THROWS_AS(process.kill(), ProcessLookupError);

    // Where SIGCHLD is ignored nobody can wait for a child.
    const auto before = ::signal(SIGCHLD, SIG_IGN);
    const std::string output = co_await output_of(create_subprocess_exec("echo", "hi", captured()));
    CHECK(output == "hi\n");
    const int unknown = co_await code_of(create_subprocess_exec("false"));
    CHECK(unknown == 255);
    ::signal(SIGCHLD, before);
    CHECK(reports.size() == 3);
  });
}

TEST_CASE("children of other parts of the program are left to them") {
  run_bounded([]() -> Coroutine<void> {
    const pid_t theirs = ::fork();
    REQUIRE(theirs >= 0);
    if (theirs == 0) ::_exit(3);
    const Process ours = co_await create_subprocess_exec("true");
    co_await ours.wait();
    int status = 0;
    CHECK(::waitpid(theirs, &status, 0) == theirs);
    CHECK(WEXITSTATUS(status) == 3);
  });
}

TEST_CASE(
    "a hundred children that end at once, and a handler of SIGCHLD, are no trouble [fault 53]") {
  run_bounded([]() -> Coroutine<void> {
    int told = 0;
    get_running_loop().add_signal_handler(SIGCHLD, [&told] { ++told; });
    std::vector<Coroutine<int>> all;
    for (int i = 0; i < 100; ++i)
      all.push_back(code_of(create_subprocess_exec("true")));
    const std::vector<int> codes = co_await gather(std::move(all));
    CHECK(std::ranges::count(codes, 0) == 100);
    CHECK(told > 0);
  });
}

TEST_CASE("no descriptor is left for a program: an error, and all goes on once there is one") {
  if (sanitizer_needs_descriptors("no descriptor is left for a program")) return;
  run_bounded([]() -> Coroutine<void> {
    co_await code_of(create_subprocess_exec("true"));  // the thread exists by now
    int refused = 0;
    for (rlim_t room = 0; room < 12; ++room) {
      FileDescriptor probe(::dup(0));
      const auto lowest_free = static_cast<rlim_t>(probe.get());
      probe = FileDescriptor();
      const DescriptorLimit limit(lowest_free + room);
      const auto error =
          co_await thrown_by<OSError>(output_of(create_subprocess_exec("cat", piped())));
      if (error) {
        ++refused;
        CHECK(error->code().value() == EMFILE);
      }
      CHECK(no_child_left());
    }
    CHECK((refused > 3 && refused < 12));
  });
}

/// All that one can do with a process, one thing after the other.
Coroutine<void> live_a_life() {
  const Process cat = co_await create_subprocess_exec("cat", piped());
  const StreamWriter to = cat.stdin_();
  to.write(std::string(300'000, 'x'));
  auto draining = create_task(to.drain());
  const std::string some = co_await cat.stdout_().readexactly(1000);
  co_await draining;
  const auto [output, errors] = co_await cat.communicate("more");
  CHECK(some.size() + output.size() == 300'004);
  const Process deaf = co_await create_subprocess_shell("exit 5");
  const int code = co_await deaf.wait();
  CHECK(code == 5);
}

TEST_CASE("[fault 57] whenever a task with programs is cancelled, none is left, and no descriptor" *
          doctest::test_suite("heavy")) {
  run_bounded(
      []() -> Coroutine<void> {
        std::mt19937 random(1);  // NOLINT: the same each time
        int in_time = 0;
        for (int round = 0; round < 1000; ++round) {
          auto life = create_task(live_a_life());
          if (round % 2 == 0) {
            co_await let_run(static_cast<int>(random() % 60));
          } else {
            co_await sleep(std::chrono::microseconds(random() % 6000));
          }
          life.cancel();
          const auto cancelled = co_await thrown_by<CancelledError>(life);
          if (cancelled) ++in_time;
          if (round % 50 == 0) co_await until(no_child_left);
        }
        CHECK(in_time > 100);
        co_await until(no_child_left);
      },
      LoopOptions(), 250s);
}

TEST_CASE("[fault 57] a creation that waits for a thread is called off at once") {
  run_bounded([]() -> Coroutine<void> {
    // A thread is all there is, and it is busy.
    const auto executor = std::make_shared<ThreadPoolExecutor>(1);
    get_running_loop().set_default_executor(executor);
    std::atomic<bool> go_on{false};
    auto busy = create_task(to_thread([](std::atomic<bool>* stop) { stop->wait(false); }, &go_on));
    co_await let_run(3);
    auto starting = create_task(create_subprocess_exec("sleep", "1000", piped()));
    co_await let_run(3);
    starting.cancel();
    const auto cancelled = co_await thrown_by<CancelledError>(starting);
    CHECK(cancelled);
    CHECK_FALSE(busy.done());
    go_on = true;
    go_on.notify_all();
    co_await busy;
    CHECK(no_child_left());
  });
}

TEST_CASE("on the virtual clock a program takes the time that it takes") {
  run_bounded(
      []() -> Coroutine<void> {
        const Process process = co_await create_subprocess_exec("sleep", "0.02");
        const int code = co_await wait_for(process.wait(), 1h);
        CHECK(code == 0);
      },
      virtual_time(), 7200s);
}

TEST_CASE("a loop that is closed by hand kills and waits for what runs on it") {
  Loop loop;
  auto starting = loop.run_until_complete(create_subprocess_exec("sleep", "1000"));
  // Another one is being started, by a thread, when the loop closes.
  const auto half_way = create_task_on(loop, create_subprocess_exec("sleep", "1000", piped()));
  loop.run_until_complete(let_run(2));
  CHECK_FALSE(no_child_left());
  loop.set_exception_handler([](Loop&, const ExceptionContext&) {});  // "destroyed but pending"
  loop.close();
  CHECK(no_child_left());
  CHECK(starting.returncode() == -SIGKILL);
}

}  // namespace

TEST_SUITE_END();
