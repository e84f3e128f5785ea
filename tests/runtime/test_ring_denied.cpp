// What becomes of a program that the kernel grants no ring, or a smaller one, or that forks. Each
// of these runs in a forked child, which may be crippled at will.

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <grp.h>
#include <sys/resource.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/task.h>

#include "counted_operation.h"
#include "deny_io_uring.h"
#include "drivers.h"
#include "environment.h"
#include "in_child.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;

constexpr std::size_t npos = std::string::npos;

Coroutine<int> forty_two() {
  co_await sleep(std::chrono::milliseconds(1));
  co_return 42;
}

std::string run_something() {
  return std::to_string(run(forty_two()));
}

void set_limit(__rlimit_resource resource, rlim_t value) {
  const rlimit limit{value, value};
  if (::setrlimit(resource, &limit) != 0) throw_os_error(errno, "setrlimit");
}

/// Becomes a user whose locked memory nobody else is charged for.
void become_a_nobody() {
  const auto user = static_cast<uid_t>(100000 + ::getpid());
  if (::setgroups(0, nullptr) != 0 || ::setgid(user) != 0 || ::setuid(user) != 0) {
    throw_os_error(errno, "setuid");
  }
}

TEST_CASE("a child that is not crippled runs") {
  const ChildReport report = in_child(run_something);
  CHECK_FALSE(report.failed);
  CHECK(report.text == "42");
}

/// What becomes of two programs in a process to whom io_uring is denied: what they print, and the
/// way to the kernel that they had.
ChildReport without_io_uring(int error_number, const char* driver) {
  return in_child([error_number, driver] {
    deny_io_uring(error_number);
    const Environment chosen("RONDO_DRIVER", driver);
    const std::string results = run_something() + run_something();
    return results + ", " + Loop().driver().features();
  });
}

/// The lines of a report that speak of epoll instead of io_uring.
std::size_t warnings(const ChildReport& report) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = report.text.find("rondo: going on over epoll", at)) != npos; ++at)
    ++count;
  return count;
}

// A child of a program that has said it already does not say it again.
std::size_t warnings_expected() {
  return io_uring_is_missing() ? 0 : 1;
}

TEST_CASE(
    "[fault 1] where a filter denies io_uring, the loop goes on over epoll, and one line says "
    "why") {
  const ChildReport report = without_io_uring(EPERM, "");
  CAPTURE(report.text);
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "4242, epoll"));
  CHECK(warnings(report) == warnings_expected());
  if (warnings_expected() == 0) return;
  CHECK(contains(report.text, "seccomp"));
  CHECK(contains(report.text, "profile"));
  CHECK(contains(report.text, "RONDO_DRIVER=epoll"));
}

TEST_CASE("[fault 2] where the kernel lacks io_uring, the line says which kernel has it") {
  const ChildReport report = without_io_uring(ENOSYS, "");
  CAPTURE(report.text);
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "4242, epoll"));
  CHECK(warnings(report) == warnings_expected());
  if (warnings_expected() == 0) return;
  CHECK(contains(report.text, "kernel lacks io_uring"));
  CHECK(contains(report.text, "needs Linux 5.11"));
}

TEST_CASE("[fault 1] [fault 2] who asks for io_uring by name gets it, or an error, and no epoll") {
  const ChildReport denied = without_io_uring(EPERM, "uring");
  CAPTURE(denied.text);
  CHECK(denied.failed);
  CHECK(contains(denied.text, "io_uring could not be set up"));
  CHECK(contains(denied.text, "seccomp"));
  CHECK(contains(denied.text, "Operation not permitted"));
  CHECK(warnings(denied) == 0);

  const ChildReport missing = without_io_uring(ENOSYS, "uring");
  CAPTURE(missing.text);
  CHECK(missing.failed);
  CHECK(contains(missing.text, "kernel lacks io_uring"));
  CHECK(contains(missing.text, "Function not implemented"));
}

TEST_CASE("who asks for epoll by name gets it, and no line about io_uring") {
  const ChildReport report = without_io_uring(EPERM, "epoll");
  CAPTURE(report.text);
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "4242, epoll"));
  CHECK(warnings(report) == 0);
}

TEST_CASE(
    "[fault 3] under a small limit of locked memory the ring is smaller, or the error tells") {
  if (::geteuid() != 0) {
    std::puts("SKIP [fault 3]: to be another user takes root");
    return;
  }
  if (skip_without_ring("[fault 3]")) return;
  const ChildReport small = in_child([] {
    set_limit(RLIMIT_MEMLOCK, 20 * 1024);
    become_a_nobody();
    std::string features;
    LoopOptions options;
    options.make_driver = [&features] {
      auto ring = std::make_unique<Ring>();
      features = ring->features();
      return ring;
    };
    const int result = run(forty_two(), options);
    return features + "; " + std::to_string(result);
  });
  CAPTURE(small.text);
  CHECK_FALSE(small.failed);
  if (contains(small.text, "256 entries")) {
    std::puts("SKIP [fault 3]: this kernel does not charge rings as locked memory");
    return;
  }
  CHECK((contains(small.text, "128 entries") || contains(small.text, "64 entries")));
  CHECK(contains(small.text, "; 42"));

  const ChildReport none = in_child([] {
    set_limit(RLIMIT_MEMLOCK, 0);
    become_a_nobody();
    const Environment any_driver("RONDO_DRIVER", "");
    return run_something();
  });
  CAPTURE(none.text);
  CHECK(none.failed);
  CHECK(contains(none.text, "ulimit -l"));
  CHECK(warnings(none) == 0);  // too little memory is an error, and epoll is no way round it
}

TEST_CASE("[fault 4] five hundred rings in a row find their locked memory given back") {
  if (::geteuid() != 0) {
    std::puts("SKIP [fault 4]: to be another user takes root");
    return;
  }
  if (skip_without_ring("[fault 4]")) return;
  const ChildReport report = in_child([] {
    set_limit(RLIMIT_MEMLOCK, 8 * 1024 * 1024);
    become_a_nobody();
    std::string features;
    for (int i = 0; i < 500; ++i)
      features = Ring().features();
    return features;
  });
  CAPTURE(report.text);
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "entries"));
}

TEST_CASE("[fault 5] with no descriptor left the loop is not made, and the error says so") {
  if (sanitizer_needs_descriptors("[fault 5]")) return;
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const ChildReport report = in_child([&kind] {
      const DescriptorLimit none(0);
      return std::to_string(run(forty_two(), kind.options()));
    });
    CAPTURE(report.text);
    CHECK(report.failed);
    CHECK(contains(report.text, "ulimit -n"));
    CHECK(contains(report.text, "Too many open files"));
  }
}

void expect_refusal(const std::function<void()>& use) {
  const ChildReport report = in_child([&use]() -> std::string {
    use();
    return "was not refused";
  });
  CAPTURE(report.text);
  CHECK(report.failed);
  CHECK(contains(report.text, "forked child"));
}

TEST_CASE(
    "[fault 55] a forked child is refused its parent's driver, and the parent keeps it whole") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    const std::unique_ptr<Driver> driver = kind.make();
    CountedOperation operation;
    operation.ask(*driver);  // waits in the queue that a careless child would submit
    expect_refusal([&] {
      auto* late = new CountedOperation;  // never freed: the driver would name it
      late->ask(*driver);
    });
    expect_refusal([&] { driver->cancel(operation); });
    expect_refusal([&] { driver->submit_and_wait(Duration::zero()); });
    expect_refusal([&] { driver->submit_and_wait(std::nullopt); });

    CHECK(operation.answers == 0);
    driver->submit_and_wait(std::nullopt);
    CHECK(driver->reap() == 1);
    CHECK(operation.answers == 1);
  }
}

TEST_CASE("[fault 55] a forked child's parent's loop throws in the child; one of its own works") {
  for (const DriverKind& kind : real_drivers()) {
    CAPTURE(kind.name);
    auto loop = std::make_unique<Loop>(kind.options());
    loop->run_until_complete(forty_two());
    const ChildReport report = in_child([&] {
      try {
        loop->run_until_complete(forty_two());
      } catch (const RuntimeError& error) {
        return error.what() + std::string("; ") + std::to_string(run(forty_two(), kind.options()));
      }
      return std::string("was not refused");
    });
    CAPTURE(report.text);
    CHECK_FALSE(report.failed);
    CHECK(contains(report.text, "forked child"));
    CHECK(contains(report.text, "; 42"));
    CHECK(loop->run_until_complete(forty_two()) == 42);
  }
}

}  // namespace

TEST_SUITE_END();
