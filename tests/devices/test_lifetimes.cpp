// Time-outs and cancellations at every moment; hooks, handles and errors.

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
  options.on_open = [&order](const NetworkDriver& driver) -> Coroutine<> {
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
