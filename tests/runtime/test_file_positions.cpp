#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "numbered_lines.h"
#include "temporary_directory.h"
#include "virtual_run.h"
#include "watched_kernel.h"

// Where a file is read and written.

namespace rondo::testing {

namespace {

using test::contents;
using test::numbers;
using test::put;
using test::TemporaryDirectory;

constexpr std::size_t buffer = detail::FileState::buffer_size;

}  // namespace

TEST_CASE("seek and tell count what was read ahead and what waits to be written") {
  const TemporaryDirectory directory;
  put(directory / "a", "0123456789");
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a", "r+");
    const std::string first = co_await file.read(3);
    std::uint64_t place = co_await file.tell();
    CHECK(place == 3);
    co_await file.write("ABC");
    place = co_await file.tell();
    CHECK(place == 6);
    const std::string after = co_await file.read(2);
    CHECK(after == "67");
    place = co_await file.seek(-2, SEEK_END);
    CHECK(place == 8);
    const std::string last = co_await file.read();
    CHECK(last == "89");
    place = co_await file.seek(-9, SEEK_CUR);
    CHECK(place == 1);
    co_await file.write("z");
    co_await file.close();
    CHECK(contents(directory / "a") == "0z2ABC6789");
  });
}

TEST_CASE("moving forward inside what was read ahead asks the kernel nothing") {
  const TemporaryDirectory directory;
  put(directory / "a", numbers(1000));
  test::run_watched([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a");
    co_await file.read(500);
    test::watched_kernel().forget();
    co_await file.seek(700);
    co_await file.seek(100, SEEK_CUR);
    const std::string text = co_await file.read(200);
    CHECK(text == numbers(1000).substr(800));
    CHECK(test::watched_kernel().count() == 0);
    co_await file.close();
  });
}

TEST_CASE("a place that no file can have is a ValueError, and moves nothing") {
  const TemporaryDirectory directory;
  put(directory / "a", "0123456789");
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a");
    co_await file.read(4);
    const bool negative = co_await throws<ValueError>(file.seek(-1));
    CHECK(negative);
    const bool overflow = co_await throws<ValueError>(file.seek(INT64_MAX, SEEK_CUR));
    CHECK(overflow);
    const bool whence = co_await throws<ValueError>(file.seek(0, 17));
    CHECK(whence);
    const std::uint64_t place = co_await file.tell();
    CHECK(place == 4);
    co_await file.close();
  });
}

TEST_CASE("what is appended goes to the end, whoever else has appended meanwhile") {
  const TemporaryDirectory directory;
  const std::string path = directory / "log";
  put(path, "start ");
  run_virtual([&]() -> Coroutine<> {
    const File one = co_await open_file(path, "a+");
    const File other = co_await open_file(path, "a");
    std::uint64_t place = co_await one.tell();
    CHECK(place == 6);
    co_await other.write("other ");
    co_await other.flush();
    co_await one.seek(0);
    co_await one.write("one ");
    co_await one.flush();
    place = co_await one.tell();
    CHECK(place == 16);
    CHECK(contents(path) == "start other one ");
    co_await one.seek(6);
    const std::string text = co_await one.read();
    CHECK(text == "other one ");
    co_await one.close();
    co_await other.close();
  });
}

TEST_CASE("truncate cuts and extends, writes what waits first, and leaves the position") {
  const TemporaryDirectory directory;
  const std::string path = directory / "a";
  put(path, "0123456789");
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(path, "r+");
    co_await file.read(2);
    co_await file.write("XY");
    std::uint64_t size = co_await file.truncate();
    CHECK(size == 4);
    CHECK(contents(path) == "01XY");
    size = co_await file.truncate(6);
    CHECK(contents(path) == std::string("01XY\0\0", 6));
    const std::uint64_t place = co_await file.tell();
    CHECK(place == 4);
    const std::string rest = co_await file.read();
    CHECK(rest.size() == 2);
    const bool absurd = co_await throws<ValueError>(file.truncate(~std::uint64_t{0}));
    CHECK(absurd);
    co_await file.close();
    const File read_only = co_await open_file(path);
    const bool refused = co_await throws<UnsupportedOperation>(read_only.truncate(0));
    CHECK(refused);
    co_await read_only.close();
  });
}

TEST_CASE("places beyond 4 GiB are reached, written and read") {
  const TemporaryDirectory directory;
  const std::string path = directory / "sparse";
  constexpr std::int64_t far = (std::int64_t{5} << 30) + 123;
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(path, "w+");
    co_await file.seek(far);
    co_await file.write("far away\n");
    co_await file.write(std::string(2 * buffer, 'x'));
    co_await file.seek(far);
    const std::string line = co_await file.readline();
    CHECK(line == "far away\n");
    const std::uint64_t end = co_await file.seek(0, SEEK_END);
    CHECK(end == static_cast<std::uint64_t>(far) + 9 + 2 * buffer);
    co_await file.close();
    const os::StatResult facts = co_await os::stat(path);
    CHECK(facts.size == end);
  });
}

}  // namespace rondo::testing
