#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// What the tests' servers do with a connection, and what goes over it.

namespace rondo::test {

/// Sends back what comes, until the end.
inline Coroutine<void> send_back(StreamReader reader, StreamWriter writer) {
  for (;;) {
    const std::string bytes = co_await reader.read(4096);
    if (bytes.empty()) co_return;
    writer.write(bytes);
    co_await writer.drain();
  }
}

inline Coroutine<void> leave_at_once(StreamReader, StreamWriter) {
  co_return;
}

inline std::string random_bytes(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i + sizeof(std::uint64_t) <= count; i += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  return bytes;
}

/// From 1 byte to 64 KiB.
inline std::ptrdiff_t random_size(std::mt19937& random) {
  return static_cast<std::ptrdiff_t>(random() % (64 * 1024)) + 1;
}

}  // namespace rondo::test
