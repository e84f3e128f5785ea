// Every platform of the lab, over SSH and telnet, well and with the faults that devices have.

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <rondo/devices.h>

#include "../runtime/virtual_run.h"
#include "../ssh/child_server.h"
#include "../ssh/sshd.h"
#include "fake_device.h"

namespace {

using namespace rondo;
using namespace rondo::devices;
using namespace rondo::testing;
using tests::contains;

bool lab_makes_devices(const char* test) {
  const bool there = std::filesystem::exists(RONDO_LAB) &&
                     contains(tests::shell(RONDO_LAB " --help"), "--devices");
  if (!there) std::printf("SKIP %s: there is no lab that makes devices up\n", test);
  return there;
}

/// The options of each device that a lab with these arguments has.
std::vector<Options> options_in(const std::string& inventory) {
  std::vector<Options> all;
  for (const YAML::Node& entry : YAML::LoadFile(inventory)["devices"]) {
    Options options;
    options.host = entry["host"].as<std::string>();
    options.port = entry["port"].as<std::uint16_t>();
    options.platform = entry["platform"].as<std::string>();
    options.transport = entry["transport"].as<std::string>();
    options.auth_username = entry["username"].as<std::string>();
    options.auth_password = entry["password"].as<std::string>();
    options.auth_secondary = entry["secret"].as<std::string>();
    if (entry["known_hosts"]) options.ssh_known_hosts_file = entry["known_hosts"].as<std::string>();
    all.push_back(std::move(options));
  }
  return all;
}

/// Reads, configures, commits, and reads again; yields what is wrong, or nothing.
Coroutine<std::string> work_with(Options options) {
  std::string wrong;
  const auto body = [&wrong](NetworkDriver& driver) -> Coroutine<> {
    const bool is_junos = driver.platform().name == "juniper_junos";
    const Response version = co_await driver.send_command("show version");
    version.raise_for_status();
    const Response nonsense = co_await driver.send_command("show nonsense");
    if (!nonsense.failed) wrong += "nonsense is understood: " + nonsense.result;
    const Response running =
        co_await driver.send_command(is_junos ? "show configuration" : "show running-config");
    running.raise_for_status();
    const MultiResponse configured =
        co_await driver.send_configs(is_junos ? "set system host-name core" : "hostname core");
    configured.raise_for_status();
    if (!driver.platform().commit.empty()) {
      const bool held = co_await throws<PrivilegeError>(driver.send_command("show version"));
      if (!held) wrong += "changes are left behind; ";
      co_await driver.commit("ticket 4711");
    }
    const Response again = co_await driver.send_command("show version");
    if (again.failed || again.result.size() + 64 < version.result.size()) wrong += again.result;
    if (driver.platform().configuration_session) {
      driver.register_configuration_session("ticket-4711");
      SendOptions where;
      where.privilege_level = "ticket-4711";
      const std::vector<std::string> configs = {"hostname core2"};
      const MultiResponse in_session = co_await driver.send_configs(configs, where);
      in_session.raise_for_status();
      co_await driver.commit();
    }
    const std::string prompt = co_await driver.get_prompt();
    if (!contains(prompt, "core")) wrong += "the prompt is " + prompt;
  };
  NetworkDriver driver(std::move(options));
  co_await async_with(driver, body);
  co_return wrong;
}

/// The same; what is thrown is what is wrong.
Coroutine<std::string> error_of_work(Options options) {
  std::string wrong;
  try {
    wrong = co_await work_with(std::move(options));
  } catch (const std::exception& error) {
    wrong = error.what();
  }
  co_return wrong;
}

void with_lab(std::vector<std::string> arguments,
              const std::function<Coroutine<>(std::vector<Options>)>& body) {
  const tests::TemporaryDirectory directory;
  const std::string inventory = (directory.path() / "inventory.yaml").string();
  std::vector<std::string> command = {RONDO_LAB,
                                      "--inventory",
                                      inventory,
                                      "--known-hosts",
                                      (directory.path() / "known_hosts").string(),
                                      "--first-address",
                                      "127.77.0.1",
                                      "--ssh-port",
                                      "0",
                                      "--telnet-port",
                                      "0"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const tests::ChildServer lab(std::move(command));
  run(body(options_in(inventory)));
}

TEST_CASE("every platform of the lab is read and configured, over SSH and over telnet") {
  if (!lab_makes_devices("every platform")) return;
  for (const char* fault : {"none", "banner", "single_byte_echo", "colored_echo", "wrapped_echo",
                            "paging_stays", "two_line_prompt"}) {
    CAPTURE(fault);
    std::vector<std::string> arguments = {"--devices", "10", "--transport", "mixed"};
    if (fault != std::string("none")) {
      arguments.insert(arguments.end(), {"--faults", std::string(fault) + "=100%"});
    }
    with_lab(arguments, [](std::vector<Options> all) -> Coroutine<> {
      std::vector<Coroutine<std::string>> work;
      for (Options& options : all)
        work.push_back(error_of_work(std::move(options)));
      const auto results = co_await gather(std::move(work));
      for (const std::string& wrong : results)
        CHECK(wrong.empty());
    });
  }
}

TEST_CASE("what a device of the lab does to a session ends in the error that it is") {
  if (!lab_makes_devices("faults")) return;
  struct Case {
    const char* fault;
    const char* error;
  };
  for (const Case& one : {Case{"bad_secret", "does not accept the password (auth_secondary)"},
                          Case{"wrong_password", ": "}, Case{"cut", "connection"},
                          Case{"half_close", "the device has ended the connection; it said last"},
                          Case{"closed_port", "Connection refused"}}) {
    CAPTURE(one.fault);
    const std::vector<std::string> arguments = {
        "--devices",   "2",           "--transport", "mixed",
        "--platforms", "cisco_iosxe", "--faults",    std::string(one.fault) + "=100%"};
    with_lab(arguments, [&one](std::vector<Options> all) -> Coroutine<> {
      for (const Options& options : all) {
        const std::string text = co_await error_of_work(options);
        CHECK_MESSAGE(contains(text, one.error), text);
        CHECK(text.starts_with(options.peer() + ": "));
      }
    });
  }
}

}  // namespace
