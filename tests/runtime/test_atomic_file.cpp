#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime.h>
#include <rondo/runtime/simulated_kernel.h>

#include "temporary_directory.h"
#include "virtual_run.h"
#include "watched_kernel.h"

// The target has its old contents or its new ones, whatever happens, and the temporary file is
// gone. Cancellations at every moment are in test_file_cancellation.cpp.

namespace rondo::testing {

namespace {

using test::contents;
using test::put;
using test::TemporaryDirectory;

}  // namespace

TEST_CASE("write_atomic gives a file new contents, or a first one") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    co_await write_atomic(directory / "a", "first");
    CHECK(contents(directory / "a") == "first");
    AtomicOptions options;
    options.sync_directory = true;
    options.mode = 0600;
    const std::string big(300'000, 'x');
    co_await write_atomic(directory / "a", big, options);
    CHECK(contents(directory / "a") == big);
    const os::StatResult facts = co_await os::stat(directory / "a");
    CHECK((facts.mode & 0777) == 0600);
  });
  CHECK(directory.size() == 1);
}

TEST_CASE("a new file's rights are limited by the umask") {
  const TemporaryDirectory directory;
  const mode_t before = ::umask(0027);
  run_virtual([&]() -> Coroutine<> {
    co_await write_atomic(directory / "a", "x");
    const os::StatResult facts = co_await os::stat(directory / "a");
    CHECK((facts.mode & 0777) == 0640);
  });
  ::umask(before);
}

TEST_CASE("the target is replaced at the end of the body and not before, and the disk has it") {
  const TemporaryDirectory directory;
  put(directory / "a", "old");
  test::run_watched([&]() -> Coroutine<> {
    co_await async_with(AtomicFile(directory / "a"), [&](File file) -> Coroutine<> {
      CHECK(file.name() == directory / "a");
      co_await file.write("new");
      co_await file.flush();
      CHECK(contents(directory / "a") == "old");
      CHECK(directory.size() == 2);
    });
    CHECK(contents(directory / "a") == "new");
    CHECK(test::watched_kernel().count(Opcode::fsync) == 1);
  });
  CHECK(directory.size() == 1);
}

TEST_CASE("an exception of the body leaves the target untouched") {
  const TemporaryDirectory directory;
  put(directory / "a", "old");
  run_virtual([&]() -> Coroutine<> {
    std::string error;
    try {
      co_await async_with(AtomicFile(directory / "a"), [](File file) -> Coroutine<> {
        co_await file.write(std::string(100'000, 'x'));
        throw std::runtime_error("half of it");
      });
    } catch (const std::runtime_error& thrown) {
      error = thrown.what();
    }
    CHECK(error == "half of it");
  });
  CHECK(contents(directory / "a") == "old");
  CHECK(directory.size() == 1);
}

TEST_CASE("a body that closes the file itself has made a mistake") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    const bool refused = co_await throws<ValueError>(async_with(
        AtomicFile(directory / "a"), [](File file) -> Coroutine<> { co_await file.close(); }));
    CHECK(refused);
  });
  CHECK(directory.size() == 0);
}

TEST_CASE("whatever the kernel refuses on the way, the target stays and the rest is gone") {
  const TemporaryDirectory directory;
  struct Refusal {
    Opcode opcode;
    int error_number;
    const char* text;
  };
  for (const Refusal& refusal : {Refusal{Opcode::open, EACCES, "Permission denied"},
                                 Refusal{Opcode::write, ENOSPC, "No space left on device"},
                                 Refusal{Opcode::fsync, EIO, "Input/output error"},
                                 Refusal{Opcode::rename, EIO, "Input/output error"}}) {
    CAPTURE(static_cast<int>(refusal.opcode));
    put(directory / "a", "old");
    test::run_watched([&]() -> Coroutine<> {
      const Reports reports(get_running_loop());
      test::watched_kernel().intercept = [refusal](Request& request) -> std::optional<int> {
        if (request.opcode == refusal.opcode) return -refusal.error_number;
        return std::nullopt;
      };
      const std::string error = co_await error_of(write_atomic(directory / "a", "new"));
      CHECK(error.find(directory / "a") != std::string::npos);
      CHECK(error.ends_with(refusal.text));
      CHECK(reports.size() == 0);
    });
    CHECK(contents(directory / "a") == "old");
    CHECK(directory.size() == 1);
  }
}

TEST_CASE("a temporary file that cannot be taken away is reported, beside the reason") {
  const TemporaryDirectory directory;
  test::run_watched([&]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    test::watched_kernel().intercept = [](Request& request) -> std::optional<int> {
      if (request.opcode == Opcode::fsync) return -EIO;
      if (request.opcode == Opcode::unlink) return -EPERM;
      return std::nullopt;
    };
    const std::string error = co_await error_of(write_atomic(directory / "a", "new"));
    CHECK(error.starts_with("fsync "));
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message == "a temporary file stays behind");
    CHECK(describe_exception(reports[0].exception).starts_with("unlink " + (directory / ".a.")));
  });
}

TEST_CASE("a name that is taken already is not taken away from who has it") {
  const TemporaryDirectory directory;
  test::run_watched([&]() -> Coroutine<> {
    int refusals = 3;
    test::watched_kernel().intercept = [&refusals](Request& request) -> std::optional<int> {
      if (request.opcode == Opcode::open && refusals-- > 0) return -EEXIST;
      return std::nullopt;
    };
    co_await write_atomic(directory / "a", "new");
    CHECK(contents(directory / "a") == "new");
    CHECK(test::watched_kernel().count(Opcode::open) == 4);
    refusals = 1000;
    const bool given_up = co_await throws<FileExistsError>(write_atomic(directory / "a", "x"));
    CHECK(given_up);
  });
  CHECK(contents(directory / "a") == "new");
  CHECK(directory.size() == 1);
}

TEST_CASE("names as long as names may be, and paths that name no file") {
  const TemporaryDirectory directory;
  const std::string longest = directory / std::string(255, 'n');
  run_virtual([&]() -> Coroutine<> {
    co_await write_atomic(longest, "fits");
    CHECK(contents(longest) == "fits");
    const bool empty = co_await throws<ValueError>(write_atomic("", "x"));
    CHECK(empty);
    const bool slash = co_await throws<ValueError>(write_atomic(directory.path() + "/", "x"));
    CHECK(slash);
    const bool missing = co_await throws<FileNotFoundError>(write_atomic(directory / "no/a", "x"));
    CHECK(missing);
    const bool is_directory = co_await throws<OSError>(write_atomic(directory.path(), "x"));
    CHECK(is_directory);
  });
  CHECK(directory.size() == 1);
}

TEST_CASE("on a disk that fails now and then the target is the old one or the new one") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    const TemporaryDirectory directory;
    put(directory / "a", "old");
    LoopOptions options = virtual_time();
    options.make_driver = [seed] { return std::make_unique<SimulatedKernel>(seed, 5); };
    Runner runner(options);
    runner.run([](const TemporaryDirectory& where) -> Coroutine<> {
      const Reports reports(get_running_loop());
      const std::string error = co_await error_of(write_atomic(where / "a", "new"));
      CHECK(contents(where / "a") == (error.empty() ? "new" : "old"));
      CHECK(where.size() == 1 + reports.size());  // one that cannot be taken away is reported
    }(directory));
  }
}

TEST_CASE("an atomic file that was entered and is dropped leaves nothing behind") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    AtomicFile target(directory / "a");
    const File file = co_await target.aenter();
    co_await file.write("x");
    CHECK(directory.size() == 1);
    const AtomicFile moved(std::move(target));
    CHECK(directory.size() == 1);
  });
  CHECK(directory.size() == 0);
}

TEST_CASE("a task that still writes when the body fails meets a closed file, and leaks nothing") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    std::vector<Task<std::string>> writers;
    try {
      co_await async_with(AtomicFile(directory / "a"), [&](File file) -> Coroutine<> {
        const auto write_on = [](File to) -> Coroutine<> {
          while (true)
            co_await to.write(std::string(100'000, 'x'));
        };
        writers.push_back(create_task(error_of(write_on(file))));
        co_await sleep(0s);
        throw std::runtime_error("enough");
      });
    } catch (const std::runtime_error&) {
      CHECK(directory.size() == 0);
    }
    const std::string error = co_await writers.at(0);
    CHECK(error.starts_with("I/O operation on closed file: "));
  });
}

}  // namespace rondo::testing
