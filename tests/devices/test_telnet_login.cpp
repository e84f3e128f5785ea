// Devices over telnet, on real sockets: how they ask who is there, and what they do then.

#include <memory>
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

/// What a telnet device says first, and for each line that it gets.
class Script {
 public:
  std::string greeting;
  std::function<std::string(const std::string& line, int number)> answer;
  bool hangs_up = false;  // when an answer is empty
};

/// A device of the test's, whose login is on the terminal as over telnet. Time is virtual.
void with_device(const Script& script, std::function<Coroutine<>(Options)> body) {
  FakeDevice device;
  device.greeting = script.greeting;
  device.prompt = "";
  int number = 0;
  device.on_line = [&](const std::string& line) {
    const std::string answer = script.answer(line, number++);
    if (answer.empty() && script.hangs_up) return device.hang_up();
    device.say(answer);
    device.hide_input = answer.ends_with("Password: ");
  };
  Options options = device.options();
  options.transport = "telnet";
  const auto main = [&]() -> Coroutine<> {
    const auto restarting = [&, factory = options.transport_factory](const Options& given) {
      number = 0;
      return factory(given);
    };
    options.transport_factory = restarting;
    co_await body(options);
  };
  run_virtual(main);
  CHECK(device.opened == device.closed);
}

/// The same on a real socket of the loopback, with an echo.
void with_telnet_server(const Script& script, std::function<Coroutine<>(Options)> body) {
  const auto serve = [&script](StreamReader reader, StreamWriter writer) -> Coroutine<> {
    writer.write(script.greeting);
    int number = 0;
    bool is_hidden = false;
    std::string line;
    while (true) {
      const std::string bytes = co_await reader.read(1);
      if (bytes.empty()) break;
      if (bytes != "\n") {
        if (bytes != "\r") line += bytes;
        if (bytes != "\r" && !is_hidden) writer.write(bytes);
        continue;
      }
      const std::string answer = script.answer(std::exchange(line, {}), number++);
      if (answer.empty() && script.hangs_up) break;
      writer.write("\n" + answer);
      is_hidden = answer.ends_with("Password: ");
    }
    writer.close();
  };
  const auto main = [&]() -> Coroutine<> {
    Server server = co_await start_telnet_server(serve, "127.0.0.1", 0);
    Options options;
    options.host = "127.0.0.1";
    options.port = server.sockets().front().port();
    options.transport = "telnet";
    options.platform = "cisco_iosxe";
    options.auth_username = "admin";
    options.auth_password = "Correct-Horse-7";
    co_await body(options);
    server.close();
    server.abort_clients();
    co_await server.wait_closed();
  };
  run(main());
}

/// An IOS that asks for name and password, and then is in privileged mode.
std::string ios_answer(const std::string& line, int number) {
  if (number == 0) return "Password: ";
  if (number == 1) return line == "Correct-Horse-7" ? "\nr1#" : "% Login invalid\n\nUsername: ";
  if (line == "show clock") return "12:00:00.000 UTC\nr1#";
  return "r1#";
}

TEST_CASE("a device that asks for name and password gets them, whatever its banner says") {
  const std::vector<std::string> greetings = {
      "\nUser Access Verification\n\nUsername: ",
      "\n#######\nlast login: Mon Jan  1\nwelcome to r1>\nuser: none, password: none\n\nLogin: ",
      "\nUsername:", "r1 login: "};
  for (const std::string& greeting : greetings) {
    CAPTURE(greeting);
    Script script{greeting, ios_answer};
    with_device(script, [](Options options) -> Coroutine<> {
      std::string log;
      options.channel_log = [&log](std::string_view text) { log += text; };
      const IOSXEDriver router(options);
      co_await router.open();
      const Response response = co_await router.send_command("show clock");
      CHECK(response.result == "12:00:00.000 UTC");
      co_await router.close();
      CHECK(!contains(log, "Correct-Horse"));
    });
  }
}

TEST_CASE("wrong credentials are an error at the second question, and hold no password") {
  for (const bool hangs_up : {false, true}) {
    Script script{"Username: ", ios_answer, hangs_up};
    if (hangs_up) {
      script.answer = [](const std::string&, int number) {
        return number == 0 ? "Password: " : "";
      };
    }
    with_device(script, [&](Options options) -> Coroutine<> {
      options.auth_password = "canary-7431";
      const IOSXEDriver router(options);
      const bool failed = co_await throws<AuthenticationFailed>(router.open());
      CHECK(failed);
      const std::string text = co_await error_of(router.open());
      CHECK(text.starts_with("r1:23: "));
      CHECK(contains(text, hangs_up ? "has ended the connection" : "% Login invalid"));
      CHECK(!contains(text, "canary"));
      CHECK(!router.isalive());
    });
  }
  // A line with a password and no names.
  int lines = 0;
  Script script{"Password: ", [&lines](const std::string&, int) {
                  ++lines;
                  return std::string("Password: ");
                }};
  with_device(script, [&lines](Options options) -> Coroutine<> {
    const std::string refused = co_await error_of(IOSXEDriver(options).open());
    CHECK(contains(refused, "the device does not accept the user's name and the password"));
    CHECK(lines == 1);  // a second one might lock the user out
    options.auth_password = ssh::Secret();
    const IOSXEDriver router(options);
    const std::string text = co_await error_of(router.open());
    CHECK(contains(text, "the device asks for a password, and auth_password is empty"));
  });
}

TEST_CASE("a device that stays silent is woken by a return; one that never speaks times out") {
  Script script;
  script.answer = [](const std::string& line, int number) {
    return number == 0 ? std::string("Username: ") : ios_answer(line, number - 1);
  };
  with_device(script, [](Options options) -> Coroutine<> {
    const IOSXEDriver router(options);
    co_await router.open();
    const std::string prompt = co_await router.get_prompt();
    CHECK(prompt == "r1#");
    co_await router.close();
  });
  script.answer = [](const std::string&, int) { return std::string(); };
  with_device(script, [](Options options) -> Coroutine<> {
    const IOSXEDriver router(options);
    const std::string text = co_await error_of(router.open());
    CHECK(contains(text, "no answer to the login in 30000 ms; waited for a login prompt"));
  });
}

TEST_CASE("a device that asks for nothing is believed, and with auth_bypass nothing is answered") {
  Script script{"\nr1#", [](const std::string&, int) { return std::string("r1#"); }};
  with_device(script, [](Options options) -> Coroutine<> {
    for (const bool bypass : {false, true}) {
      options.auth_bypass = bypass;
      const IOSXEDriver router(options);
      co_await router.open();
      CHECK(router.isalive());
      co_await router.close();
      CHECK(!router.isalive());
    }
  });
}

TEST_CASE("telnet on a real socket: login, a command, the end, with every byte of the protocol") {
  const Script script{"\n\nUser Access Verification\n\nUsername: ", ios_answer};
  with_telnet_server(script, [](Options options) -> Coroutine<> {
    options.keepalive_interval = 10s;
    const IOSXEDriver router(options);
    co_await router.open();
    const Response response = co_await router.send_command("show clock");
    CHECK(response.result == "12:00:00.000 UTC");
    co_await router.close();
  });
}

TEST_CASE(
    "nobody at the port, a peer that hangs up, and a name that is none are ConnectionErrors") {
  const auto main = []() -> Coroutine<> {
    const auto hang_up = [](StreamReader, StreamWriter writer) -> Coroutine<> {
      writer.close();
      co_return;
    };
    Server server = co_await start_telnet_server(hang_up, "127.0.0.1", 0);
    Options options;
    options.host = "127.0.0.1";
    options.port = server.sockets().front().port();
    options.transport = "telnet";
    options.platform = "cisco_iosxe";
    const std::string peer = options.peer() + ": ";
    const std::string gone = co_await error_of(IOSXEDriver(options).open());
    CHECK_MESSAGE((contains(gone, "has ended the connection") || contains(gone, "is lost")), gone);
    CHECK(gone.starts_with(peer));
    server.close();
    co_await server.wait_closed();
    const bool refused = co_await throws<devices::ConnectionError>(IOSXEDriver(options).open());
    CHECK(refused);
    const std::string text = co_await error_of(IOSXEDriver(options).open());
    CHECK(text.starts_with(peer));
    CHECK(contains(text, "refused"));
  };
  run(main());
}

TEST_CASE("a device that hangs up in the middle of a command says what came last") {
  Script script{"\nr1#", nullptr, true};
  script.answer = [](const std::string& line, int) {
    return line == "show clock" ? std::string() : std::string("r1#");
  };
  with_telnet_server(script, [](Options options) -> Coroutine<> {
    const IOSXEDriver router(options);
    co_await router.open();
    const std::string text = co_await error_of(router.send_command("show clock"));
    CHECK(contains(text, "the device has ended the connection"));
    CHECK(!router.isalive());
    const std::string again = co_await error_of(router.send_command("show clock"));
    CHECK(contains(again, "the connection has ended; open it again"));
    co_await router.close();
    const bool closed = co_await throws<ConnectionNotOpened>(router.get_prompt());
    CHECK(closed);
    co_await router.open();  // the same driver again
    CHECK(router.is_usable());
    co_await router.close();
  });
}

}  // namespace
