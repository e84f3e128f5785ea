// Interactions, reads, callbacks; commands of files; what is made of responses.

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

}  // namespace
