// The examples of chapter 2 against a lab of their own.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "example.h"
#include "example_lab.h"

using namespace rondo::tests;
namespace fs = std::filesystem;

TEST_CASE("send_show: it logs in, enables, and shows the table between echo and prompt") {
  const ExampleLab lab;
  const Ending ending = lab.run("send_show");
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 0);
  CHECK(ending.output.starts_with("show ip interface brief\r\n"));
  CHECK(contains(ending.output, "GigabitEthernet0/0         192.168.100.1   YES NVRAM  up"));
  CHECK(ending.output.ends_with("r1#\n"));
}

TEST_CASE("first_session: greeting, output and prompt as they come") {
  const ExampleLab lab;
  const std::string address = lab.address(1).substr(0, lab.address(1).find(':'));
  CHECK(lab.output_of("first_session", {address}) ==
        contents(fs::path(RONDO_EXPECTED_DIR) / "first_session.txt"));
}

TEST_CASE("read_pages: --More-- is answered and leaves no trace") {
  const ExampleLab lab;
  lab.check_example("read_pages");
}

TEST_CASE("read_until: a prompt that does not come is an error that shows what has come") {
  const ExampleLab lab;
  lab.check_example("read_until");
}

TEST_CASE("connect_errors: each of the ways to fail has its line, and the others log in") {
  const ExampleLab lab;
  lab.check_example("connect_errors");
}

TEST_CASE("send_show_gather: the results are in the order of the list") {
  const ExampleLab lab;
  lab.check_example("send_show_gather");
}

TEST_CASE("send_show_semaphore: nine connections, and never more than four at once") {
  const ExampleLab lab;
  lab.check_example("send_show_semaphore");
}

TEST_CASE("send_show_completed: answers and failures, each as it comes") {
  const ExampleLab lab;
  const std::string output = lab.output_of("send_show_completed");
  CAPTURE(output);
  // Which of two is first is up to the machine.
  for (const char* const line :
       {"  FAILED 127.0.100.2:2222: permission denied for user \"cisco\"; ",
        "  FAILED 127.0.100.9:2222: connect: Connection refused\n",
        "  FAILED 127.0.100.4:2222: the host key ",
        "  127.0.100.1:2222: r1 uptime is 5 weeks, 3 days, 2 hours, 11 minutes\n",
        "  127.0.100.3:2222: r3 uptime is 3 days, 7 hours, 2 minutes\n"}) {
    CAPTURE(line);
    CHECK(contains(output, line));
  }
  CHECK(std::ranges::count(output, '\n') == 5);
}

TEST_CASE("cisco_ssh: a class is connected, asked twice, and closed") {
  const ExampleLab lab;
  lab.check_example("cisco_ssh");
}

TEST_CASE("cisco_ssh_all: each router's summary, or why there is none") {
  const ExampleLab lab;
  lab.check_example("cisco_ssh_all");
  const std::string output = lab.output_of("cisco_ssh_all", {"devices_with_faults.yaml"});
  CAPTURE(output);
  CHECK(contains(output, "\n127.0.100.2:2222: permission denied"));
  CHECK(contains(output, "r3 uptime is "));
}

TEST_CASE("host_keys: only a key that is known is accepted, unless one asks for less") {
  const ExampleLab lab;
  const std::string output = lab.output_of("host_keys");
  const std::string key = "ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}";
  const std::regex expected(
      "127\\.0\\.100\\.1:2222: logged in\n\n"
      "127\\.0\\.100\\.4:2222: the host key " +
      key +
      " is not in known_hosts; .*\n\n"
      "127\\.0\\.100\\.1:2222: the host key is " +
      key +
      ", but known_hosts_old:1 lists another one; .*\n\n"
      "127\\.0\\.100\\.4:2222: logged in\n\n");
  CAPTURE(output);
  CHECK(std::regex_match(output, expected));
}

TEST_CASE("run_command: a command without a shell, as a whole and line by line") {
  const ExampleLab lab;
  lab.check_example("run_command");
}

TEST_CASE("algorithms: what was agreed on, and what each side offers when there is nothing") {
  const ExampleLab lab;
  lab.check_example("algorithms");
}

TEST_CASE("send_config: lines are taken, and the first that is not stops those behind it") {
  const ExampleLab lab;
  lab.check_example("send_config");
}

TEST_CASE("list_devices: the devices, or the file and the line of the mistake") {
  const TemporaryDirectory here;
  const fs::path examples = fs::path(RONDO_SOURCE_DIR) / "examples";
  for (const char* const file : {"devices.yaml", "devices_with_mistake.yaml"}) {
    fs::copy(examples / file, here.path());
  }
  Program right(examples_directory() / "list_devices", {}, here.path());
  CHECK(right.wait().output == contents(fs::path(RONDO_EXPECTED_DIR) / "list_devices.txt"));
  Program wrong(examples_directory() / "list_devices", {"devices_with_mistake.yaml"}, here.path());
  const Ending ending = wrong.wait();
  CHECK(ending.exit_status() == 1);
  CHECK(ending.output == "devices_with_mistake.yaml:7: this device has no 'username'\n");
}

TEST_CASE("send_show_all: every router's table, a summary, and exit status 0") {
  const ExampleLab lab;
  const Ending ending = lab.run("send_show_all");
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 0);
  CHECK(contains(ending.output, lab.address(1) + "\nInterface "));
  CHECK(contains(ending.output, lab.address(2) + "\nInterface "));
  CHECK(contains(ending.output, lab.address(3) + "\nInterface "));
  CHECK(contains(ending.output, "Loopback0                  10.3.3.3"));

  // All at once: not much longer than the slowest, where one by one would take nearly twice that.
  const std::regex summary("3 of 3 routers in ([0-9.]+) s \\(the slowest took ([0-9.]+) s\\)");
  std::smatch seconds;
  REQUIRE(std::regex_search(ending.output, seconds, summary));
  CHECK(std::stod(seconds[1]) < 1.5 * std::stod(seconds[2]));

  CHECK_FALSE(contains(ending.output, "#"));   // no prompt is left
  CHECK_FALSE(contains(ending.output, "\r"));  // nor a terminal's line ends
}

TEST_CASE("send_show_all: a failure is one plain line with host and reason, and exit status 1") {
  const ExampleLab lab;
  const Ending ending = lab.run("send_show_all", {"devices_with_faults.yaml"});
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 1);
  CHECK(contains(ending.output, "\n" + lab.address(2) + ": permission denied"));
  CHECK(contains(ending.output, "\n" + lab.address(9) + ": connect: Connection refused\n"));
  CHECK(contains(ending.output, "\n" + lab.address(4) + ": the host key "));
  CHECK(contains(ending.output, lab.address(1) + "\nInterface "));
  CHECK(contains(ending.output, lab.address(3) + "\nInterface "));
  CHECK(contains(ending.output, "\n2 of 5 routers in "));
  CHECK_FALSE(contains(ending.output, "forgotten"));  // the wrong password
}

TEST_CASE("send_show_all: when nobody answers, it says so, and how long it took") {
  const ExampleLab lab;
  lab.write("nobody.yaml",
            "- host: 127.0.100.9\n"
            "  port: 2222\n"
            "  username: cisco\n"
            "  password: cisco\n"
            "  secret: cisco\n"
            "  known_hosts: known_hosts\n");
  const Ending ending = lab.run("send_show_all", {"nobody.yaml"});
  CHECK(ending.exit_status() == 1);
  CHECK(contains(ending.output, "\n0 of 1 routers in 0.0 s\n"));
}

TEST_CASE("send_show_all: a mistake in the devices file is named by file and line") {
  const TemporaryDirectory here;
  const auto error_for = [&here](const std::string& text) {
    std::ofstream(here.path() / "devices.yaml") << text;
    Program program(examples_directory() / "send_show_all", {}, here.path());
    const Ending ending = program.wait();
    CHECK(ending.exit_status() == 1);
    return ending.output;
  };
  CHECK(error_for("- host: r1\n"
                  "  username: cisco\n"
                  "  password: cisco\n"
                  "  secret: cisco\n"
                  "\n"
                  "- host: r2\n"
                  "  password: cisco\n"
                  "  secret: cisco\n") == "devices.yaml:6: this device has no 'username'\n");
  CHECK(error_for("- host: r1\n"
                  "  port: ssh\n"
                  "  username: cisco\n"
                  "  password: cisco\n"
                  "  secret: cisco\n") == "devices.yaml:2: 'port' has no usable value\n");
  CHECK(error_for("") == "devices.yaml:1: a list of devices is expected\n");

  fs::remove(here.path() / "devices.yaml");
  Program program(examples_directory() / "send_show_all", {}, here.path());
  CHECK(program.wait().output == "devices.yaml: cannot be read\n");
}
