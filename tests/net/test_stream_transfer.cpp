// Streams over TCP: much data, slow peers, and peers that go without a word.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "stream_handlers.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

Coroutine<void> echo_in_random_pieces(StreamReader reader, StreamWriter writer) {
  std::mt19937 random(2);
  for (;;) {
    const std::string bytes = co_await reader.read(random_size(random));
    if (bytes.empty()) break;
    writer.write(bytes);
    co_await writer.drain();
  }
  writer.write_eof();
}

TEST_CASE("[fault 38] 64 MiB come back byte for byte through a peer that reads as it likes" *
          doctest::test_suite("heavy")) {
  const auto transfer = []() -> Coroutine<void> {
    const std::string sent = random_bytes(64 * 1024 * 1024, 1);
    const Server server = co_await start_server(echo_in_random_pieces, "127.0.0.1", 0);
    auto [reader, writer] = co_await open_connection("127.0.0.1", server.sockets().at(0).port());
    writer.write(sent);
    writer.write_eof();
    std::mt19937 random(3);
    std::size_t offset = 0;
    bool same = true;
    for (;;) {
      const auto limit = static_cast<std::size_t>(random_size(random));
      const std::string bytes = co_await reader.read(static_cast<std::ptrdiff_t>(limit));
      if (bytes.empty()) break;
      same = same && bytes.size() <= limit &&
             std::string_view(sent).substr(offset, bytes.size()) == bytes;
      offset += bytes.size();
    }
    CHECK(same);
    CHECK(offset == sent.size());
    server.close();
    writer.close();
    co_await writer.wait_closed();
    co_await server.wait_closed();
  };
  run_bounded(transfer, LoopOptions(), 120s);
}

TEST_CASE("[fault 40] a reset in the middle of a transfer is an error, never a success" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener));
    FileDescriptor peer = accept_now(listener);
    REQUIRE(peer);
    writer.write(std::string(64 * 1024 * 1024, 'x'));
    auto draining = create_task(writer.drain());
    auto reading = create_task(reader.read(1));
    co_await receive(peer, 100'000);
    CHECK_FALSE(draining.done());
    reset_now(std::move(peer));
    const auto from_drain = co_await thrown_by<ConnectionError>(draining);
    CHECK(from_drain);
    // The kernel tells a reset once: when the send was told, the receive may see a plain end.
    const auto from_read = co_await thrown_by<ConnectionError>(reading);
    CHECK((from_read || reading.result().empty()));
    const auto at_the_end = co_await thrown_by<ConnectionError>(writer.wait_closed());
    CHECK(at_the_end);
    writer.write("more");
    const auto later = co_await thrown_by<ConnectionError>(writer.drain());
    CHECK(later);
  });
}

TEST_CASE("[fault 40] a reset while nothing but a read waits is a ConnectionResetError") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener));
    FileDescriptor peer = accept_now(listener);
    auto reading = create_task(reader.readline());
    co_await let_run(3);
    reset_now(std::move(peer));
    const auto error = co_await thrown_by<ConnectionResetError>(reading);
    CHECK(error);
    CHECK(writer.is_closing());
  });
}

TEST_CASE("[case 193] a loop of write and drain ends with an error when the peer has closed") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener));
    {
      const FileDescriptor closed = accept_now(listener);
    }
    const auto write_for_ever = [](StreamWriter to) -> Coroutine<void> {
      for (;;) {
        to.write("x");
        co_await to.drain();
      }
    };
    const auto error = co_await thrown_by<ConnectionError>(write_for_ever(writer));
    CHECK(error);
  });
}

TEST_CASE("[case 194] a connection closed on this side: reads end, writes are an error") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    send_now(peer, "unread");
    CHECK_FALSE(writer.is_closing());
    writer.close();
    CHECK(writer.is_closing());
    writer.write("data");
    const auto at_once = co_await thrown_by<ConnectionResetError>(writer.drain());
    CHECK(at_once);
    co_await writer.wait_closed();
    co_await reader.read();
    CHECK(reader.at_eof());
    const auto later = co_await thrown_by<ConnectionResetError>(writer.drain());
    CHECK(later);
    CHECK(has_ended(peer));
  });
}

TEST_CASE("[case 194] [fault 36] the peer of a closed connection sees its end, and no reset") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    co_await let_run(3);  // a receive is in flight
    writer.write("last words");
    writer.close();
    const std::string all = co_await receive(peer, 100);
    CHECK(all == "last words");
    const auto end = receive_now(peer);
    CHECK(end == "");
  });
}

TEST_CASE("[case 165] a read that timed out over TCP has lost no byte") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    send_now(peer, "half a ");
    const auto error = co_await thrown_by<TimeoutError>(wait_for(reader.readuntil("\n"), 20ms));
    CHECK(error);
    send_now(peer, "line\n");
    const std::string line = co_await reader.readuntil("\n");
    CHECK(line == "half a line\n");
  });
}

TEST_CASE("[case 196] dropping the last handle closes the connection") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    FileDescriptor peer;
    {
      auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener));
      peer = accept_now(listener);
      {
        const StreamWriter copy = writer;
      }
      co_await let_run(5);
      const auto nothing_yet = receive_now(peer);
      CHECK_FALSE(nothing_yet.has_value());
    }
    const std::string end = co_await receive(peer, 1);
    CHECK(end.empty());
  });
}

TEST_CASE("[case 165] [fault 26] reads and drains cancelled at any moment lose no byte" *
          doctest::test_suite("heavy")) {
  const auto talk = []() -> Coroutine<void> {
    constexpr int rounds = 1000;
    const Server server = co_await start_server(echo_in_random_pieces, "127.0.0.1", 0);
    const std::size_t before = open_descriptors();
    auto [reader, writer] = co_await open_connection("127.0.0.1", server.sockets().at(0).port());
    int cancelled = 0;
    std::string sent;
    std::string received;
    for (int round = 0; round < rounds; ++round) {
      const std::string line = std::to_string(round) + std::string(round % 200, 'x') + "\n";
      sent += line;
      writer.write(line);
      auto draining = create_task(writer.drain());
      auto reading = create_task(reader.readline());
      co_await let_run(round % 7);
      reading.cancel();
      draining.cancel();
      try {
        received += co_await reading;
      } catch (const CancelledError&) {
        ++cancelled;
      }
      try {
        co_await draining;
      } catch (const CancelledError&) {
        // What was written is sent all the same.
      }
    }
    writer.write_eof();
    received += co_await reader.read();
    CHECK(received == sent);
    CHECK(cancelled >= rounds / 7);  // those that had not begun, at least
    CHECK(cancelled < rounds);
    writer.close();
    co_await writer.wait_closed();
    co_await until([&] { return open_descriptors() == before; });
    server.close();
    co_await server.wait_closed();
  };
  run_bounded(talk, LoopOptions(), 60s);
}

}  // namespace
