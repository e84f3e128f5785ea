#pragma once

// readuntil with a limit, and with an error that helps.

#include <chrono>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

// All that the router sends up to `prompt`. Throws TimeoutError when it
// does not come within `limit`; the text shows what has come instead.
inline rondo::Coroutine<std::string> read_until(
    rondo::StreamReader reader, std::string prompt,
    std::chrono::seconds limit) {
  try {
    const std::string output =
        co_await rondo::wait_for(reader.readuntil(prompt), limit);
    co_return output;
  } catch (const rondo::TimeoutError&) {
    // No co_await here: what is left to do comes below.
  }
  std::string received;
  if (reader.buffered() > 0) received = co_await reader.read(10'000);
  throw rondo::TimeoutError(fmt::format("no {:?} within {} s, but {:?}",
                                        prompt, limit.count(),
                                        received));
}
