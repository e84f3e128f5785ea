#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <rondo/runtime.h>

#include "temporary_directory.h"
#include "virtual_run.h"
#include "watched_kernel.h"

// The end of a file, by `close`, by async_with or by being dropped; and several tasks on one file.

namespace rondo::testing {

namespace {

using test::contents;
using test::put;
using test::TemporaryDirectory;

}  // namespace

TEST_CASE("a closed file says so, to every method, and is closed once") {
  const TemporaryDirectory directory;
  put(directory / "a", "text");
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a", "r+");
    CHECK_FALSE(file.closed());
    const int fd = file.fileno();
    co_await file.close();
    CHECK(file.closed());
    CHECK(::fcntl(fd, F_GETFD) == -1);
    co_await file.close();
    const std::string expected = "I/O operation on closed file: " + (directory / "a");
    CHECK_THROWS_AS(static_cast<void>(file.fileno()), ValueError);
    std::vector<std::string> errors;
    errors.push_back(co_await error_of(file.read()));
    errors.push_back(co_await error_of(file.read1()));
    errors.push_back(co_await error_of(file.readline()));
    errors.push_back(co_await error_of(file.readlines()));
    errors.push_back(co_await error_of(file.next()));
    errors.push_back(co_await error_of(file.write("x")));
    errors.push_back(co_await error_of(file.flush()));
    errors.push_back(co_await error_of(file.fsync()));
    errors.push_back(co_await error_of(file.truncate(1)));
    errors.push_back(co_await error_of(file.seek(0)));
    errors.push_back(co_await error_of(file.tell()));
    for (const std::string& error : errors)
      CHECK(error == expected);
  });
}

TEST_CASE("async_with hands the file to its body and closes it, whatever the body does") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    std::vector<File> used;
    co_await async_with(open_file(directory / "a", "w"), [&](File file) -> Coroutine<> {
      used.push_back(file);
      co_await file.write("from the body");
    });
    CHECK(used.at(0).closed());
    CHECK(contents(directory / "a") == "from the body");

    std::string error;
    try {
      co_await async_with(open_file(directory / "a", "a"), [&](File file) -> Coroutine<> {
        used.push_back(file);
        co_await file.write(", twice");
        throw std::runtime_error("enough");
      });
    } catch (const std::runtime_error& thrown) {
      error = thrown.what();
    }
    CHECK(error == "enough");
    CHECK(used.at(1).closed());
    CHECK(contents(directory / "a") == "from the body, twice");

    File file = co_await open_file(directory / "a");
    const std::size_t size = co_await async_with(file, [](File& same) -> Coroutine<std::size_t> {
      const std::string text = co_await same.read();
      co_return text.size();
    });
    CHECK(size == 20);
    CHECK(file.closed());
  });
}

TEST_CASE("what cannot be opened never enters the body") {
  run_virtual([]() -> Coroutine<> {
    bool entered = false;
    bool missing = false;
    try {
      co_await async_with(open_file("/nowhere/at/all"), [&](File) -> Coroutine<> {
        entered = true;
        co_return;
      });
    } catch (const FileNotFoundError&) {
      missing = true;
    }
    CHECK(missing);
    CHECK_FALSE(entered);
  });
}

TEST_CASE("a cancelled scope does not keep async_with from closing and writing") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    std::vector<File> used;
    co_await async_with(move_on_after(1s), [&](CancelScope&) -> Coroutine<> {
      co_await async_with(open_file(directory / "a", "w"), [&](File file) -> Coroutine<> {
        used.push_back(file);
        co_await file.write("before the end");
        co_await sleep(1h);
      });
    });
    CHECK(used.at(0).closed());
    CHECK(contents(directory / "a") == "before the end");
  });
}

TEST_CASE("a file that is dropped unclosed writes what waits, and closes") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    int fd = -1;
    {
      const File file = co_await open_file(directory / "a", "w");
      fd = file.fileno();
      co_await file.write("not lost");
    }
    CHECK(contents(directory / "a") == "not lost");
    CHECK(::fcntl(fd, F_GETFD) == -1);
    CHECK(reports.size() == 0);
    get_running_loop().set_debug(true);
    {
      const File file = co_await open_file(directory / "a", "a");
      co_await file.write(", but told");
    }
    CHECK(contents(directory / "a") == "not lost, but told");
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message ==
          "the file " + (directory / "a") + " was dropped before it was closed");
  });
}

TEST_CASE("what a dropped file cannot write is reported") {
  run_virtual([]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    {
      const File file = co_await open_file("/dev/full", "w");
      co_await file.write("lost");
    }
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message ==
          "4 bytes were not written to /dev/full: it was dropped before it was closed");
    CHECK(describe_exception(reports[0].exception) == "write: No space left on device");
  });
}

TEST_CASE("a file outlives its loop, and is written when it goes") {
  const TemporaryDirectory directory;
  {
    std::vector<File> kept;
    run_virtual([&]() -> Coroutine<> {
      const File file = co_await open_file(directory / "a", "w");
      co_await file.write("late");
      kept.push_back(file);
    });
    CHECK(contents(directory / "a").empty());
  }
  CHECK(contents(directory / "a") == "late");
}

TEST_CASE("a full disk is an error of the write, the flush or the close, and closes all the same") {
  run_virtual([]() -> Coroutine<> {
    const std::string expected = "write /dev/full: No space left on device";
    const File file = co_await open_file("/dev/full", "w");
    co_await file.write("waits");
    std::string error = co_await error_of(file.flush());
    CHECK(error == expected);
    error = co_await error_of(file.write(std::string(100'000, 'x')));
    CHECK(error == expected);
    error = co_await error_of(file.fsync());
    CHECK(error == expected);
    error = co_await error_of(file.close());
    CHECK(error == expected);
    CHECK(file.closed());
    error = co_await error_of(write_text("/dev/full", "x"));
    CHECK(error == expected);
  });
}

TEST_CASE("a writer that goes on after errors does not fill the memory") {
  run_virtual([]() -> Coroutine<> {
    const File file = co_await open_file("/dev/full", "w");
    const std::string line(1000, 'x');
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::string error = co_await error_of(file.write(line));
      if (!error.empty()) ++refused;
    }
    CHECK(refused == 1000 - 65);  // so many lines fit into the buffer
    const std::uint64_t place = co_await file.tell();
    CHECK(place == 65'000);
    co_await error_of(file.close());
  });
}

TEST_CASE("fsync writes what waits first") {
  const TemporaryDirectory directory;
  test::run_watched([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a", "w");
    co_await file.write("on the disk");
    co_await file.fsync();
    CHECK(contents(directory / "a") == "on the disk");
    CHECK(test::watched_kernel().count(Opcode::fsync) == 1);
    co_await file.close();
  });
}

TEST_CASE("the writes of many tasks to one file stay whole, in the order of their calls") {
  const TemporaryDirectory directory;
  std::string expected;
  run_in_order([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "log", "w");
    std::vector<Task<>> tasks;
    for (int i = 0; i < 40; ++i) {
      std::string line(static_cast<std::size_t>(i * 997), static_cast<char>('a' + i % 26));
      line += '\n';
      expected += line;
      tasks.push_back(create_task(
          [](File log, std::string text) -> Coroutine<> {
            co_await log.write(std::move(text));
            co_await log.flush();
          },
          file, line));
    }
    co_await gather(tasks);
    co_await file.close();
  });
  CHECK(contents(directory / "log") == expected);
}

TEST_CASE("many tasks that read lines of one file get each line once") {
  const TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i) + '\n';
  put(directory / "a", text);
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a");
    std::vector<int> seen(20'000);
    const auto take = [&seen](File from) -> Coroutine<> {
      while (auto line = co_await from.next()) {
        ++seen.at(static_cast<std::size_t>(std::stoi(*line)));
        if (line->ends_with("7\n")) co_await sleep(0s);
      }
    };
    co_await gather(take(file), take(file), take(file));
    CHECK(seen == std::vector<int>(20'000, 1));
    co_await file.close();
  });
}

}  // namespace rondo::testing
