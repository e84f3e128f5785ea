#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime.h>

#include "in_child.h"
#include "numbered_lines.h"
#include "temporary_directory.h"
#include "virtual_run.h"
#include "watched_kernel.h"

// Modes, reading and writing. The other files of this name try positions, the end, pipes, long
// tables, faults and cancellations.

namespace rondo::testing {

namespace {

using test::contents;
using test::numbers;
using test::put;
using test::TemporaryDirectory;

/// How many bytes the buffer has, and more than one request reads at once.
constexpr std::size_t buffer = detail::FileState::buffer_size;

/// The error with which opening fails.
Coroutine<std::string> opening_error(std::string path, std::string mode) {
  return error_of(open_file(std::move(path), std::move(mode)));
}

}  // namespace

TEST_CASE("what is written to a file is read from it") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    const File written = co_await open_file(directory / "a", "w");
    const std::size_t count = co_await written.write("first\nsecond\n");
    CHECK(count == 13);
    co_await written.close();
    const File read = co_await open_file(directory / "a");
    const std::string text = co_await read.read();
    CHECK(text == "first\nsecond\n");
    const std::string end = co_await read.read();
    CHECK(end.empty());
    CHECK(read.name() == directory / "a");
    CHECK(read.mode() == "r");
    CHECK(read.fileno() > 2);
    co_await read.close();
  });
}

TEST_CASE("each mode of Python's opens as Python does") {
  const TemporaryDirectory directory;
  const std::string there = directory / "there";
  const std::string fresh = directory / "fresh";
  struct Mode {
    const char* text;
    bool readable, writable, needs_file, fresh_only;
    const char* after;  // what "new" written at once makes of "old file"
  };
  const std::vector<Mode> modes{
      {"r", true, false, true, false, "old file"},
      {"rb", true, false, true, false, "old file"},
      {"rt", true, false, true, false, "old file"},
      {"r+", true, true, true, false, "new file"},
      {"w", false, true, false, false, "new"},
      {"w+b", true, true, false, false, "new"},
      {"a", false, true, false, false, "old filenew"},
      {"ab+", true, true, false, false, "old filenew"},
      {"x", false, true, false, true, "old file"},
      {"+x", true, true, false, true, "old file"},
  };
  for (const Mode& mode : modes) {
    CAPTURE(mode.text);
    put(there, "old file");
    ::unlink(fresh.c_str());
    run_virtual([&]() -> Coroutine<> {
      const std::string of_fresh = co_await opening_error(fresh, mode.text);
      CHECK(of_fresh.empty() == !mode.needs_file);
      CHECK((contents(fresh) == "(none)") == mode.needs_file);
      const std::string of_there = co_await opening_error(there, mode.text);
      CHECK(of_there.empty() == !mode.fresh_only);
      if (mode.fresh_only) co_return;
      const File file = co_await open_file(there, mode.text);
      CHECK(file.readable() == mode.readable);
      CHECK(file.writable() == mode.writable);
      const std::string of_reading = co_await error_of(file.read(0));
      CHECK(of_reading.empty() == mode.readable);
      const std::string of_writing = co_await error_of(file.write("new"));
      CHECK(of_writing.empty() == mode.writable);
      co_await file.close();
    });
    CHECK(contents(there) == mode.after);
  }
}

TEST_CASE("a mode that Python does not know is a ValueError that names it") {
  const TemporaryDirectory directory;
  for (const std::string mode : {"", "rw", "z", "r++", "bt", "rbt", "rbb", "+", "w r", "U"}) {
    CAPTURE(mode);
    run_virtual([&]() -> Coroutine<> {
      const bool refused = co_await throws<ValueError>(open_file(directory / "a", mode));
      CHECK(refused);
      const std::string error = co_await opening_error(directory / "a", mode);
      CHECK(error.starts_with("invalid mode '" + mode + "': "));
    });
  }
  CHECK(directory.size() == 0);
}

TEST_CASE("what keeps a file from being opened is an error of its own class that names the path") {
  const TemporaryDirectory directory;
  put(directory / "file", "");
  run_virtual([&]() -> Coroutine<> {
    const bool missing = co_await throws<FileNotFoundError>(open_file(directory / "none"));
    CHECK(missing);
    const bool there = co_await throws<FileExistsError>(open_file(directory / "file", "x"));
    CHECK(there);
    const bool read = co_await throws<IsADirectoryError>(open_file(directory.path(), "r"));
    CHECK(read);
    const bool written = co_await throws<IsADirectoryError>(open_file(directory.path(), "w"));
    CHECK(written);
    const bool below = co_await throws<NotADirectoryError>(open_file(directory / "file/x"));
    CHECK(below);
    const bool zero = co_await throws<ValueError>(open_file(std::string("/tmp/a\0b", 8)));
    CHECK(zero);
    const std::string text = co_await opening_error(directory / "none", "r");
    CHECK(text == "open " + (directory / "none") + ": No such file or directory");
  });
}

TEST_CASE("read yields as many bytes as are wanted, and fewer only at the end") {
  const TemporaryDirectory directory;
  const std::string text = numbers(5 * buffer + 77);
  put(directory / "a", text);
  for (const std::size_t size : {std::size_t{1000}, buffer - 1, buffer, buffer + 1, 3 * buffer}) {
    CAPTURE(size);
    run_virtual([&]() -> Coroutine<> {
      const File file = co_await open_file(directory / "a");
      std::string all = co_await file.read(10);
      CHECK(all.size() == 10);
      while (true) {
        const std::string bytes = co_await file.read(static_cast<std::ptrdiff_t>(size));
        CHECK(bytes.size() == std::min(size, text.size() - all.size()));
        if (bytes.empty()) break;
        all += bytes;
      }
      CHECK(all == text);
      co_await file.close();
    });
  }
}

TEST_CASE("reading more than there is, by any number, takes no more room than there is") {
  const TemporaryDirectory directory;
  put(directory / "a", "ten bytes.");
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a");
    const std::string text = co_await file.read(std::ptrdiff_t{1} << 50);
    CHECK(text == "ten bytes.");
    CHECK(text.capacity() < 100);
    co_await file.close();
  });
}

TEST_CASE("read1 yields what one request brings") {
  const TemporaryDirectory directory;
  put(directory / "a", "some text");
  test::run_watched([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a");
    const std::string some = co_await file.read1(4);
    CHECK(some == "some");
    const std::string rest = co_await file.read1();
    CHECK(rest == " text");
    CHECK(test::watched_kernel().count(Opcode::read) == 1);
    const std::string nothing = co_await file.read1();
    CHECK(nothing.empty());
    co_await file.close();
  });
}

TEST_CASE("lines come with their ends, the last one as it is") {
  const TemporaryDirectory directory;
  put(directory / "a", "one\n\nthree\nno end");
  const std::vector<std::string> expected{"one\n", "\n", "three\n", "no end"};
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a");
    std::vector<std::string> found;
    while (auto line = co_await file.next())
      found.push_back(*line);
    CHECK(found == expected);
    const std::string after = co_await file.readline();
    CHECK(after.empty());
    co_await file.seek(0);
    const std::vector<std::string> all = co_await file.readlines();
    CHECK(all == expected);
    co_await file.close();
  });
}

TEST_CASE("a line is whole wherever the buffer ends, and is cut where a limit says so") {
  const TemporaryDirectory directory;
  const std::string long_line = std::string(3 * buffer + 5, 'x') + '\n';
  std::string text;
  for (std::size_t length : {std::size_t{100}, buffer - 102, std::size_t{7}, buffer, buffer + 1})
    text += std::string(length, 'y') + '\n';
  put(directory / "a", text + long_line);
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a");
    std::string found;
    for (int i = 0; i < 5; ++i) {
      const std::string line = co_await file.readline();
      CHECK(line.find('\n') == line.size() - 1);
      found += line;
    }
    CHECK(found == text);
    const std::string part = co_await file.readline(10);
    CHECK(part == std::string(10, 'x'));
    const std::string none = co_await file.readline(0);
    CHECK(none.empty());
    const std::string rest = co_await file.readline();
    CHECK(rest == long_line.substr(10));
    co_await file.close();
  });
}

TEST_CASE("what is written waits in the buffer until it is full, or flushed, or closed") {
  const TemporaryDirectory directory;
  const std::string path = directory / "a";
  test::run_watched([&]() -> Coroutine<> {
    const File file = co_await open_file(path, "w");
    for (int i = 0; i < 100; ++i)
      co_await file.write("line\n");
    CHECK(contents(path).empty());
    CHECK(test::watched_kernel().count(Opcode::write) == 0);
    co_await file.flush();
    CHECK(contents(path).size() == 500);
    CHECK(test::watched_kernel().count(Opcode::write) == 1);
    co_await file.write(std::string(buffer - 1, 'x'));
    CHECK(contents(path).size() == 500);
    co_await file.write("yz");
    CHECK(contents(path).size() == 500 + buffer - 1);
    co_await file.write(std::string(2 * buffer, 'w'));
    CHECK(contents(path).size() == 500 + 3 * buffer + 1);
    co_await file.write("end");
    co_await file.close();
    CHECK(contents(path).ends_with("wwwend"));
  });
}

TEST_CASE("writelines writes each element as it is") {
  const TemporaryDirectory directory;
  const std::vector<std::string> all{"a\n", "", "b", "c\n"};
  run_virtual([&]() -> Coroutine<> {
    const File file = co_await open_file(directory / "a", "w");
    const std::size_t count = co_await file.writelines(all);
    CHECK(count == 5);
    co_await file.close();
  });
  CHECK(contents(directory / "a") == "a\nbc\n");
}

TEST_CASE("read_text and write_text do the whole of it") {
  const TemporaryDirectory directory;
  const std::string text = numbers(3 * buffer);
  run_virtual([&]() -> Coroutine<> {
    const std::size_t count = co_await write_text(directory / "a", text);
    CHECK(count == text.size());
    const std::string found = co_await read_text(directory / "a");
    CHECK(found == text);
    co_await write_text(directory / "a", "short");
    CHECK(contents(directory / "a") == "short");
    const bool missing = co_await throws<FileNotFoundError>(read_text(directory / "none"));
    CHECK(missing);
  });
}

TEST_CASE("files without a size are read to their end") {
  run_virtual([]() -> Coroutine<> {
    const std::string status = co_await read_text("/proc/self/status");
    CHECK(status.starts_with("Name:"));
    CHECK(status.find("voluntary_ctxt_switches") != std::string::npos);
    auto all = lines("/proc/self/status");
    const auto first = co_await all.next();
    CHECK(first->starts_with("Name:"));
    const std::string nothing = co_await read_text("/dev/null");
    CHECK(nothing.empty());
    const std::size_t written = co_await write_text("/dev/null", std::string(3 * buffer, 'x'));
    CHECK(written == 3 * buffer);
    const File zeros = co_await open_file("/dev/zero");
    const std::string some = co_await zeros.read(buffer + 5);
    CHECK(some == std::string(buffer + 5, '\0'));
    co_await zeros.close();
  });
}

}  // namespace rondo::testing

TEST_SUITE_BEGIN("real kernel");

TEST_CASE("without the rights for it, opening is a PermissionError") {
  const rondo::test::TemporaryDirectory directory;
  rondo::test::put(directory / "secret", "x");
  ::chmod((directory / "secret").c_str(), 0600);
  ::chmod(directory.path().c_str(), 0755);
  if (::geteuid() != 0) {
    std::puts("SKIP missing rights: only root can give its own away");
    return;
  }
  const auto report = rondo::test::in_child([&]() -> std::string {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return "could not become nobody";
    return rondo::run(
        [](std::string path) -> rondo::Coroutine<std::string> {
          std::string what;
          try {
            co_await rondo::open_file(path);
          } catch (const rondo::PermissionError& error) {
            what = error.what();
          }
          co_return what;
        },
        directory / "secret");
  });
  CHECK(report.text == "open " + (directory / "secret") + ": Permission denied");
}

TEST_SUITE_END();
