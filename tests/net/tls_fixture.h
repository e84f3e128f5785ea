#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/net/tls.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "certificates.h"

// What the tests of TLS share: a server that echoes, and a relay, which stands between a client and
// a server, passes the bytes on in pieces and as many of them as it is told, and keeps them.

namespace rondo::test {

/// Says that the test is skipped where there are no certificates to be had.
inline bool no_certificates(const char* what = "TLS") {
  const std::string why = Certificates::unavailable();
  if (why.empty()) return false;
  std::printf("SKIP %s: %s\n", what, why.c_str());
  return true;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::uint16_t port_of(const Server& server) {
  return server.sockets().at(0).port();
}

/// Sends back what comes, until the end; errors are the client's affair.
inline Coroutine<void> echo(StreamReader reader, StreamWriter writer) {
  try {
    for (;;) {
      const std::string bytes = co_await reader.read(64 * 1024);
      if (bytes.empty()) break;
      writer.write(bytes);
      co_await writer.drain();
    }
  } catch (const OSError&) {
    // As expected.
  }
  writer.close();
}

/// Reads, and does nothing else; errors are the client's.
inline Coroutine<void> swallow(StreamReader reader, StreamWriter writer) {
  try {
    for (;;) {
      const std::string bytes = co_await reader.read(64 * 1024);
      if (bytes.empty()) break;
    }
  } catch (const OSError&) {
    // As expected.
  }
  writer.close();
}

/// How many encrypted records there are in what went over the wire.
inline int records_in(std::string_view wire) {
  constexpr std::size_t header = 5;
  constexpr unsigned char application_data = 23;
  int count = 0;
  while (wire.size() >= header) {
    const auto byte = [wire](std::size_t i) { return static_cast<unsigned char>(wire[i]); };
    if (byte(0) == application_data) ++count;
    wire.remove_prefix(std::min<std::size_t>(wire.size(), header + 256 * byte(3) + byte(4)));
  }
  return count;
}

struct Direction {
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  std::size_t most = all;         // bytes to pass on
  bool then_cut = true;           // at the end: hang up; else pass on nothing but the end
  std::size_t piece = 64 * 1024;  // bytes at a time
  std::size_t spoiled = all;      // the place of a byte that is changed
  std::string passed;
};

struct Relay {
  Direction to_server;
  Direction to_client;
  int connections = 0;
};

inline Coroutine<void> pass_on(StreamReader from, StreamWriter to, std::shared_ptr<Relay> relay,
                               Direction Relay::* which) {
  Direction& direction = (*relay).*which;
  while (direction.passed.size() < direction.most) {
    const std::size_t piece = std::min(direction.piece, direction.most - direction.passed.size());
    std::string bytes = co_await from.read(static_cast<std::ptrdiff_t>(piece));
    if (bytes.empty()) break;
    bytes.resize(std::min(bytes.size(), direction.most - direction.passed.size()));
    const std::size_t place = direction.spoiled - direction.passed.size();
    if (place < bytes.size()) bytes[place] ^= 1;
    direction.passed += bytes;
    to.write(bytes);
    co_await to.drain();
    if (direction.piece < 64) co_await sleep(std::chrono::seconds(0));
  }
  while (direction.passed.size() >= direction.most && !direction.then_cut) {
    const std::string kept_back = co_await from.read(64 * 1024);
    if (kept_back.empty()) break;
  }
  to.close();
}

inline Coroutine<void> pass_on_quietly(StreamReader from, StreamWriter to,
                                       std::shared_ptr<Relay> relay, Direction Relay::* which) {
  try {
    co_await pass_on(from, to, relay, which);
  } catch (const OSError&) {
    to.close();
  }
}

inline Coroutine<void> relay_connection(StreamReader reader, StreamWriter writer,
                                        std::shared_ptr<Relay> relay, std::uint16_t port) {
  ++relay->connections;
  auto [far_reader, far_writer] = co_await open_connection("127.0.0.1", port);
  auto up = create_task(pass_on_quietly(reader, far_writer, relay, &Relay::to_server));
  auto down = create_task(pass_on_quietly(far_reader, writer, relay, &Relay::to_client));
  co_await up;
  if (relay->to_server.then_cut) writer.close();
  co_await down;
  far_writer.close();
}

/// Relays to `port`.
inline Coroutine<Server> start_relay(std::shared_ptr<Relay> relay, std::uint16_t port) {
  auto handler = [relay, port](StreamReader reader, StreamWriter writer) {
    return relay_connection(std::move(reader), std::move(writer), relay, port);
  };
  auto server = start_server(std::move(handler), "127.0.0.1", 0);
  co_return co_await server;
}

}  // namespace rondo::test
