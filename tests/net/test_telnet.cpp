// Telnet as a stream: what is read and written, backpressure, ends, cancellations.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/telnet.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "telnet_bytes.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using telnet::Command;
using telnet::Option;

const std::string DO_SGA = "\xff\xfd\3";
const std::string WILL_SGA = "\xff\xfb\3";

TEST_CASE("a telnet connection reads and writes text; the options are dealt with on the way") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_telnet_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    REQUIRE(peer);
    CHECK(writer.get_extra_info("peername") == local_address(listener.get()).text());
    send_now(peer, "log" + DO_SGA + "in: ");
    const std::string prompt = co_await reader.readuntil(": ");
    CHECK(prompt == "login: ");
    std::string bytes = co_await receive(peer, 3);
    CHECK(bytes == WILL_SGA);
    CHECK(writer.is_on_here(Option::suppress_go_ahead));
    writer.write("caf\xff\n");
    writer.send_break();
    co_await writer.drain();
    bytes = co_await receive(peer, 9);
    CHECK(bytes == "caf" + IAC + IAC + "\r\n" + IAC + "\xf3");
    writer.set_window_size(80, 24);  // nobody has asked
    send_now(peer, "\xff\xfd\x1f");
    bytes = co_await receive(peer, 12);
    CHECK(bytes == "\xff\xfb\x1f" + SB + "\x1f\0\x50\0\x18\xff\xf0"s);
    writer.set_window_size(255, 0);
    bytes = co_await receive(peer, 10);
    CHECK(bytes == SB + "\x1f\0\xff\xff\0\0\xff\xf0"s);
    CHECK_THROWS_AS(writer.send_command(Command::will), ValueError);
    writer.close();
    co_await writer.wait_closed();
    CHECK(has_ended(peer));
    writer.send_break();
    writer.set_window_size(1, 1);
  });
}

TEST_CASE("the peer's end is read as the end; what is written after it still goes out") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_telnet_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    send_now(peer, "bye\xff");
    ::shutdown(peer.get(), SHUT_WR);
    const std::string all = co_await reader.read();
    CHECK(all == "bye");
    CHECK(reader.at_eof());
    writer.write("still here\n");
    const std::string heard = co_await receive(peer, 12);
    CHECK(heard == "still here\r\n");
  });
}

TEST_CASE("after write_eof replies are dropped, and reading goes on") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_telnet_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    CHECK(writer.can_write_eof());
    writer.write("last\n");
    writer.write_eof();
    std::string heard = co_await receive(peer, 6);
    CHECK(heard == "last\r\n");
    co_await until([&peer] { return has_ended(peer); });
    send_now(peer, DO_SGA + "text\n");
    const std::string line = co_await reader.readline();
    CHECK(line == "text\n");
    CHECK_THROWS_AS(writer.send_break(), RuntimeError);
  });
}

TEST_CASE("[fault 60] an endless subnegotiation ends the connection with an error that names it") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_telnet_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    send_now(peer, "before\n" + SB + std::string(5000, 'x'));
    const std::string line = co_await reader.readline();
    CHECK(line == "before\n");
    const auto error = co_await thrown_by<TelnetError>(reader.readline());
    REQUIRE(error);
    CHECK(std::string(error->what()) ==
          local_address(listener.get()).text() +
              " sent a telnet subnegotiation of more than 4096 bytes");
    const auto again = co_await thrown_by<TelnetError>(writer.wait_closed());
    CHECK(again);
    co_await until([&peer] { return has_ended(peer); });
  });
}

TEST_CASE(
    "[fault 60] a peer that asks without end and never reads costs no more than the buffers") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto [reader, writer] = co_await open_telnet_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    std::string flood;
    for (int i = 0; i < 20'000; ++i)
      flood += IAC + "\xf6" + DO_SGA;
    std::size_t most = 0;
    for (int i = 0; i < 200; ++i) {
      for (std::size_t done = 0; done < flood.size();) {
        const ssize_t count = ::send(peer.get(), flood.data() + done, flood.size() - done,
                                     MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) done += static_cast<std::size_t>(count);
        most = std::max(most, writer.transport()->get_write_buffer_size());
        if (count <= 0) co_await sleep(0s);
      }
    }
    // 200 times 20,000 answers of 9 bytes would be 36 MB.
    CHECK(most > 0);
    CHECK(most < 512 * 1024);
    writer.transport()->abort();
    co_await writer.wait_closed();
  });
}

TEST_CASE("a reader that is not read pauses the peer, a peer that does not read pauses drain") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    ConnectOptions options;
    options.limit = 1024;
    auto [reader, writer] =
        co_await open_telnet_connection("127.0.0.1", port_of(listener), TelnetOptions(), options);
    const FileDescriptor peer = accept_now(listener);
    const std::string chunk(64 * 1024, 'x');
    std::size_t sent = 0;
    for (int quiet = 0; quiet < 50;) {
      const ssize_t count = ::send(peer.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
      quiet = count > 0 ? 0 : quiet + 1;
      if (count > 0) sent += static_cast<std::size_t>(count);
      if (count <= 0) co_await sleep(1ms);
      REQUIRE(sent < 100 * 1024 * 1024);
    }
    writer.transport()->set_write_buffer_limits(1000, 100);
    CHECK(writer.transport()->get_write_buffer_limits().high == 1000);
    std::size_t written = 0;
    for (;;) {
      writer.write(chunk);
      written += chunk.size();
      const auto late = co_await thrown_by<TimeoutError>(wait_for(writer.drain(), 50ms));
      if (late) break;
      REQUIRE(written < 100 * 1024 * 1024);
    }
    // Both go on: what was sent is read to the last byte, and what was written arrives.
    std::size_t got = 0;
    std::size_t heard = 0;
    while (got < sent || heard < written) {
      if (got < sent) {
        const std::string some = co_await reader.read(1 << 20);
        got += some.size();
      }
      while (const auto bytes = receive_now(peer))
        heard += bytes->size();
    }
    CHECK(got == sent);
    CHECK(heard == written);
    co_await writer.drain();
  });
}

Coroutine<void> greet(StreamReader reader, StreamWriter stream) {
  const TelnetWriter writer(stream);
  std::string said;
  writer.on_command(
      [&said](Command command) { said += command == Command::break_key ? "[break]" : "[other]"; });
  writer.write("name: ");
  const std::string name = co_await reader.readline();
  co_await until([&] { return said.size() >= 7 && writer.peer_columns() > 0; });
  co_await until([&writer] { return !writer.peer_terminal_type().empty(); });
  writer.write("hello " + name.substr(0, name.size() - 2) + ' ' + said + ' ' +
               writer.peer_terminal_type() + ' ' + std::to_string(writer.peer_columns()) + '\n');
  co_await writer.drain();
  writer.on_command({});
  writer.close();
}

TEST_CASE("our client at our server: options, text and commands come through") {
  run_bounded([]() -> Coroutine<void> {
    TelnetOptions telnet;
    telnet.terminal_type = "xterm";
    telnet.columns = 132;
    const Server server = co_await start_telnet_server(greet, "127.0.0.1", 0);
    const std::uint16_t port = server.sockets().front().port();
    auto [reader, writer] = co_await open_telnet_connection("127.0.0.1", port, telnet);
    const std::string prompt = co_await reader.readexactly(6);
    CHECK(prompt == "name: ");
    co_await until([&writer] { return writer.is_on_there(Option::echo); });
    writer.write("r1\n");
    writer.send_break();
    const std::string line = co_await reader.readline();
    CHECK(line == "hello r1 [break] xterm 132\r\n");
    const std::string rest = co_await reader.read();
    CHECK(rest.empty());
    server.close();
    writer.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("a writer that belongs to no telnet connection cannot become a TelnetWriter") {
  run_bounded([]() -> Coroutine<void> {
    auto [ours, theirs] = socket_pair();
    auto [reader, writer] = stream_over(std::move(ours));
    CHECK_THROWS_AS(TelnetWriter{writer}, RuntimeError);
    co_return;
  });
}

TEST_CASE("a telnet connection cancelled at any moment leaves no descriptor; reads lose nothing" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener(4096);
    const std::size_t before = open_descriptors();
    int cancelled = 0;
    for (int round = 0; round < 500; ++round) {
      auto connecting = create_task(open_telnet_connection("127.0.0.1", port_of(listener)));
      co_await let_run(round % 6);
      connecting.cancel();
      try {
        const auto connection = co_await connecting;
        connection.second.close();
        co_await connection.second.wait_closed();
      } catch (const CancelledError&) {
        ++cancelled;
      }
      while (const FileDescriptor peer = accept_now(listener)) {
      }
    }
    CHECK(cancelled > 0);
    CHECK(open_descriptors() == before);

    auto [reader, writer] = co_await open_telnet_connection("127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    std::string got;
    std::string expected;
    for (int round = 0; round < 500; ++round) {
      const std::string text = std::to_string(round) + "\n";
      expected += text;
      auto reading = create_task(reader.readline());
      co_await let_run(round % 3);
      send_now(peer, DO_SGA + text.substr(0, 1));
      co_await let_run(round % 4);
      reading.cancel();
      try {
        const std::string line = co_await reading;
        got += line;
      } catch (const CancelledError&) {
      }
      send_now(peer, text.substr(1));
    }
    writer.write("x");
    while (got.size() < expected.size()) {
      const std::string line = co_await reader.readline();
      got += line;
    }
    CHECK(got == expected);
  });
}

}  // namespace
