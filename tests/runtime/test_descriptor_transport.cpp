// DescriptorTransport over socket pairs, with a bare socket as the peer.

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <rondo/runtime/gather.h>
#include <rondo/runtime/task.h>

#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// Never fits into the kernel's buffers at once.
std::string a_lot() {
  return std::string(16 * 1024 * 1024, 'x');
}

/// Has the other end of a socket pair received all that was sent?
bool nothing_under_way(const FileDescriptor& socket) {
  int bytes = 0;
  return ::ioctl(socket.get(), SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

TEST_CASE("bytes go both ways, in order") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    writer.write("one ");
    writer.write("two ");
    writer.write("three");
    co_await writer.drain();
    const std::string bytes = co_await receive(peer, 13);
    CHECK(bytes == "one two three");
    send_now(peer, "answer\nmore");
    const std::string line = co_await reader.readline();
    CHECK(line == "answer\n");
    const std::string more = co_await reader.readexactly(4);
    CHECK(more == "more");
  });
}

TEST_CASE("[case 193] a loop of write and drain ends with an error when the peer is gone") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    {
      const FileDescriptor closed = std::move(peer);
    }
    const auto write_for_ever = [](StreamWriter to) -> Coroutine<void> {
      for (;;) {
        to.write("x");
        co_await to.drain();
      }
    };
    const auto error = co_await thrown_by<ConnectionError>(write_for_ever(writer));
    CHECK(error);
    const auto closed = co_await thrown_by<ConnectionError>(writer.wait_closed());
    CHECK(closed);
    const auto read = co_await thrown_by<ConnectionError>(reader.read(1));
    CHECK(read);
  });
}

TEST_CASE("[case 193] a write that the peer will never read ends when the peer goes") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    writer.write(a_lot());
    auto draining = create_task(writer.drain());
    co_await receive(peer, 1);
    CHECK_FALSE(draining.done());
    {
      const FileDescriptor closed = std::move(peer);
    }
    const auto error = co_await thrown_by<ConnectionError>(draining);
    CHECK(error);
  });
}

TEST_CASE("[case 194] [fault 36] close with a receive in flight: the peer sees the end") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    auto reading = create_task(reader.read(1));
    send_now(peer, "x");
    const std::string byte = co_await reading;  // so the next receive is in flight
    CHECK(byte == "x");
    co_await let_run(3);
    auto pending = create_task(reader.read(1));
    co_await let_run();

    writer.close();
    CHECK(writer.is_closing());
    co_await writer.wait_closed();
    const auto end = receive_now(peer);
    CHECK(end == "");
    const std::string nothing = co_await pending;
    CHECK(nothing.empty());
    CHECK(reader.at_eof());
  });
}

TEST_CASE("[case 194] wait_closed returns though bytes were left unread") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    send_now(peer, "line\nand more");
    const std::string line = co_await reader.readline();
    CHECK(line == "line\n");
    co_await until([&peer] { return nothing_under_way(peer); });
    co_await let_run(3);
    writer.close();
    co_await writer.wait_closed();
    const std::string unread = co_await reader.read();
    CHECK(unread == "and more");
    const auto end = receive_now(peer);
    CHECK(end == "");
  });
}

TEST_CASE("[case 194] write and drain after close throw, with a receive in flight and without") {
  for (const bool peer_ended : {false, true}) {
    CAPTURE(peer_ended);
    run_bounded([peer_ended]() -> Coroutine<void> {
      auto [mine, peer] = socket_pair();
      auto [reader, writer] = stream_over(std::move(mine));
      if (peer_ended) {
        ::shutdown(peer.get(), SHUT_WR);
        const std::string end = co_await reader.read();
        CHECK(end.empty());
      } else {
        co_await let_run(3);
      }
      writer.close();
      writer.write("data");
      const auto error = co_await thrown_by<ConnectionResetError>(writer.drain());
      CHECK(error);
      co_await writer.wait_closed();
      const auto nothing = receive_now(peer);
      CHECK(nothing == "");
    });
  }
}

TEST_CASE("close sends what was written before it, abort does not" * doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    const std::string sent = a_lot();
    writer.write(sent);
    writer.close();
    const std::string received = co_await receive(peer, sent.size() + 1);
    CHECK(received.size() == sent.size());
    co_await writer.wait_closed();

    auto [mine2, peer2] = socket_pair();
    auto [reader2, writer2] = stream_over(std::move(mine2));
    writer2.write(sent);
    co_await let_run(3);
    writer2.transport()->abort();
    CHECK(writer2.is_closing());
    co_await writer2.wait_closed();
    const std::string some = co_await receive(peer2, sent.size() + 1);
    CHECK(some.size() < sent.size());
  });
}

TEST_CASE("abort ends a close that waits for a peer that does not read") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    writer.write(a_lot());
    writer.close();
    auto closing = create_task(writer.wait_closed());
    co_await let_run(10);
    CHECK_FALSE(closing.done());
    writer.transport()->abort();
    co_await closing;
  });
}

TEST_CASE("[case 194] [fault 41] write_eof ends one direction, after all that was written") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    const std::string sent = a_lot();
    writer.write(sent);
    CHECK(writer.can_write_eof());
    writer.write_eof();
    writer.write_eof();
    CHECK_THROWS_AS(writer.write("more"), RuntimeError);
    const std::string received = co_await receive(peer, sent.size() + 1);
    CHECK(received.size() == sent.size());
    CHECK_FALSE(writer.is_closing());
    send_now(peer, "the other direction lives");
    const std::string answer = co_await reader.readuntil("lives");
    CHECK(answer == "the other direction lives");
    writer.close();
    co_await writer.wait_closed();
  });
}

TEST_CASE("[fault 41] after the peer's half-close reads end again and again, and writes go on") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    send_now(peer, "last words");
    ::shutdown(peer.get(), SHUT_WR);
    const std::string last = co_await reader.read();
    CHECK(last == "last words");
    for (int i = 0; i < 3; ++i) {
      const std::string end = co_await reader.read(1);
      CHECK(end.empty());
      CHECK(reader.at_eof());
    }
    CHECK_FALSE(writer.is_closing());
    writer.write("still here");
    co_await writer.drain();
    const std::string heard = co_await receive(peer, 10);
    CHECK(heard == "still here");
  });
}

TEST_CASE("a reader that nobody empties stops the peer, and nothing is lost when it goes on" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    constexpr std::size_t total = 4 * 1024 * 1024;
    auto [mine, theirs] = socket_pair();
    auto [reader, unused] = stream_over(std::move(mine), 1024);
    auto [peer_reader, peer_writer] = stream_over(std::move(theirs));
    std::string sent;
    for (std::size_t i = 0; sent.size() < total; ++i)
      sent += std::to_string(i) + ' ';
    peer_writer.write(sent);
    peer_writer.write_eof();
    auto draining = create_task(peer_writer.drain());
    co_await let_run(200);
    CHECK_FALSE(draining.done());
    const std::string received = co_await reader.read();
    CHECK(received == sent);
    co_await draining;
  });
}

TEST_CASE("[case 165] cancelling a read does not touch the receive below it: no byte is lost") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    // Every relation in time between the cancel and the arrival, many times over.
    std::string received;
    std::string sent;
    for (int round = 0; round < 1000; ++round) {
      auto reading = create_task(reader.readexactly(2));
      co_await let_run(round % 4);
      const std::string pair{static_cast<char>('a' + round % 26), static_cast<char>(round % 128)};
      send_now(peer, pair.substr(0, 1));
      co_await let_run(round / 4 % 4);
      if (round % 2 == 0) send_now(peer, pair.substr(1));
      co_await let_run(round / 16 % 4);
      reading.cancel();
      if (round % 2 == 1) send_now(peer, pair.substr(1));
      sent += pair;
      try {
        received += co_await reading;
      } catch (const CancelledError&) {
      }
      if (received.size() + 64 < sent.size()) received += co_await reader.read(64);
    }
    ::shutdown(peer.get(), SHUT_WR);
    received += co_await reader.read();
    CHECK(received == sent);
  });
}

TEST_CASE(
    "[fault 14] a descriptor's number that is used anew keeps its bytes from the old reader") {
  run_bounded([]() -> Coroutine<void> {
    for (int round = 0; round < 100; ++round) {
      auto [mine, peer] = socket_pair();
      const int number = mine.get();
      auto [old_reader, old_writer] = stream_over(std::move(mine));
      co_await let_run(round % 3);
      old_writer.transport()->abort();
      co_await old_writer.wait_closed();
      auto [mine2, peer2] = socket_pair();
      CHECK(mine2.get() == number);
      auto [new_reader, new_writer] = stream_over(std::move(mine2));
      send_now(peer2, "for the new one");
      const std::string bytes = co_await new_reader.readexactly(15);
      CHECK(bytes == "for the new one");
      const std::string nothing = co_await old_reader.read();
      CHECK(nothing.empty());
      new_writer.close();
      co_await new_writer.wait_closed();
    }
  });
}

TEST_CASE("[case 196] a stream whose last handle goes closes, after all that was written") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    {
      auto [reader, writer] = stream_over(std::move(mine));
      writer.write("farewell");
    }
    const std::string all = co_await receive(peer, 100);
    CHECK(all == "farewell");
  });
}

TEST_CASE("[fault 34] run ends with streams open, reading, and blocked in sending") {
  auto [mine, peer] = socket_pair();
  auto [mine2, peer2] = socket_pair();
  std::shared_ptr<StreamReader> kept;
  run_bounded([&]() -> Coroutine<void> {
    auto [reader, writer] = stream_over(std::move(mine));
    auto [reader2, writer2] = stream_over(std::move(mine2));
    kept = std::make_shared<StreamReader>(reader);
    create_task(reader.read());
    writer2.write(a_lot());
    create_task(writer2.drain());
    co_await let_run(3);
  });
  const auto end = receive_now(peer);
  CHECK(end == "");
  CHECK(kept->at_eof());  // a handle may outlive the loop
}

}  // namespace
