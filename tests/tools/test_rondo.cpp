// `rondo send`, `config` and `ping` against devices of the lab.
#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <rondo/runtime/file_descriptor.h>

#include "../lab/running_lab.h"
#include "rondo_program.h"

namespace {

using namespace rondo::tests;

/// Arguments of a command for a lab, and further ones.
std::vector<std::string> arguments(const std::string& command, const RunningLab& lab,
                                   const std::vector<std::string>& further) {
  std::vector<std::string> all = {command, "-i", lab.inventory().string()};
  all.insert(all.end(), further.begin(), further.end());
  return all;
}

/// A described lab: IOS routers of these names, each with a fault, or with "-".
std::string routers(const std::vector<std::pair<std::string, std::string>>& names) {
  std::string text = "routers:\n";
  for (const auto& [name, fault] : names) {
    text += "  - {hostname: " + name +
            ", address: 127.0.0.1, port: 0, username: u, password: hunter2, enable_secret: hunter3,"
            " platform: cisco_iosxe, interfaces: [{name: Loopback0}]" +
            (fault == "-" ? "" : ", faults: [" + fault + "]") + "}\n";
  }
  return text;
}

/// Until a file of that name is in the directory, or the test's time is over.
void wait_for_file(const std::filesystem::path& directory, const std::string& name) {
  const rondo::FileDescriptor changes(::inotify_init1(IN_CLOEXEC));
  ::inotify_add_watch(changes.get(), directory.c_str(), IN_CREATE | IN_MOVED_TO);
  while (!exists(directory / name)) {
    pollfd ready{changes.get(), POLLIN, 0};
    constexpr int limit = 20'000;  // milliseconds
    REQUIRE(::poll(&ready, 1, limit) == 1);
    std::array<char, 4096> events{};
    REQUIRE(::read(changes.get(), events.data(), events.size()) > 0);
  }
}

}  // namespace

TEST_CASE("rondo send asks every device of a mixed lab, and shows what each said, in order") {
  const RunningLab lab(10, {"--transport", "mixed"});
  const Desk desk;
  const Ending ending = desk.run(arguments("send", lab, {"show version", "--limit", "4"}));
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 0);
  CHECK(contains(ending.output, "rondo: 10 of 10 devices all right in "));
  std::size_t last = 0;
  for (const auto& endpoint : lab.endpoints()) {
    const std::string heading = "--- " + endpoint.hostname + " (" + endpoint.host + ":" +
                                std::to_string(endpoint.port) + "): show version\n";
    CAPTURE(heading);
    const std::size_t at = ending.output.find(heading);
    REQUIRE(at != std::string::npos);
    CHECK(at >= last);
    last = at;
  }
  CHECK(contains(ending.output, "JUNOS"));
  CHECK(contains(ending.output, "NX-OS"));
}

TEST_CASE("rondo send --textfsm makes tables, CSV and JSON of the output") {
  const RunningLab lab(2, {"--platforms", "cisco_iosxe"});
  const Desk desk;
  const std::string command = "show ip interface brief";
  const Ending table = desk.run(arguments("send", lab, {"--textfsm", command}));
  CAPTURE(table.output);
  CHECK(table.exit_status() == 0);
  CHECK(contains(table.output, command + "\n\nDEVICE  INTERFACE"));
  const Ending csv = desk.run(arguments("send", lab, {"--textfsm", "--csv", command}));
  CHECK(contains(csv.output, "DEVICE,COMMAND,INTERFACE,"));
  CHECK(contains(csv.output, "\n" + lab.endpoints()[1].hostname + "," + command + ","));
  const Ending json = desk.run(arguments("send", lab, {"--textfsm", "--json", command}));
  CHECK(contains(json.output, "\"rows\": ["));
  CHECK(contains(json.output, "\"ok\": true"));
}

TEST_CASE("faulty devices are reported with their reasons, and stop nobody else") {
  const RunningLab lab(routers({{"good", "-"},
                                {"shy", "wrong_password"},
                                {"gone", "closed_port"},
                                {"stuck", "hang"},
                                {"cut", "cut"},
                                {"low", "bad_secret"},
                                {"new", "unknown_key"},
                                {"fine", "banner"}}));
  const Desk desk;
  const Ending ending = desk.run(arguments(
      "send", lab, {"show clock", "--timeout", "1", "--out", "out", "--save-log", "log"}));
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 1);
  CHECK(contains(ending.output, "rondo: 2 of 8 devices all right in "));
  CHECK(contains(ending.output, "not let in (2):\n"));
  CHECK(contains(ending.output, "no connection (2):\n"));
  CHECK(contains(ending.output, "no answer in time (1):\n  stuck: 127.0.0.1:"));
  CHECK(contains(ending.output, "privilege level not reached (1):\n  low: 127.0.0.1:"));
  CHECK_FALSE(contains(ending.output, "hunter"));
  for (const char* const good : {"good", "fine"}) {
    CHECK(contains(contents(desk.path("out") / (std::string(good) + ".txt")), "UTC"));
  }
  CHECK_FALSE(exists(desk.path("out") / "stuck.txt"));
  CHECK(contains(contents(desk.path("log") / "good.log"), "show clock"));
  CHECK_FALSE(contains(contents(desk.path("log") / "good.log"), "hunter3"));
}

TEST_CASE("[fault 75] what devices say cannot command the terminal, unless one asks for it --raw") {
  const RunningLab lab(routers({{"evil", "hostile_output"}}));
  const Desk desk;
  const std::string csi = "\xc2\x9b";
  const Ending shown =
      desk.run(arguments("send", lab, {"show clock", "--save-log", "log", "--out", "."}));
  CHECK(shown.exit_status() == 0);
  const std::string written = contents(desk.path("evil.txt"));
  CHECK(contains(written, "UTC"));
  CHECK(contains(written, "note: \\xc2\\x9b2J\n"));
  const std::string log = contents(desk.path("log") / "evil.log");
  CHECK(contains(log, "note: "));
  const Ending json = desk.run(arguments("send", lab, {"show clock", "--json"}));
  CHECK(contains(json.output, "note: \\u009b2J"));
  for (const std::string& text : {written, log, json.output}) {
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, csi));
  }
  const Ending raw = desk.run(arguments("send", lab, {"show clock", "--raw"}));
  CHECK(contains(raw.output, "note: \x1b]0;mine\x07"));
  CHECK(contains(raw.output, csi + "2J"));
}

TEST_CASE("Ctrl-C leaves the devices, keeps what is done, and exits with 130") {
  const RunningLab lab(routers({{"quick", "-"}, {"stuck", "hang"}, {"later", "-"}}));
  const Desk desk;
  create_directory(desk.path("out"));
  Program program(rondo_program(),
                  arguments("send", lab, {"show clock", "--limit", "1", "-o", "out"}),
                  desk.path("."));
  wait_for_file(desk.path("out"), "quick.txt");  // the second device is never done
  program.send_signal(SIGINT);
  const Ending ending = program.wait();
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 130);
  CHECK(contains(ending.output, "rondo: 1 of 3 devices all right in "));
  CHECK(contains(ending.output, "interrupted (2):\n  stuck: interrupted\n  later: not begun\n"));
  CHECK(contains(contents(desk.path("out") / "quick.txt"), "UTC"));
}

TEST_CASE("rondo config configures, commits where that is wanted, and drops what is refused") {
  const RunningLab lab(2, {"--platforms", "cisco_iosxr,cisco_iosxe"});
  const Desk desk;
  const std::string& xr = lab.endpoints()[0].hostname;
  const std::vector<std::string> wanted = {"interface Loopback77", "description set by rondo"};
  desk.write("loopback.txt", wanted[0] + "\r\n\n" + wanted[1]);
  const Ending ending = desk.run(
      arguments("config", lab, {"--file", "loopback.txt", "--commit-comment", "a test of rondo"}));
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 0);
  const Ending shown = desk.run(arguments("send", lab, {"show running-config"}));
  CAPTURE(shown.output);
  CHECK(count(shown.output, "description set by rondo") == 2);

  const Ending refused = desk.run(arguments(
      "config", lab, {"-f", xr, "interface Loopback78", "no such thing", "--stop-on-failed"}));
  CAPTURE(refused.output);
  CHECK(refused.exit_status() == 1);
  CHECK(contains(refused.output, "command refused (1):\n  " + xr + ": "));
  const Ending after = desk.run(arguments("send", lab, {"-f", xr, "show running-config"}));
  CHECK_FALSE(contains(after.output, "Loopback78"));
}

TEST_CASE("rondo ping logs in and shows prompts") {
  const RunningLab lab(routers({{"good", "-"}, {"gone", "closed_port"}}));
  const Desk desk;
  const Ending ending = desk.run(arguments("ping", lab, {}));
  CAPTURE(ending.output);
  CHECK(ending.exit_status() == 1);
  CHECK(contains(ending.output, "DEVICE  ADDRESS"));
  CHECK(contains(ending.output, "  good#   "));
  CHECK(contains(ending.output, "no connection (1):\n  gone: "));
}

TEST_CASE("nothing is sent when anything that was asked for is wrong") {
  const RunningLab lab(routers({{"good", "-"}}));
  const Desk desk;
  desk.write("templates/index", "");
  const std::string inventory = lab.inventory().string();
  desk.write("devices.yaml", contents(lab.inventory()) + "  - {host: x, platform: huawey}\n");
  desk.write("secret.yaml", contents(lab.inventory()) +
                                "  - {host: x, platform: huawei, password: 'env:RONDO_NO_SUCH'}\n");
  desk.write("bad.textfsm", "Value X (\n\nStart\n");
  desk.write("index", "Template, Hostname, Platform, Command\nbad.textfsm, .*, .*, .*\n");
  struct Case {
    std::vector<std::string> arguments;
    const char* message;
  };
  const std::vector<Case> cases = {
      {{"-i", "devices.yaml", "show clock"}, "devices.yaml:"},
      {{"-i", "secret.yaml", "show clock"}, "RONDO_NO_SUCH, which is not set"},
      {{"-i", inventory, "-f", "nobody", "show clock"}, "the filter 'nobody' leaves no device"},
      {{"-i", inventory, "--platform", "x", "show clock"}, "there is no platform 'x'"},
      {{"-i", inventory, "show\nclock"}, "lines without control characters"},
      {{"-i", inventory, "--file", "nowhere"}, "nowhere: cannot be read"},
      {{"-i", inventory, "--textfsm", "show my love"},
       "no template for 'show my love' of cisco_ios"},
      {{"-i", inventory, "--textfsm", "--templates", "nowhere", "show clock"}, "nowhere/index"},
      {{"-i", inventory, "--textfsm", "--templates", ".", "show clock"}, "bad.textfsm:1"},
      {{"-i", inventory, "--out", "/dev/null/x", "show clock"},
       "--out /dev/null/x: cannot be made"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> all = {"send", "--save-log", "log"};
    all.insert(all.end(), one.arguments.begin(), one.arguments.end());
    const Ending ending = desk.run(all);
    CAPTURE(ending.output);
    CHECK(ending.exit_status() == 2);
    CHECK(ending.output.starts_with("rondo: "));
    CHECK(contains(ending.output, one.message));
    CHECK_FALSE(contains(ending.output, "hunter"));
    CHECK_FALSE(exists(desk.path("log") / "good.log"));
  }
}
