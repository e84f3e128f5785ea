#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "numbered_lines.h"
#include "temporary_directory.h"
#include "virtual_run.h"
#include "watched_kernel.h"

// A kernel that does less than it was asked, breaks off, or refuses in the middle.

namespace rondo::testing {

namespace {

using test::contents;
using test::first_lines;
using test::line_number;
using test::put;
using test::TemporaryDirectory;

/// Writes and reads the lines, with every request changed by `intercept`.
template <class Intercept>
void copy_lines(Intercept intercept) {
  const TemporaryDirectory directory;
  const std::string text = first_lines(20);
  test::run_watched([&]() -> Coroutine<> {
    test::watched_kernel().intercept = intercept;
    co_await async_with(open_file(directory / "a", "w"), [](File file) -> Coroutine<> {
      for (int i = 0; i < 20; ++i)
        co_await file.write(line_number(i));
    });
    CHECK(contents(directory / "a") == text);
    std::string by_lines;
    auto all = lines(directory / "a");
    while (auto line = co_await all.next())
      by_lines += *line;
    CHECK(by_lines == text);
    const std::string whole = co_await read_text(directory / "a");
    CHECK(whole == text);
  });
}

}  // namespace

TEST_CASE("reads and writes that are cut short lose and double nothing") {
  unsigned count = 0;
  copy_lines([&count](Request& request) -> std::optional<int> {
    if (request.opcode != Opcode::read && request.opcode != Opcode::write) return std::nullopt;
    constexpr std::uint32_t most[] = {60'000, 7, 1, 4096, 999};
    request.length = std::min(request.length, most[count++ % 5]);
    return std::nullopt;
  });
}

TEST_CASE("operations that a signal interrupts are asked for again") {
  unsigned count = 0;
  copy_lines([&count](Request& request) -> std::optional<int> {
    if (request.opcode == Opcode::close || ++count % 3 == 0) return std::nullopt;
    return -EINTR;
  });
}

TEST_CASE("an operation that is broken off though nobody asked is tried once more [fault 22]") {
  const TemporaryDirectory directory;
  put(directory / "a", "text");
  test::run_watched([&]() -> Coroutine<> {
    int refusals = 1;
    test::watched_kernel().intercept = [&refusals](Request& request) -> std::optional<int> {
      if (request.opcode == Opcode::read && refusals-- > 0) return -ECANCELED;
      return std::nullopt;
    };
    const std::string text = co_await read_text(directory / "a");
    CHECK(text == "text");
    refusals = 2;
    const std::string error = co_await error_of(read_text(directory / "a"));
    CHECK(error == "read " + (directory / "a") + ": Operation canceled");
  });
}

TEST_CASE("a write that takes nothing and gives no reason is an error, and no endless loop") {
  const TemporaryDirectory directory;
  test::run_watched([&]() -> Coroutine<> {
    test::watched_kernel().intercept = [](Request& request) -> std::optional<int> {
      if (request.opcode == Opcode::write) return 0;
      return std::nullopt;
    };
    const std::string error = co_await error_of(write_text(directory / "a", "x"));
    CHECK(error == "write " + (directory / "a") + ": Input/output error");
  });
}

TEST_CASE("an error in the middle leaves what was read before it for the next read") {
  const TemporaryDirectory directory;
  const std::string text = first_lines(20);
  put(directory / "a", text);
  test::run_watched([&]() -> Coroutine<> {
    int reads = 0;
    test::watched_kernel().intercept = [&reads](Request& request) -> std::optional<int> {
      if (request.opcode != Opcode::read) return std::nullopt;
      request.length = std::min(request.length, 1000U);
      if (++reads % 50 == 0) return -EIO;
      return std::nullopt;
    };
    const File file = co_await open_file(directory / "a");
    const std::string first = co_await file.read(10);
    const std::string error = co_await error_of(file.read());
    CHECK(error == "read " + (directory / "a") + ": Input/output error");
    const std::uint64_t place = co_await file.tell();
    CHECK(place == 10);
    std::string found = first;
    while (found.size() < text.size()) {
      try {
        const std::string line = co_await file.readline();
        found += line;
      } catch (const OSError&) {
        continue;
      }
    }
    CHECK(found == text);
    co_await file.close();
  });
}

TEST_CASE("after an error a write may be tried again, and what the buffer held comes first") {
  const TemporaryDirectory directory;
  test::run_watched([&]() -> Coroutine<> {
    bool full = false;
    test::watched_kernel().intercept = [&full](Request& request) -> std::optional<int> {
      if (full && request.opcode == Opcode::write) return -ENOSPC;
      return std::nullopt;
    };
    const File file = co_await open_file(directory / "a", "w");
    co_await file.write("first ");
    full = true;
    const std::string big(100'000, 'x');
    const std::string error = co_await error_of(file.write(big));
    CHECK(error.ends_with("No space left on device"));
    full = false;
    co_await file.write(big);
    co_await file.close();
    CHECK(contents(directory / "a") == "first " + big);
  });
}

}  // namespace rondo::testing
