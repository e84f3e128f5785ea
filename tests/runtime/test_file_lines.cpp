#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

#include "temporary_directory.h"
#include "virtual_run.h"
#include "watched_kernel.h"

// A file as engineers have them, a hundred thousand routes, read line by line as one reads them.

namespace rondo::testing {

namespace {

constexpr int route_count = 100'000;

/// What is added up over all routes, once when they are made and once when they are read.
struct Totals {
  std::uint64_t routes = 0;
  std::uint64_t local_preferences = 0;
  std::uint64_t path_lengths = 0;
  std::map<std::string, int, std::less<>> by_next_hop;

  bool operator==(const Totals&) const = default;
};

/// A table of routes; some lines are long, and the last one has no end.
std::string make_table(Totals& totals) {
  std::string table = "prefix,next_hop,local_pref,as_path,origin\n";
  std::uint32_t state = 1;
  const auto random_below = [&state](std::uint32_t bound) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % bound;
  };
  for (int i = 0; i < route_count; ++i) {
    const std::string next_hop = "192.0.2." + std::to_string(1 + random_below(40));
    const std::uint32_t preference = 100 + 10 * random_below(5);
    const std::uint32_t length = i % 10'000 == 9'999 ? 500 : 1 + random_below(6);
    std::string path = "64500";
    for (std::uint32_t hop = 1; hop < length; ++hop)
      path += ' ' + std::to_string(64501 + random_below(1000));
    table += std::to_string(1 + i / 65536) + '.' + std::to_string(i / 256 % 256) + '.' +
             std::to_string(i % 256) + ".0/24," + next_hop + ',' + std::to_string(preference) +
             ',' + path + ",IGP\n";
    ++totals.routes;
    totals.local_preferences += preference;
    totals.path_lengths += length;
    ++totals.by_next_hop[next_hop];
  }
  table.pop_back();
  return table;
}

/// Takes the next field off a line.
std::string_view next_field(std::string_view& line) {
  const std::size_t comma = line.find(',');
  const std::string_view field = line.substr(0, comma);
  line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  return field;
}

void add_route(std::string_view line, Totals& totals) {
  next_field(line);  // the prefix
  ++totals.by_next_hop[std::string(next_field(line))];
  const std::string_view preference = next_field(line);
  std::uint64_t number = 0;
  std::from_chars(preference.data(), preference.data() + preference.size(), number);
  totals.local_preferences += number;
  const std::string_view path = next_field(line);
  totals.path_lengths += 1 + static_cast<std::uint64_t>(std::ranges::count(path, ' '));
  ++totals.routes;
}

}  // namespace

TEST_CASE("a table of 100,000 routes is parsed line by line, by few requests to the kernel") {
  const test::TemporaryDirectory directory;
  Totals expected;
  const std::string table = make_table(expected);
  test::put(directory / "routes.csv", table);
  test::run_watched([&]() -> Coroutine<> {
    Totals found;
    auto all = lines(directory / "routes.csv");
    const auto header = co_await all.next();
    CHECK(*header == "prefix,next_hop,local_pref,as_path,origin\n");
    while (auto line = co_await all.next())
      add_route(*line, found);
    CHECK(found == expected);
    CHECK(found.routes == route_count);
    const std::size_t requests = table.size() / detail::FileState::buffer_size + 1;
    // Two more find the end: of the last line, which has none, and of the lines.
    CHECK(test::watched_kernel().count(Opcode::read) == requests + 2);
    CHECK(test::watched_kernel().count() == requests + 5);  // open, stat, close
  });
}

TEST_CASE("a generator over lines that is dropped, or closed, halfway closes its file") {
  const test::TemporaryDirectory directory;
  test::put(directory / "a", "one\ntwo\nthree\n");
  run_virtual([&]() -> Coroutine<> {
    {
      auto dropped = lines(directory / "a");
      const auto line = co_await dropped.next();
      CHECK(*line == "one\n");
    }
    co_await async_with(aclosing(lines(directory / "a")),
                        [](AsyncGenerator<std::string>& all) -> Coroutine<> {
                          const auto line = co_await all.next();
                          CHECK(*line == "one\n");
                        });
    auto nothing = lines("/nowhere/at/all");
    const bool missing = co_await throws<FileNotFoundError>(nothing.next());
    CHECK(missing);
    const auto after = co_await nothing.next();
    CHECK_FALSE(after.has_value());
  });
}

TEST_CASE("a hundred thousand written lines are few requests too") {
  const test::TemporaryDirectory directory;
  test::run_watched([&]() -> Coroutine<> {
    std::size_t size = 0;
    co_await async_with(open_file(directory / "a", "w"), [&](File file) -> Coroutine<> {
      for (int i = 0; i < 100'000; ++i) {
        const std::size_t count = co_await file.write("line " + std::to_string(i) + '\n');
        size += count;
      }
    });
    const std::string text = co_await read_text(directory / "a");
    CHECK(text.size() == size);
    CHECK(text.ends_with("\nline 99999\n"));
    CHECK(test::watched_kernel().count(Opcode::write) <= size / 65'000 + 1);
  });
}

}  // namespace rondo::testing
