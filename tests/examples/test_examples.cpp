// The examples of chapter 1 as a reader runs them, but on the virtual clock: what they print is
// what the expected file says, and what the book shows.

#include <algorithm>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "example.h"

namespace {

using namespace rondo::tests;
namespace fs = std::filesystem;

const std::vector<std::string> virtual_clock = {"RONDO_CLOCK=virtual"};

/// The names in list.txt whose second column is `needs`.
std::vector<std::string> listed(const std::string& needs) {
  std::istringstream list(contents(fs::path(RONDO_SOURCE_DIR) / "examples" / "list.txt"));
  const std::regex entry("(\\w+)\\s*\\|\\s*(\\S+)\\s*\\|.*");
  std::vector<std::string> names;
  for (std::string line; std::getline(list, line);) {
    std::smatch parts;
    if (line.empty() || line.starts_with('#')) continue;
    REQUIRE_MESSAGE(std::regex_match(line, parts, entry), line);
    if (parts[2] == needs) names.push_back(parts[1]);
  }
  return names;
}

}  // namespace

TEST_CASE("run_coroutine: a coroutine runs when it is awaited, not when it is made") {
  check_example("run_coroutine");
}

TEST_CASE("delay_print: two awaits one after the other take the sum of their times") {
  check_example("delay_print");
}

TEST_CASE("two_tasks: two tasks take as long as the slower one, and the faster one ends first") {
  check_example("two_tasks");
}

TEST_CASE("parse_devices: answers come in any order, and the tasks keep the results") {
  check_example("parse_devices");
}

TEST_CASE("print_together: two tasks take turns") {
  check_example("print_together");
}

TEST_CASE("print_blocking: while one task blocks, the other prints nothing") {
  // It really sleeps, so how long it was blocked is not compared.
  const std::regex seconds("[0-9]+\\.[0-9] s");
  const TemporaryDirectory here;
  CHECK(std::regex_replace(output_of("print_blocking", here.path()), seconds, "? s") ==
        std::regex_replace(expected("print_blocking"), seconds, "? s"));
}

TEST_CASE("gather: the results come in the order of the arguments") {
  check_example("gather");
}

TEST_CASE("gather_exception: the first exception arrives at once, and the others go on") {
  check_example("gather_exception");
}

TEST_CASE("gather_return_exceptions: one failure leaves the other results as they are") {
  check_example("gather_return_exceptions");
}

TEST_CASE("as_completed: the fastest result comes first, and a failure in its turn") {
  check_example("as_completed");
}

TEST_CASE("as_completed_write: each result is in its file, written while others are awaited") {
  const TemporaryDirectory here;
  CHECK(output_of("as_completed_write", here.path()) == expected("as_completed_write"));
  for (const std::string host : {"r1", "r2", "r3"}) {
    CHECK(contents(here.path() / (host + ".txt")) == "output of " + host + "\n");
  }
}

TEST_CASE("as_completed_write: a file that cannot be written is an error, not silence") {
  const TemporaryDirectory here;
  fs::create_directory(here.path() / "r2.txt");
  Program program(examples_directory() / "as_completed_write", {}, here.path(), virtual_clock);
  const Ending ending = program.wait();
  CHECK(ending.in_time);
  CHECK(ending.exit_status() != 0);
  CHECK(ending.output.find("cannot write r2.txt") != std::string::npos);
}

TEST_CASE("semaphore: of 500 connections never more than 20 are open at once") {
  check_example("semaphore");
}

TEST_CASE("two_semaphores: both limits hold, and both are reached") {
  check_example("two_semaphores");
}

TEST_CASE("make_bgp_routes: the same table each time, as long as is asked for") {
  const TemporaryDirectory here;
  CHECK(output_of("make_bgp_routes", here.path()) == expected("make_bgp_routes"));
  const std::string table = contents(here.path() / "routes.csv");
  CHECK(std::ranges::count(table, '\n') == 100'001);
  Program program(examples_directory() / "make_bgp_routes", {"few.csv", "3"}, here.path());
  CHECK(program.wait().exit_status() == 0);
  const std::string few = contents(here.path() / "few.csv");
  CHECK(std::ranges::count(few, '\n') == 4);
  CHECK(table.starts_with(few));
}

TEST_CASE("every example of the list has a program, and without a lab an expected output too") {
  const fs::path programs = examples_directory();
  const std::vector<std::string> plain = listed("-");
  CHECK(plain.size() >= 12);
  for (const std::string& name : plain) {
    CHECK_MESSAGE(fs::exists(programs / name), name);
    CHECK_MESSAGE(fs::exists(fs::path(RONDO_EXPECTED_DIR) / (name + ".txt")), name);
  }
  for (const std::string needs : {"lab", "server"}) {
    for (const std::string& name : listed(needs))
      CHECK_MESSAGE(fs::exists(programs / name), name);
  }
}

TEST_CASE("a listing of the book is at most 72 columns wide") {
  for (const auto& entry : fs::directory_iterator(fs::path(RONDO_SOURCE_DIR) / "examples")) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cpp" && extension != ".h" && extension != ".yaml") continue;
    std::istringstream source(contents(entry.path()));
    for (std::string line; std::getline(source, line);) {
      CHECK_MESSAGE(line.size() <= 72, entry.path().string() << ": " << line);
    }
  }
}
