#include <csignal>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <rondo/runtime.h>

#include "temporary_directory.h"
#include "virtual_run.h"

// Named pipes: files that make one wait, have no places, and may lose their other end. While the
// kernel waits for a pipe, time passes as on the wall, so limits are short here.

namespace rondo::testing {

namespace {

using test::TemporaryDirectory;

std::string pipe_in(const TemporaryDirectory& directory) {
  std::string path = directory / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  return path;
}

/// CPython ignores it when it starts; nothing here may depend on who has made the first loop.
class IgnoreBrokenPipes {
 public:
  IgnoreBrokenPipes() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  IgnoreBrokenPipes(const IgnoreBrokenPipes&) = delete;
  IgnoreBrokenPipes& operator=(const IgnoreBrokenPipes&) = delete;
  ~IgnoreBrokenPipes() { std::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

Coroutine<> write_later(std::string path, std::string text) {
  co_await sleep(5ms);
  co_await write_text(path, text);
}

}  // namespace

TEST_CASE("whoever reads from a named pipe waits for somebody to write, and then for the end") {
  const TemporaryDirectory directory;
  const std::string path = pipe_in(directory);
  run_virtual([&]() -> Coroutine<> {
    const auto writer = create_task(write_later(path, "one\ntwo\n"));
    std::vector<std::string> found;
    auto all = lines(path);
    while (auto line = co_await all.next())
      found.push_back(*line);
    CHECK(found == std::vector<std::string>{"one\n", "two\n"});
    CHECK(now() >= 5ms);
    co_await writer;
  });
}

TEST_CASE("whoever writes to a named pipe waits for somebody to read, and may be cancelled") {
  const TemporaryDirectory directory;
  const std::string path = pipe_in(directory);
  run_virtual([&]() -> Coroutine<> {
    const bool late = co_await throws<TimeoutError>(wait_for(open_file(path, "w"), 100ms));
    CHECK(late);
    const std::string text(1'000'000, 'x');
    const auto writer = create_task(write_text(path, text));
    co_await sleep(5ms);
    const std::string found = co_await read_text(path);
    CHECK(found == text);
    const std::size_t written = co_await writer;
    CHECK(written == text.size());
  });
}

TEST_CASE("a read of a pipe that is cancelled leaves what comes to the next one") {
  const TemporaryDirectory directory;
  const std::string path = pipe_in(directory);
  run_virtual([&]() -> Coroutine<> {
    const File reader = co_await open_file(path);
    const bool nobody = co_await throws<TimeoutError>(wait_for(reader.read(4), 5ms));
    CHECK(nobody);
    const File writer = co_await open_file(path, "w");
    co_await writer.write("ab");
    co_await writer.flush();
    const bool too_few = co_await throws<TimeoutError>(wait_for(reader.read(4), 5ms));
    CHECK(too_few);
    const bool no_line = co_await throws<TimeoutError>(wait_for(reader.readline(), 5ms));
    CHECK(no_line);
    const bool no_end = co_await throws<TimeoutError>(wait_for(reader.read(), 5ms));
    CHECK(no_end);
    const bool too_many = co_await throws<TimeoutError>(wait_for(reader.read(200'000), 5ms));
    CHECK(too_many);
    co_await writer.write("cdef\n");
    co_await writer.close();
    const std::string four = co_await reader.read(4);
    CHECK(four == "abcd");
    const std::string rest = co_await reader.readline();
    CHECK(rest == "ef\n");
    co_await reader.close();
  });
}

TEST_CASE("a pipe has no places, and is not read and written at once") {
  const TemporaryDirectory directory;
  const std::string path = pipe_in(directory);
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(path);
    CHECK_FALSE(file.seekable());
    const bool seeks = co_await throws<UnsupportedOperation>(file.seek(0));
    CHECK(seeks);
    const bool tells = co_await throws<UnsupportedOperation>(file.tell());
    CHECK(tells);
    co_await file.close();
    const bool both = co_await throws<UnsupportedOperation>(open_file(path, "r+"));
    CHECK(both);
  });
}

TEST_CASE("writing to a pipe that nobody reads any more is a BrokenPipeError [fault 8]") {
  const TemporaryDirectory directory;
  const std::string path = pipe_in(directory);
  const IgnoreBrokenPipes ignored;
  run_virtual([&]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    const File reader = co_await open_file(path);
    {
      const File writer = co_await open_file(path, "w");
      co_await writer.write("read");
      co_await writer.flush();
      const std::string text = co_await reader.read(4);
      CHECK(text == "read");
      co_await reader.close();
      co_await writer.write("not read");
      const bool flush = co_await throws<BrokenPipeError>(writer.flush());
      CHECK(flush);
      const bool close = co_await throws<BrokenPipeError>(writer.close());
      CHECK(close);
      CHECK(writer.closed());
    }
    CHECK(reports.size() == 0);
  });
}

TEST_CASE("closing a pipe that nobody empties can be cancelled, and what is lost is reported") {
  const TemporaryDirectory directory;
  const std::string path = pipe_in(directory);
  const IgnoreBrokenPipes ignored;
  run_virtual([&]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    const File reader = co_await open_file(path);
    const File writer = co_await open_file(path, "w");
    const bool full =
        co_await throws<TimeoutError>(wait_for(writer.write(std::string(200'000, 'x')), 5ms));
    CHECK(full);
    const bool late = co_await throws<TimeoutError>(wait_for(writer.close(), 5ms));
    CHECK(late);
    CHECK(writer.closed());
    const std::string text = co_await reader.read();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message == std::to_string(200'000 - text.size()) +
                                    " bytes were not written to " + path +
                                    ": closing it was cancelled");
    co_await reader.close();
  });
}

TEST_CASE("a dropped pipe is written as far as it takes, without waiting, and the rest reported") {
  const TemporaryDirectory directory;
  const std::string path = pipe_in(directory);
  run_virtual([&]() -> Coroutine<> {
    const Reports reports(get_running_loop());
    const File reader = co_await open_file(path);
    {
      const File writer = co_await open_file(path, "w");
      co_await throws<TimeoutError>(wait_for(writer.write(std::string(200'000, 'x')), 5ms));
    }
    const std::string text = co_await reader.read();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].message.starts_with(std::to_string(200'000 - text.size()) + " bytes"));
    co_await reader.close();
  });
}

}  // namespace rondo::testing
