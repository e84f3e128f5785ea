#pragma once

// One command to one device: what the programs with many devices do at
// each of them.

#include <string>
#include <utility>

#include "drivers.h"

// Throws CommandFailure when the device does not take the command, and
// what `open` throws.
inline rondo::Coroutine<std::string> ask(devices::Options options,
                                         std::string command) {
  const auto send = [&command](devices::NetworkDriver& device)
      -> rondo::Coroutine<std::string> {
    const devices::Response response =
        co_await device.send_command(command);
    response.raise_for_status();
    co_return response.result;
  };
  const std::string result = co_await rondo::async_with(
      devices::make_driver(std::move(options)), send);
  co_return result;
}
