// Levels of privilege, configuration, sessions, commits, and secrets on the way.

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices.h>

#include "../runtime/virtual_run.h"
#include "fake_device.h"

namespace {

using namespace rondo;
using namespace rondo::devices;
using namespace rondo::testing;
using tests::contains;
using tests::FakeDevice;
using tests::FakeIos;

/// A device whose lines lead from prompt to prompt; what is not listed says what `outputs` has.
class FakeLevels {
 public:
  FakeLevels(FakeDevice& device, std::map<std::pair<std::string, std::string>, std::string> moves,
             std::map<std::string, std::string> outputs = {})
      : moves_(std::move(moves)), outputs_(std::move(outputs)) {
    device.on_line = [this, &device](const std::string& line) {
      const auto output = outputs_.find(line);
      if (output != outputs_.end()) device.say(output->second);
      const auto move = moves_.find({device.prompt, line});
      if (move != moves_.end()) device.prompt = move->second;
    };
  }

 private:
  std::map<std::pair<std::string, std::string>, std::string> moves_;
  std::map<std::string, std::string> outputs_;
};

TEST_CASE("acquire_priv finds the way down and up, and says no when there is none") {
  FakeDevice device;
  FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    co_await router.acquire_priv("configuration");
    CHECK(router.current_privilege_level() == "configuration");
    co_await router.acquire_priv("exec");
    CHECK(router.current_privilege_level() == "exec");
    CHECK(ios.mode == ">");
    SendOptions where;
    where.privilege_level = "exec";
    co_await router.send_command("show clock", where);
    CHECK(ios.mode == ">");
    co_await router.send_command("show clock");
    CHECK(ios.mode == "#");
    const std::string unknown = co_await error_of(router.acquire_priv("root"));
    CHECK(contains(unknown, "r1:22: cisco_iosxe has no privilege level 'root', but: exec, priv"));
    const std::string refused = co_await error_of(router.acquire_priv("tclsh"));
    CHECK(contains(refused, "r1:22: 'tclsh' does not lead to 'tclsh', but to the prompt 'r1#'"));
    CHECK(contains(refused, "% Invalid input detected"));
    CHECK(router.is_usable());
    co_await router.close();
  });
}

TEST_CASE("a secret that is wrong or missing is a PrivilegeError, and is told to nobody") {
  FakeDevice device;
  FakeIos ios(device);
  std::string log;
  auto options = device.options();
  options.channel_log = [&log](std::string_view text) { log += text; };
  run_virtual([&]() -> Coroutine<> {
    options.auth_secondary = "canary-7431";
    const IOSXEDriver wrong(options);
    const std::string text = co_await error_of(wrong.open());
    CHECK(text == "r1:22: 'enable' does not accept the password (auth_secondary)");
    CHECK(!wrong.isalive());
    CHECK(device.closed == 1);
    options.auth_secondary = ssh::Secret();
    const IOSXEDriver missing(options);
    const std::string other = co_await error_of(missing.open());
    CHECK(other == "r1:22: 'enable' asks for a password; set auth_secondary");
  });
  CHECK(!contains(log, "canary"));
  CHECK(contains(log, "% Bad secrets"));
}

TEST_CASE(
    "[fault 73] secrets that the device repeats are blotted out of log and errors, in pieces too") {
  for (const std::size_t piece : {0U, 1U, 5U}) {
    FakeDevice device;
    FakeIos ios(device);
    device.piece = piece;
    std::string log;
    auto options = device.options();
    options.channel_log = [&log](std::string_view text) { log += text; };
    ios.outputs["show secrets"] = "enable nevertell\npassword Correct-Horse-7 nevernevertell\n";
    run_virtual([&]() -> Coroutine<> {
      const IOSXEDriver router(options);
      co_await router.open();
      co_await router.send_command("show secrets");
      const std::string text =
          co_await error_of(router.send_command("show running-config nevertell [confirm]"));
      CHECK(text.empty());
      co_await router.close();
    });
    CHECK(contains(log, "enable ********\r\npassword ******** never********\r\n"));
    CHECK(!contains(log, "nevertell"));
    CHECK(!contains(log, "Correct-Horse"));
    CHECK(contains(log, "show running-config ******** [confirm]"));
  }
}

TEST_CASE("send_configs stops at a failure when it is told to, and otherwise goes on") {
  FakeDevice device;
  FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    SendOptions options;
    options.stop_on_failed = true;
    const std::vector<std::string> configs = {"interface Loopback5", "decription a",
                                              "description b"};
    const MultiResponse stopped = co_await router.send_configs(configs, options);
    CHECK(stopped.failed());
    CHECK(stopped.size() == 2);
    CHECK(stopped[1].failed_by == "% Invalid input detected");
    CHECK_THROWS_WITH_AS(stopped.raise_for_status(),
                         "r1:22: 'decription a' failed: % Invalid input detected at '^' marker.",
                         CommandFailure);
    const MultiResponse all = co_await router.send_configs(configs);
    CHECK(all.size() == 3);
    CHECK(all.failed());
    const Response text = co_await router.send_config("interface Loopback5\r\ndescription a\n");
    CHECK(!text.failed);
    CHECK(text.result == "interface Loopback5\n\ndescription a\n");
    const Response clock = co_await router.send_command("show clock");
    CHECK(!clock.failed);
    CHECK(ios.mode == "#");
    co_await router.close();
  });
}

TEST_CASE("eager configuration does not wait for prompts that do not come") {
  FakeDevice device;
  FakeIos ios(device);
  bool reading = false;
  device.on_line = [&, run = device.on_line](const std::string& line) {
    if (line == "banner motd ^") reading = true;
    if (!reading) return run(line);
    device.show_prompt = line == "^";
    reading = line != "^";
  };
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    SendOptions options;
    options.eager = true;
    const std::vector<std::string> banner = {"banner motd ^", "Keep out of r1#", "^"};
    const MultiResponse responses = co_await router.send_configs(banner, options);
    CHECK(responses.size() == 3);
    CHECK(!responses.failed());
    const Response clock = co_await router.send_command("show clock");
    CHECK(clock.result == "12:00:00.000 UTC");
    co_await router.close();
  });
}

TEST_CASE("IOS XR commits with a comment, keeps uncommitted changes, and drops them on request") {
  FakeDevice device;
  device.prompt = "RP/0/RP0/CPU0:xr1#";
  const std::string exec = device.prompt;
  const std::string config = "RP/0/RP0/CPU0:xr1(config)#";
  bool changed = false;
  bool asked = false;
  bool refuses = false;
  device.on_line = [&](const std::string& line) {
    if (std::exchange(asked, false)) return;  // cancel: stays where it is
    if (line == "configure terminal" || line == "configure exclusive") device.prompt = config;
    if (line == "hostname core") changed = true;
    if (line.starts_with("commit")) changed = refuses;
    if (line.starts_with("commit") && refuses)
      device.say("\n% Failed to commit one or more items\n");
    if (line == "abort") changed = false;
    if (line == "end" && changed) {
      device.say("Uncommitted changes found, commit them before exiting(yes/no/cancel)? [cancel]:");
      device.show_prompt = false;
      asked = true;
    } else if (line == "end" || line == "abort") {
      device.prompt = exec;
    }
  };
  run_virtual([&]() -> Coroutine<> {
    const IOSXRDriver router(device.options());
    co_await router.open();
    co_await router.send_configs("hostname core");
    const std::string held = co_await error_of(router.send_command("show clock"));
    CHECK(held ==
          "r1:22: there are changes that are not committed; call commit or abort_config first");
    CHECK(router.current_privilege_level() == "configuration");
    const Response committed = co_await router.commit("ticket 4711");
    CHECK(committed.channel_input == "commit comment ticket 4711");
    CHECK(!changed);
    co_await router.send_command("show clock");

    co_await router.send_configs("hostname core");
    co_await router.abort_config();
    CHECK(!changed);
    CHECK(router.current_privilege_level() == "privilege_exec");

    SendOptions exclusive;
    exclusive.privilege_level = "configuration_exclusive";
    const std::vector<std::string> configs = {"hostname core"};
    co_await router.send_configs(configs, exclusive);
    CHECK(router.current_privilege_level() == "configuration_exclusive");
    refuses = true;
    const bool refused = co_await throws<CommandFailure>(router.commit());
    CHECK(refused);
    const bool bad = co_await throws<ValueError>(router.commit("two\nlines"));
    CHECK(bad);
    co_await router.abort_config();
    const bool nothing = co_await throws<PrivilegeError>(router.commit());
    CHECK(nothing);
    co_await router.close();
  });
}

TEST_CASE("Junos: a prompt of two lines, configuration that fails is rolled back") {
  FakeDevice device;
  device.prompt = "{master:0}\r\nadmin@qfx> ";
  const std::string exec = device.prompt;
  const std::string config = "\r\n{master:0}[edit]\r\nadmin@qfx# ";
  FakeLevels levels(device,
                    {{{exec, "configure"}, config},
                     {{exec, "configure private"}, config},
                     {{config, "exit configuration-mode"}, exec}},
                    {{"configure", "Entering configuration mode\n"},
                     {"show it", "it\n\n"},
                     {"set bad", "                ^\nsyntax error.\n"},
                     {"commit comment \"ticket 4711\"", "commit complete\n"}});
  run_virtual([&]() -> Coroutine<> {
    const JunosDriver router(device.options());
    co_await router.open();
    const Response shown = co_await router.send_command("show it");
    CHECK(shown.result == "it");
    const MultiResponse good = co_await router.send_configs("set system host-name core");
    CHECK(!good.failed());
    CHECK(router.current_privilege_level() == "configuration");
    const Response committed = co_await router.commit("ticket 4711");
    CHECK(committed.result == "commit complete");
    const MultiResponse bad = co_await router.send_configs("set bad");
    CHECK(bad.failed());
    CHECK(bad[0].failed_by == "syntax error");
    CHECK(router.current_privilege_level() == "exec");
    co_await router.acquire_priv("configuration_private");
    CHECK(router.current_privilege_level() == "configuration_private");
    co_await router.close();
  });
  CHECK(std::ranges::count(device.lines, "rollback 0") == 1);
}

TEST_CASE(
    "a step of opening that asks something is answered, with the secret where it is asked for") {
  for (const bool is_right : {true, false}) {
    FakeDevice device;
    device.prompt = "<HP>";
    int step = 0;
    device.on_line = [&](const std::string& line) {
      if (line == "_cmdline-mode on") {
        step = 1;
        device.say("All commands can be displayed and executed. Continue? [Y/N]");
      } else if (step == 1) {
        step = line == "Y" ? 2 : 0;
        device.say("Please input password:");
        device.hide_input = true;
      } else if (step == 2 && line == "512900") {
        step = 0;
        device.say("Warning: Now you enter an all-command mode\n");
      } else if (step == 2) {
        device.say(line.empty() ? "Error: Invalid password\n" : "Please input password:");
        step = line.empty() ? 0 : 2;
      }
      device.show_prompt = step == 0;
    };
    run_virtual([&]() -> Coroutine<> {
      auto options = device.options("hp_comware_limited");
      options.auth_secondary = is_right ? "512900" : "canary-7431";
      const NetworkDriver driver(options);
      const std::string text = co_await error_of(driver.open());
      CHECK(text == (is_right ? ""
                              : "r1:22: '_cmdline-mode on' does not accept the password "
                                "(auth_secondary)"));
      co_await driver.close();
    });
  }
}

TEST_CASE("Junos: changes that are not committed are not left behind unseen") {
  FakeDevice device;
  device.prompt = "admin@mx> ";
  bool asked = false;
  bool committed = false;
  device.on_line = [&](const std::string& line) {
    if (std::exchange(asked, false)) {
      if (line == "yes") device.prompt = "admin@mx> ";
    } else if (line == "configure") {
      device.prompt = "\r\n[edit]\r\nadmin@mx# ";
    } else if (line == "commit") {
      committed = true;
      device.say("commit complete\n");
    } else if (line == "exit configuration-mode" && !committed) {
      device.say("The configuration has been changed but not committed\n");
      device.say("Exit with uncommitted changes? [yes,no] (yes) ");
      device.show_prompt = false;
      asked = true;
    } else if (line == "exit configuration-mode") {
      device.prompt = "admin@mx> ";
    }
  };
  run_virtual([&]() -> Coroutine<> {
    const JunosDriver router(device.options());
    co_await router.open();
    co_await router.send_configs("set system host-name mx");
    const bool held = co_await throws<PrivilegeError>(router.send_command("show version"));
    CHECK(held);
    CHECK(router.is_usable());
    CHECK(router.current_privilege_level() == "configuration");
    co_await router.commit();
    co_await router.send_command("show version");
    CHECK(router.current_privilege_level() == "exec");
    co_await router.close();
  });
}

TEST_CASE("configuration sessions have levels of their own, are committed or aborted as a whole") {
  struct Case {
    const char* platform;
    const char* exec;
    const char* config;
    const char* session;
  };
  for (const Case& one : {Case{"arista_eos", "leaf1#", "leaf1(config)#", "leaf1(config-s-ticket)#"},
                          Case{"cisco_nxos", "leaf1#", "leaf1(config)#", "leaf1(config-s)#"}}) {
    CAPTURE(one.platform);
    FakeDevice device;
    device.prompt = one.exec;
    FakeLevels levels(device,
                      {{{one.exec, "configure terminal"}, one.config},
                       {{one.config, "end"}, one.exec},
                       {{one.exec, "configure session ticket-4711"}, one.session},
                       {{one.session, "end"}, one.exec},
                       {{one.session, "abort"}, one.exec},
                       {{one.session, "commit"}, one.exec}},
                      {{"bad", "% Invalid input (at token 0: 'bad')\n% Invalid command at '^'\n"}});
    run_virtual([&]() -> Coroutine<> {
      const NetworkDriver driver = make_driver(one.platform, device.options());
      co_await driver.open();
      SendOptions options;
      options.privilege_level = "ticket-4711";
      const std::vector<std::string> good = {"hostname leaf2"};
      const std::vector<std::string> bad = {"bad"};
      const bool unknown = co_await throws<PrivilegeError>(driver.send_configs(good, options));
      CHECK(unknown);
      CHECK_THROWS_AS(driver.register_configuration_session("a b"), ValueError);
      driver.register_configuration_session("ticket-4711");
      driver.register_configuration_session("ticket-4711");
      co_await driver.send_configs(good, options);
      CHECK(driver.current_privilege_level() == "ticket-4711");
      co_await driver.commit();
      CHECK(driver.current_privilege_level() == "privilege_exec");
      const MultiResponse failed = co_await driver.send_configs(bad, options);
      CHECK(failed.failed());
      CHECK(driver.current_privilege_level() == "privilege_exec");
      co_await driver.send_configs("hostname leaf2");
      CHECK(driver.current_privilege_level() == "configuration");
      const bool no_comment = co_await throws<PrivilegeError>(driver.commit("x"));
      CHECK(no_comment);
      co_await driver.close();
    });
    CHECK(std::ranges::count(device.lines, "abort") == 1);
    CHECK(std::ranges::count(device.lines, "commit") == 1);
  }
  FakeDevice device;
  FakeIos ios(device);
  const IOSXEDriver router(device.options());
  CHECK_THROWS_AS(router.register_configuration_session("ticket"), PrivilegeError);
}

}  // namespace
