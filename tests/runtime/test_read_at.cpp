#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <rondo/runtime/read_at.h>
#include <rondo/runtime/task.h>

#include "virtual_run.h"

using namespace rondo;
using rondo::testing::run_virtual;

namespace {

/// A file that has no name and holds `contents`.
FileDescriptor file_with(const std::string& contents) {
  std::string name = "/tmp/rondo-read-at-XXXXXX";
  FileDescriptor file(::mkstemp(name.data()));
  REQUIRE(file);
  ::unlink(name.c_str());
  REQUIRE(::write(file.get(), contents.data(), contents.size()) ==
          static_cast<ssize_t>(contents.size()));
  return file;
}

/// Reads until `count` bytes have come or the file ends: a read may be short.
Coroutine<std::string> read_all_at(int fd, std::size_t count, std::uint64_t offset) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const std::span<char> rest(bytes.data() + have, count - have);
    const std::size_t got = co_await read_at(fd, std::as_writable_bytes(rest), offset + have);
    if (got == 0) break;
    have += got;
  }
  bytes.resize(have);
  co_return bytes;
}

}  // namespace

TEST_CASE("read_at reads from the place that it is given, and not from the descriptor's position") {
  run_virtual([]() -> Coroutine<void> {
    const FileDescriptor file = file_with("0123456789");
    const std::string middle = co_await read_all_at(file.get(), 3, 4);
    CHECK(middle == "456");
    const std::string beginning = co_await read_all_at(file.get(), 2, 0);
    CHECK(beginning == "01");
    CHECK(::lseek(file.get(), 0, SEEK_CUR) == 10);
  });
}

TEST_CASE("read_at yields fewer bytes near the end of the file and none at its end") {
  run_virtual([]() -> Coroutine<void> {
    const FileDescriptor file = file_with("0123456789");
    const std::string rest = co_await read_all_at(file.get(), 100, 7);
    CHECK(rest == "789");
    const std::string nothing = co_await read_all_at(file.get(), 100, 10);
    CHECK(nothing.empty());
  });
}

TEST_CASE("many reads of one file may be under way at once") {
  run_virtual([]() -> Coroutine<void> {
    const FileDescriptor file = file_with("abcdefghij");
    std::vector<Task<std::string>> reads;
    for (std::uint64_t offset = 0; offset < 10; ++offset)
      reads.push_back(create_task(read_all_at(file.get(), 1, offset)));
    std::string letters;
    for (const auto& read : reads) {
      const std::string letter = co_await read;
      letters += letter;
    }
    CHECK(letters == "abcdefghij");
  });
}

TEST_CASE("read_at throws what the kernel refuses with") {
  run_virtual([]() -> Coroutine<void> {
    const FileDescriptor only_for_writing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    std::array<std::byte, 4> buffer{};
    int error_number = 0;
    try {
      co_await read_at(only_for_writing.get(), buffer, 0);
    } catch (const OSError& error) {
      error_number = error.code().value();
    }
    CHECK(error_number == EBADF);
  });
}
