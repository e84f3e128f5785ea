// The examples of chapter 5 against a lab of their own.

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "example.h"
#include "example_lab.h"

namespace {

using namespace rondo::tests;

void check_lines(const std::string& output, std::initializer_list<const char*> lines) {
  CAPTURE(output);
  for (const char* const line : lines) {
    CAPTURE(line);
    CHECK(contains(output, line));
  }
  CHECK(std::ranges::count(output, '\n') == std::ssize(lines));
}

}  // namespace

TEST_CASE("scrapli_show: the prompt, the command, and nothing but its output") {
  ExampleLab().check_example("scrapli_show");
}

TEST_CASE("scrapli_platforms: every platform is at its own level") {
  ExampleLab().check_example("scrapli_platforms");
}

TEST_CASE("scrapli_detect: devices are asked what they are") {
  ExampleLab().check_example("scrapli_detect");
}

TEST_CASE("scrapli_commands: one of three fails, and the error shows its line") {
  ExampleLab().check_example("scrapli_commands");
}

TEST_CASE("scrapli_timeout: after a time-out the driver refuses, until it has recovered") {
  ExampleLab().check_example("scrapli_timeout");
}

TEST_CASE("scrapli_levels: levels are reached on the way between them, or not at all") {
  ExampleLab().check_example("scrapli_levels");
}

TEST_CASE("scrapli_configs: with stop_on_failed nothing is sent behind a failure") {
  ExampleLab().check_example("scrapli_configs");
}

TEST_CASE("scrapli_session: what is aborted never was, and what is committed is") {
  ExampleLab().check_example("scrapli_session");
}

TEST_CASE("scrapli_interactive: questions are answered, and a secret is not shown") {
  ExampleLab().check_example("scrapli_interactive");
}

TEST_CASE("scrapli_telnet: the login is by telnet, and a wrong password is an error") {
  ExampleLab().check_example("scrapli_telnet");
}

TEST_CASE("telnet_lines: the lines of an answer without a driver") {
  ExampleLab().check_example("telnet_lines");
}

TEST_CASE("scrapli_textfsm: records, and a command that has no template") {
  ExampleLab().check_example("scrapli_textfsm");
}

TEST_CASE("scrapli_gather: answers and failures in the order of the file") {
  ExampleLab().check_example("scrapli_gather");
}

TEST_CASE("scrapli_gather_write: each configuration is in its file") {
  const ExampleLab lab;
  lab.check_example("scrapli_gather_write");
  CHECK(contains(lab.written("backup/r2.txt"), "\nhostname r2\n"));
  CHECK(contains(lab.written("backup/leaf1.txt"), "\nhostname leaf1\n"));
}

TEST_CASE("scrapli_semaphore: never more connections than places") {
  ExampleLab().check_example("scrapli_semaphore");
}

TEST_CASE("worker_pool: the queue is worked off, whoever does it") {
  ExampleLab().check_example("worker_pool");
}

TEST_CASE("netdev_config: configuration mode is entered and left") {
  ExampleLab().check_example("netdev_config");
}

TEST_CASE("netdev_gather: all answers in one file, in the order of the names") {
  const ExampleLab lab;
  lab.check_example("netdev_gather");
  CHECK(contains(lab.written("loopbacks.txt"), "Loopback0                  10.3.3.3"));
}

TEST_CASE("ways_to_connect: all four ways lead to a connected object") {
  ExampleLab().check_example("ways_to_connect");
}

TEST_CASE("command_iterator: a generator that is dropped early takes its connection along") {
  ExampleLab().check_example("command_iterator");
}

TEST_CASE("cdp_neighbors: one neighbour at a time") {
  ExampleLab().check_example("cdp_neighbors");
}

// Of the following the order of the lines is up to the machine.

TEST_CASE("scrapli_completed: answers and failures, each as it comes") {
  check_lines(ExampleLab().output_of("scrapli_completed"),
              {" s  FAILED 127.0.100.5:2323: ", " s  FAILED 127.0.100.9:2222: ",
               " s  FAILED 127.0.100.14:2222: ", " s  127.0.100.1:2222: Loopback0",
               " s  127.0.100.13:2222: Loopback0"});
}

TEST_CASE("scrapli_completed_write: files have the names that the prompts have") {
  const ExampleLab lab;
  check_lines(lab.output_of("scrapli_completed_write"),
              {"versions/r1.txt from r1#\n", "versions/r3.txt from r3#\n",
               "versions/core1.txt from RP/0/RP0/CPU0:core1#\n"});
  CHECK(contains(lab.written("versions/r3.txt"), "r3 uptime is 3 days"));
}

TEST_CASE("netdev_completed: a task writes while the next answer is awaited") {
  const ExampleLab lab;
  check_lines(
      lab.output_of("netdev_completed"),
      {"r1 has answered\n", "r2 has answered\n", "r3 has answered\n", "netdev/r1.txt is written\n",
       "netdev/r2.txt is written\n", "netdev/r3.txt is written\n"});
  CHECK(contains(lab.written("netdev/r2.txt"), "Loopback1                  10.2.20.1"));
}

TEST_CASE("netdev_show: commands, a time-out and a wrong password in netdev's words") {
  const std::string output = ExampleLab().output_of("netdev_show");
  CAPTURE(output);
  CHECK(output.starts_with("r2\nr2 uptime is 1 year, 12 weeks, 6 days, 19 hours, 40 minutes\n"));
  CHECK(contains(output, "\n% Invalid input detected at '^' marker.\nLoopback0 "));
  CHECK(contains(output, "\nTimeoutError: 127.0.100.3:2222: "));
  CHECK(contains(output, "\nDisconnectError: 127.0.100.2:2222: permission denied "));
}
