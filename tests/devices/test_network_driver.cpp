// The drivers' everyday work: open, levels, commands, configuration, close.

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

TEST_CASE("a driver opens, reaches its level by the secret, runs a command, and leaves") {
  FakeDevice device;
  const FakeIos ios(device);
  run_virtual([&]() -> Coroutine<> {
    std::string seen;
    co_await async_with(IOSXEDriver(device.options()), [&](IOSXEDriver& router) -> Coroutine<> {
      CHECK(router.isalive());
      CHECK(router.current_privilege_level() == "privilege_exec");
      const Response response = co_await router.send_command("show clock");
      CHECK(response.result == "12:00:00.000 UTC");
      CHECK(response.raw_result == "\r\n12:00:00.000 UTC\r\nr1#");
      CHECK(response.host == "r1");
      CHECK(response.channel_input == "show clock");
      CHECK(!response.failed);
      response.raise_for_status();
      seen = response.result;
    });
    CHECK(!seen.empty());
  });
  const std::vector<std::string> expected = {
      "", "enable", "nevertell", "terminal length 0", "terminal width 512", "show clock", "exit"};
  CHECK(device.lines == expected);
  CHECK(device.opened == 1);
  CHECK(device.closed == 1);
}

}  // namespace
