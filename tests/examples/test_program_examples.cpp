// The examples of chapter 3 as a reader runs them, on the virtual clock; but time passes as on the
// wall while they wait for another program or a thread. No ping is needed: a script stands in.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "example.h"

namespace {

using namespace rondo::tests;
namespace fs = std::filesystem;

std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

TEST_CASE("ping_hosts: hosts are pinged all at once, and what is no host is refused") {
  check_example("ping_hosts");
}

TEST_CASE("ping_iterator: the lines of ping, one by one") {
  check_example("ping_iterator");
}

TEST_CASE("ping_hosts: a ping that does not come to an end is given up") {
  const TemporaryDirectory here;
  CHECK(output_of("ping_hosts", here.path(), {"slow.example"}) == expected("ping_hosts_timeout"));
}

TEST_CASE("ping_hosts: a ping that is not installed is an error that names it") {
  const TemporaryDirectory here;
  Program program(examples_directory() / "ping_hosts", {"127.0.100.1"}, here.path(),
                  {"RONDO_CLOCK=virtual", "PING=no-such-ping"});
  const Ending ending = program.wait();
  CHECK(ending.in_time);
  CHECK(ending.output.find("no-such-ping") != std::string::npos);
}

TEST_CASE("ping_shell: only the shell runs what stands in the name of a host") {
  const TemporaryDirectory here;
  CHECK(output_of("ping_shell", here.path()) == expected("ping_shell"));
  CHECK(fs::is_empty(here.path()));
}

TEST_CASE("make_bgp_routes, bgp_routes: a table goes through while another task stays awake") {
  const TemporaryDirectory here;
  CHECK(output_of("make_bgp_routes", here.path()) == expected("make_bgp_routes"));
  CHECK(output_of("bgp_routes", here.path()) == expected("bgp_routes"));
}

TEST_CASE("bgp_routes: a line that is no route is an error that shows it") {
  const TemporaryDirectory here;
  output_of("make_bgp_routes", here.path(), {"routes.csv", "3"});
  std::ofstream(here.path() / "routes.csv", std::ios::app) << "% Invalid input\n";
  Program program(examples_directory() / "bgp_routes", {}, here.path());
  const Ending ending = program.wait();
  CHECK(ending.in_time);
  CHECK(ending.exit_status() != 0);
  CHECK(ending.output.find("not a route: % Invalid input") != std::string::npos);
}

TEST_CASE("write_results: cut short, a plain file has a part, an atomic one is not there") {
  const TemporaryDirectory here;
  CHECK(output_of("write_results", here.path()) == expected("write_results"));
  CHECK(output_of("write_results", here.path()) == expected("write_results"));  // once more
  const auto files = fs::directory_iterator(here.path() / "results");
  CHECK(std::distance(begin(files), end(files)) == 2);  // and nothing temporary
}

TEST_CASE("to_thread: the loop goes on while three threads block") {
  // Which of two things that wait for the wall clock is first is up to the machine.
  const TemporaryDirectory here;
  CHECK(sorted_lines(output_of("to_thread", here.path())) == sorted_lines(expected("to_thread")));
}

TEST_CASE("executor_semaphore: only two tasks at a time are in the library") {
  check_example("executor_semaphore");
}

TEST_CASE("thread_timeout: a function that runs is not cut short, one that waits never begins") {
  check_example("thread_timeout");
}
