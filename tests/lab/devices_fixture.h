// Devices without a network, for tests that type and read: one of each platform, in a ring.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/lab/device.h>
#include <rondo/lab/generate.h>
#include <rondo/lab/terminal.h>

namespace rondo::lab {

/// r1, sw2, core3, leaf4 and edge5, each cabled to the one before and the one behind.
class Ring {
 public:
  /// `faults`, if any, are those of all of them.
  explicit Ring(const Faults& faults = {}, std::chrono::milliseconds delay = {}) {
    LabPlan plan;
    plan.devices = 5;
    plan.delay = delay;
    for (Router& router : generate_routers(plan)) {
      router.faults = faults;
      apply_faults(router);
      devices_.push_back(std::make_unique<Device>(std::move(router)));
    }
    std::vector<Device*> pointers;
    for (const auto& device : devices_)
      pointers.push_back(device.get());
    connect_neighbors(pointers);
  }

  Device& of(std::string_view platform) {
    for (const auto& device : devices_) {
      if (device->description().platform == platform) return *device;
    }
    FAIL("no device of that platform");
    return *devices_.front();
  }
  Device& iosxe() { return of("cisco_iosxe"); }

 private:
  std::vector<std::unique_ptr<Device>> devices_;
};

/// A session whose clock stands still, and whose bytes come without carriage returns.
class Typist {
 public:
  explicit Typist(Device& device)
      : terminal(device, [] {
          return std::chrono::system_clock::time_point(std::chrono::milliseconds(1614700172123));
        }) {
    terminal.open_shell();
    greeting = read();
  }

  std::string type(std::string_view keys) {
    terminal.type(keys);
    return read();
  }

  /// All turns until the device waits for keys; at most `turns` of them.
  std::string read(unsigned turns = 1000) {
    std::string bytes;
    for (; turns > 0; --turns) {
      const Terminal::Turn turn = terminal.turn();
      bytes += turn.bytes;
      if (turn.after != Terminal::After::goes_on) after = turn.after;
      pauses.push_back(turn.pause);
      if (turn.pause.count() == 0) break;
    }
    std::erase(bytes, '\r');
    return bytes;
  }

  Terminal terminal;
  std::string greeting;
  Terminal::After after = Terminal::After::goes_on;
  std::vector<std::chrono::milliseconds> pauses;
};

}  // namespace rondo::lab
