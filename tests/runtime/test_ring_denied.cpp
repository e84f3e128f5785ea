// What becomes of a program that the kernel grants no ring, or a smaller one. Each of these runs in
// a forked child, which may be crippled at will.

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/task.h>

#include "in_child.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;

Coroutine<int> forty_two() {
  co_await sleep(std::chrono::milliseconds(1));
  co_return 42;
}

std::string run_something() {
  return std::to_string(run(forty_two()));
}

/// From now on io_uring_setup fails, as it does in most containers.
void deny_io_uring(int error_number) {
  const auto answer = static_cast<std::uint32_t>(SECCOMP_RET_ERRNO | error_number);
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    throw_os_error(errno, "seccomp");
  }
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

TEST_CASE("[fault 1] where a seccomp filter denies io_uring, the error names it and the way out") {
  const ChildReport report = in_child([] {
    deny_io_uring(EPERM);
    return run_something();
  });
  CHECK(report.failed);
  CAPTURE(report.text);
  CHECK(contains(report.text, "io_uring could not be set up"));
  CHECK(contains(report.text, "seccomp"));
  CHECK(contains(report.text, "profile"));
  CHECK(contains(report.text, "Operation not permitted"));
}

TEST_CASE("[fault 2] where the kernel lacks io_uring, the error says which kernel has it") {
  const ChildReport report = in_child([] {
    deny_io_uring(ENOSYS);
    return run_something();
  });
  CHECK(report.failed);
  CAPTURE(report.text);
  CHECK(contains(report.text, "kernel lacks io_uring"));
  CHECK(contains(report.text, "needs Linux 5.11"));
  CHECK(contains(report.text, "Function not implemented"));
}

TEST_CASE(
    "[fault 3] under a small limit of locked memory the ring is smaller, or the error tells") {
  if (::geteuid() != 0) {
    std::puts("SKIP [fault 3]: to be another user takes root");
    return;
  }
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
    return run_something();
  });
  CAPTURE(none.text);
  CHECK(none.failed);
  CHECK(contains(none.text, "ulimit -l"));
}

TEST_CASE("[fault 4] five hundred rings in a row find their locked memory given back") {
  if (::geteuid() != 0) {
    std::puts("SKIP [fault 4]: to be another user takes root");
    return;
  }
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
  const ChildReport report = in_child([] {
    const DescriptorLimit none(0);
    return run_something();
  });
  CAPTURE(report.text);
  CHECK(report.failed);
  CHECK(contains(report.text, "ulimit -n"));
  CHECK(contains(report.text, "Too many open files"));
}

class Answered final : public Operation {
 public:
  int answers = 0;

 private:
  void complete(int) noexcept override { ++answers; }
};

TEST_CASE("[fault 55] a forked child is refused its parent's ring, and the parent keeps it whole") {
  Ring ring;
  Answered operation;
  ring.prepare(operation, {});  // waits in the queue that a careless child would submit
  const auto expect_refusal = [](const std::function<void()>& use) {
    const ChildReport report = in_child([&use]() -> std::string {
      use();
      return "was not refused";
    });
    CAPTURE(report.text);
    CHECK(report.failed);
    CHECK(contains(report.text, "forked child"));
  };
  expect_refusal([&] {
    auto* late = new Answered;  // never freed: the ring would name it
    ring.prepare(*late, {});
  });
  expect_refusal([&] { ring.cancel(operation); });
  expect_refusal([&] { ring.submit_and_wait(Duration::zero()); });
  expect_refusal([&] { ring.submit_and_wait(std::nullopt); });

  CHECK(operation.answers == 0);
  ring.submit_and_wait(std::nullopt);
  CHECK(ring.reap() == 1);
  CHECK(operation.answers == 1);
}

TEST_CASE("[fault 55] a forked child's parent's loop throws in the child; one of its own works") {
  auto loop = std::make_unique<Loop>();
  loop->run_until_complete(forty_two());
  const ChildReport report = in_child([&loop] {
    try {
      loop->run_until_complete(forty_two());
    } catch (const RuntimeError& error) {
      return error.what() + std::string("; ") + run_something();
    }
    return std::string("was not refused");
  });
  CAPTURE(report.text);
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "forked child"));
  CHECK(contains(report.text, "; 42"));
  CHECK(loop->run_until_complete(forty_two()) == 42);
}

}  // namespace

TEST_SUITE_END();
