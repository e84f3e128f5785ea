// Interactions, reads, callbacks; time-outs and cancellations at every moment; hooks and handles.

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices.h>

#include "../runtime/temporary_directory.h"
#include "../runtime/virtual_run.h"
#include "fake_device.h"

namespace {

using namespace rondo;
using namespace rondo::devices;
using namespace rondo::testing;
using tests::contains;
using tests::FakeDevice;
using tests::FakeIos;

/// A device that asks two questions on "copy", the second for a password.
class Questions {
 public:
  explicit Questions(FakeDevice& device) {
    device.prompt = "r1#";
    device.on_line = [this, &device](const std::string& line) {
      if (line == "copy") {
        step_ = 1;
        device.say("Destination filename [startup]? ");
      } else if (step_ == 1) {
        step_ = 2;
        device.say("Password: ");
        device.hide_input = true;
      } else if (step_ == 2) {
        step_ = 0;
        device.say(line == "battery" ? "[OK]\n" : "% Error, no\n");
      } else if (line == "boot") {
        device.say("loading\n");
        device.say_later(std::chrono::seconds(5), "Continue? [yes/no]: ");
        step_ = 3;
      } else if (step_ == 3) {
        step_ = 0;
        device.say("you said " + line + "\n");
      }
      device.show_prompt = step_ == 0;
    };
  }

 private:
  int step_ = 0;
};

TEST_CASE("send_interactive answers questions, waits for no echo of what is hidden, and hides it") {
  FakeDevice device;
  const Questions questions(device);
  std::string log;
  auto options = device.options();
  options.channel_log = [&log](std::string_view text) { log += text; };
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(options);
    co_await router.open();
    std::vector<Interaction> steps;
    steps.emplace_back("copy", "Destination filename");
    steps.emplace_back("", "^Password:\\s?$");
    steps.push_back(Interaction::hidden("battery"));
    const TimePoint start = get_running_loop().time();
    const Response response = co_await router.send_interactive(steps);
    CHECK(get_running_loop().time() == start);
    CHECK(response.channel_input == "copy, , ********");
    CHECK(response.result == "[OK]");
    CHECK(!response.failed);

    // A prompt where a question was expected: the answers behind it are not typed as commands.
    std::vector<Interaction> wrong;
    wrong.emplace_back("show clock", "Destination filename");
    wrong.emplace_back("reload");
    co_await router.send_interactive(wrong);
    CHECK(std::ranges::count(device.lines, "reload") == 0);

    InteractiveOptions early;
    early.interaction_complete_patterns = {"Password:"};
    std::vector<Interaction> ended;
    ended.emplace_back("copy", "Destination filename");
    ended.emplace_back("");
    ended.emplace_back("never typed");
    const Response cut = co_await router.send_interactive(ended, early);
    CHECK(cut.result == "Password:");
    CHECK(device.lines.back().empty());
    co_await router.close();
  });
  CHECK(!contains(log, "battery"));
}

TEST_CASE("send_and_read reads up to a text, up to a time, or up to a prompt") {
  FakeDevice device;
  const Questions questions(device);
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    const TimePoint start = get_running_loop().time();
    const std::vector<std::string> expected = {"[yes/no]"};
    const std::vector<std::string> nothing;
    const Response early = co_await router.send_and_read("boot", nothing, 2s);
    CHECK(early.result == "loading");
    CHECK(get_running_loop().time() - start == 2s);
    const Response asked = co_await router.send_and_read("", expected);
    CHECK(asked.result == "Continue? [yes/no]:");
    CHECK(get_running_loop().time() - start == 5s);
    const Response last = co_await router.send_and_read("no", nothing);
    CHECK(last.result == "you said no");
    const bool late = co_await throws<devices::Timeout>(router.send_and_read("", expected));
    CHECK(late);
    co_await router.close();
  });
}

TEST_CASE("read_callback calls what fits what was read, until one completes") {
  FakeDevice device;
  const Questions questions(device);
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    std::vector<std::string> seen;
    const auto answer = [&seen](GenericDriver driver, std::string output) -> Coroutine<> {
      seen.push_back(output);
      driver.write("yes");
      driver.send_return();
      co_return;
    };
    std::vector<ReadCallback> callbacks;
    callbacks.emplace_back("[yes/no]", answer);
    callbacks.back().only_once = true;
    callbacks.emplace_back(Pattern("^r1#$"), ReadCallback::Callback());
    callbacks.back().complete = true;
    const std::string all = co_await router.read_callback(callbacks, "boot");
    CHECK(seen.size() == 1);
    CHECK(contains(seen.at(0), "loading\nContinue? [yes/no]: "));
    CHECK(contains(all, "you said yes\nr1#"));
    const Response response = co_await router.send_command("show clock");
    CHECK(!response.failed);
    const std::vector<ReadCallback> never = {ReadCallback("never", ReadCallback::Callback())};
    const std::string text = co_await error_of(router.read_callback(never));
    CHECK(contains(text, "no answer to a read with callbacks in 30000 ms"));
    co_await router.close();
  });
}

TEST_CASE("commands come from a file, one by one, and are one line each") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "commands.txt";
  test::put(path, "show clock\r\n\nshow nothing\nshow clock");
  FakeDevice device;
  FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    const MultiResponse all = co_await router.send_commands_from_file(path);
    CHECK(all.size() == 3);
    CHECK(all.failed());
    CHECK(all.result().starts_with("show clock\n12:00:00.000 UTC\nshow nothing\n"));
    SendOptions options;
    options.stop_on_failed = true;
    options.strip_prompt = false;
    const MultiResponse some = co_await router.send_commands_from_file(path, options);
    CHECK(some.size() == 2);
    CHECK(some[0].result == "12:00:00.000 UTC\nr1#");
    options.failed_when_contains = {"12:00"};
    const MultiResponse one = co_await router.send_commands_from_file(path, options);
    CHECK(one.size() == 1);
    const MultiResponse two = co_await router.send_commands("show clock", "show clock");
    CHECK(two.size() == 2);
    test::put(path, "hostname r2\n");
    const MultiResponse configured = co_await router.send_configs_from_file(path);
    CHECK(!configured.failed());
    const bool lines = co_await throws<ValueError>(router.send_command("show clock\nreload"));
    CHECK(lines);
    const bool missing = co_await throws<FileNotFoundError>(router.send_commands_from_file("/n"));
    CHECK(missing);
    co_await router.close();
  });
}

TEST_CASE("a response is parsed by the template of its platform and command, or by another one") {
  const test::TemporaryDirectory directory;
  test::put(directory / "index",
            "Template, Hostname, Platform, Command\n"
            "clock.textfsm, .*, cisco_ios, sh[[ow]] cl[[ock]]\n");
  test::put(directory / "clock.textfsm",
            "Value TIME (\\S+)\nValue ZONE (\\w+)\n\nStart\n  ^${TIME} ${ZONE} -> Record\n");
  FakeDevice device;
  FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    auto options = device.options();
    options.textfsm_templates = directory.path();
    const IOSXEDriver router(options);
    co_await router.open();
    const Response response = co_await router.send_command("show clock");
    for (const auto& records : {response.textfsm_parse_output(), response.textfsm_parse_output(),
                                response.textfsm_parse_output(directory / "clock.textfsm")}) {
      CHECK(records.size() == 1);
      CHECK(std::get<std::string>(records.at(0).at("time")) == "12:00:00.000");
      CHECK(std::get<std::string>(records.at(0).at("zone")) == "UTC");
    }
    const Response other = co_await router.send_command("show version");
    CHECK_THROWS_AS(static_cast<void>(other.textfsm_parse_output()), textfsm::CliTableError);
    co_await router.close();
  });
}

TEST_CASE("tasks that use one driver at a time take turns") {
  FakeDevice device;
  FakeIos ios(device);
  device.piece = 3;
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    auto [one, two, three] =
        co_await gather(router.send_command("show clock"), router.send_configs("hostname r2"),
                        router.send_command("show clock"));
    CHECK(one.result == three.result);
    CHECK(!two.failed());
    co_await router.close();
  });
}

TEST_CASE("a command that is cancelled at any moment leaves a driver that recovers") {
  FakeDevice device;
  FakeIos ios(device);
  device.piece = 1;
  ios.outputs["show version"] = std::string(60, 'v') + "\n" + std::string(60, 'w') + "\n";
  run_virtual([&]() -> Coroutine<> {
    const IOSXEDriver router(device.options());
    co_await router.open();
    int recovered = 0;
    for (int moment = 0; moment < 200; moment += 3) {
      auto task = create_task(router.send_command("show version"));
      co_await turns(moment);
      task.cancel();
      try {
        co_await task;
      } catch (const CancelledError&) {
      }
      if (!router.is_usable()) {
        const std::string text = co_await error_of(router.send_command("show clock"));
        CHECK(contains(text, "r1:22: the device was left busy with 'show version'; call recover"));
        co_await router.recover();
        ++recovered;
      }
      const Response response = co_await router.send_command("show clock");
      CHECK(response.result == "12:00:00.000 UTC");
    }
    CHECK(recovered > 10);
    co_await router.close();
  });
}

TEST_CASE("opening and closing can be cancelled at any moment, and leave nothing") {
  run_virtual([&]() -> Coroutine<> {
    int opened = 0;
    for (int moment = 0; moment < 160; moment += 2) {
      FakeDevice device;
      FakeIos ios(device);
      device.piece = 2;
      const IOSXEDriver router(device.options());
      auto task = create_task(router.open());
      co_await turns(moment);
      task.cancel();
      try {
        co_await task;
        ++opened;
      } catch (const CancelledError&) {
        CHECK(!router.isalive());
        CHECK(device.opened == device.closed);
      }
      auto closing = create_task(router.close());
      co_await turns(moment % 7);
      closing.cancel();
      try {
        co_await closing;
      } catch (const CancelledError&) {
      }
      co_await router.close();
      CHECK(device.opened == device.closed);
    }
    CHECK(opened >= 0);
  });
}

TEST_CASE("hooks replace what the platform does first and last; an error in one closes") {
  FakeDevice device;
  FakeIos ios(device);
  auto options = device.options();
  std::string order;
  options.on_init = [&order](const NetworkDriver& driver) {
    order += driver.isalive() ? "alive " : "init ";
  };
  options.on_open = [&order](NetworkDriver driver) -> Coroutine<> {
    order += "open ";
    co_await driver.acquire_priv("exec");
  };
  options.on_close = [&order](const NetworkDriver& driver) -> Coroutine<> {
    order += "close";
    co_await driver.get_prompt();
  };
  run_virtual([&]() -> Coroutine<> {
    {
      const IOSXEDriver router(options);
      co_await router.open();
      const bool twice = co_await throws<RuntimeError>(router.open());
      CHECK(twice);
      co_await router.close();
      co_await router.close();
    }
    CHECK(order == "init open close");
    CHECK(device.lines == std::vector<std::string>{"", ""});
    options.on_open = [](const NetworkDriver&) -> Coroutine<> {
      throw ValueError("no");
      co_return;
    };
    const IOSXEDriver router(options);
    const bool failed = co_await throws<ValueError>(router.open());
    CHECK(failed);
    CHECK(!router.isalive());
    CHECK(device.opened == device.closed);
  });
}

TEST_CASE("a log can be a file of the user's own, to which sessions are appended") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "log.txt";
  FakeDevice device;
  FakeIos ios(device);
  auto options = device.options();
  options.channel_log = log_to_file(path);
  run_virtual([&]() -> Coroutine<> {
    for (int i = 0; i < 2; ++i) {
      ios.mode = ">";
      device.prompt = "r1>";
      const IOSXEDriver router(options);
      co_await router.open();
      co_await router.close();
    }
  });
  const std::string log = test::contents(path);
  CHECK(log.starts_with("r1>\r\nr1>enable\r\nPassword: \r\nr1#terminal length 0\r\nr1#"));
  CHECK(contains(log.substr(20), "r1>enable"));
  CHECK_THROWS_AS(log_to_file("/nowhere/log.txt"), FileNotFoundError);
}

TEST_CASE("options that make no sense are refused at once") {
  FakeDevice device;
  auto options = device.options();
  options.default_desired_privilege_level = "root";
  CHECK_THROWS_WITH_AS(IOSXEDriver{options}, doctest::Contains("has no level 'root'"), ValueError);
  options = device.options();
  options.comms_prompt_pattern = "(";
  CHECK_THROWS_AS(IOSXEDriver{options}, ValueError);
  options = device.options();
  options.transport_factory = nullptr;
  options.transport = "serial";
  CHECK_THROWS_WITH_AS(IOSXEDriver{options}, doctest::Contains("there are ssh and telnet"),
                       ValueError);
  options.host.clear();
  CHECK_THROWS_AS(IOSXEDriver{options}, ValueError);
  options = device.options("");
  CHECK_THROWS_AS(NetworkDriver{options}, UnsupportedPlatform);
  CHECK(GenericDriver(options).platform().name == "terminal");
}

TEST_CASE("a driver's handles are one driver, and tasks keep it alive") {
  FakeDevice device;
  FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    std::optional<IOSXEDriver> router(std::in_place, device.options());
    const NetworkDriver other = *router;
    co_await router->open();
    CHECK(other.isalive());
    auto task = create_task(router->send_command("show clock"));
    router.reset();
    const Response response = co_await task;
    CHECK(!response.failed);
    co_await other.close();
  });
}

TEST_CASE("time-outs are caught as rondo::TimeoutError, as devices::Error and as std::exception") {
  const auto thrown_as = []<class E>(std::type_identity<E>) {
    try {
      throw devices::Timeout("r1:22: late");
    } catch (const E& error) {
      return std::string(error.what());
    }
  };
  CHECK(thrown_as(std::type_identity<rondo::TimeoutError>()) == "r1:22: late");
  CHECK(thrown_as(std::type_identity<devices::Error>()) == "r1:22: late");
  CHECK(thrown_as(std::type_identity<std::exception>()) == "r1:22: late");
  CHECK(thrown_as(std::type_identity<devices::Timeout>()) == "r1:22: late");
}

}  // namespace
