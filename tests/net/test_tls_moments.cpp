// TLS that is cut off or called off: at every byte of a handshake, and at any moment.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondo/net/tls.h>

#include "../every.h"
#include "tls_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// Bytes at the end of a handshake that may not come: signatures differ in length, so one handshake
/// is shorter than another.
constexpr std::size_t doubtful = 8;

/// The bytes of a whole handshake each way, give or take what signatures differ in.
Coroutine<std::pair<std::size_t, std::size_t>> length_of_handshake(std::uint16_t port) {
  const auto relay = std::make_shared<Relay>();
  const Server between = co_await start_relay(relay, port);
  auto [reader, writer] =
      co_await open_tls_connection("127.0.0.1", port_of(between), client_context());
  co_await until([&relay] { return records_in(relay->to_server.passed) > 0; });  // the last word
  const std::pair<std::size_t, std::size_t> lengths(relay->to_server.passed.size(),
                                                    relay->to_client.passed.size());
  writer.close();
  co_await writer.wait_closed();
  between.close();
  co_await between.wait_closed();
  co_return lengths;
}

/// Opens a connection and reads; the relay decides how far that comes.
Coroutine<std::string> connect_and_read(std::uint16_t port, TlsOptions options) {
  auto [reader, writer] =
      co_await open_tls_connection("127.0.0.1", port, client_context(), options);
  co_return co_await reader.read();
}

/// "typed" for an error of the network, and what else came of it otherwise.
Coroutine<std::string> what_comes_of(std::uint16_t port, TlsOptions options) {
  std::string outcome;
  try {
    const std::string bytes = co_await connect_and_read(port, options);
    outcome = "a plain end after \"" + bytes + "\"";
  } catch (const OSError&) {
    outcome = "typed";
  } catch (const TimeoutError&) {
    outcome = "typed";
  }
  co_return outcome;
}

TEST_CASE("a handshake cut off after any number of bytes is a typed error" *
          doctest::test_suite("heavy")) {
  if (no_certificates()) return;
  run_bounded(
      []() -> Coroutine<void> {
        const Server server = co_await start_tls_server(swallow, "127.0.0.1", 0, server_context());
        const auto [up, down] = co_await length_of_handshake(port_of(server));
        CHECK(up > 300);
        CHECK(down > 700);
        for (std::size_t bytes = 0; bytes + doubtful <= up + down; bytes += every) {
          CAPTURE(bytes);
          const auto relay = std::make_shared<Relay>();
          const bool server_is_cut = bytes <= up;
          (server_is_cut ? relay->to_server : relay->to_client).most =
              server_is_cut ? bytes : bytes - up;
          const Server between = co_await start_relay(relay, port_of(server));
          const std::string outcome = co_await what_comes_of(port_of(between), TlsOptions());
          CHECK(outcome == "typed");
          between.close();
          co_await between.wait_closed();
        }
      },
      LoopOptions(), 250s);
}

TEST_CASE("a handshake that is called off after any number of bytes leaves nothing behind" *
          doctest::test_suite("heavy")) {
  if (no_certificates()) return;
  run_bounded(
      []() -> Coroutine<void> {
        const Server server = co_await start_tls_server(swallow, "127.0.0.1", 0, server_context());
        const auto [up, down] = co_await length_of_handshake(port_of(server));
        const std::size_t before = open_descriptors();
        for (std::size_t bytes = 0; bytes + doubtful <= up + down; bytes += every) {
          CAPTURE(bytes);
          const auto relay = std::make_shared<Relay>();
          const bool server_waits = bytes <= up;
          Direction& held = server_waits ? relay->to_server : relay->to_client;
          held.most = server_waits ? bytes : bytes - up;
          held.then_cut = false;
          const Server between = co_await start_relay(relay, port_of(server));
          auto connecting = create_task(connect_and_read(port_of(between), TlsOptions()));
          co_await until([&] { return relay->connections > 0 && held.passed.size() == held.most; });
          co_await let_run(2);
          connecting.cancel();
          bool cancelled = false;
          try {
            co_await connecting;
          } catch (const CancelledError&) {
            cancelled = true;
          }
          CHECK(cancelled);
          between.close();
          between.abort_clients();
          co_await between.wait_closed();
        }
        co_await until([&before] { return open_descriptors() <= before; });
        CHECK(open_descriptors() == before);
      },
      LoopOptions(), 250s);
}

TEST_CASE("a thousand connections called off at any moment leave no descriptor open" *
          doctest::test_suite("heavy")) {
  if (no_certificates()) return;
  run_bounded(
      []() -> Coroutine<void> {
        const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
        const std::size_t before = open_descriptors();
        std::mt19937 random(5);
        const auto talk = [](std::uint16_t port) -> Coroutine<void> {
          auto [reader, writer] = co_await open_tls_connection("127.0.0.1", port, client_context());
          writer.write(std::string(40'000, 't'));
          co_await reader.readexactly(40'000);
          writer.close();
          co_await writer.wait_closed();
        };
        int called_off = 0;
        for (int round = 0; round < 1000 / every; ++round) {
          auto talking = create_task(talk(port_of(server)));
          co_await let_run(static_cast<int>(random() % 60));
          talking.cancel();
          try {
            co_await talking;
          } catch (const CancelledError&) {
            ++called_off;
          }
        }
        CHECK(called_off > 100 / every);
        co_await until([&before] { return open_descriptors() <= before; });
        CHECK(open_descriptors() == before);
      },
      LoopOptions(), 250s);
}

TEST_CASE("an opening that is called off at some turn leaves nothing behind") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(swallow, "127.0.0.1", 0, server_context());
    for (int turns = 0; turns < 40; turns += 3) {
      auto connecting =
          create_task(open_tls_connection("127.0.0.1", port_of(server), client_context()));
      co_await let_run(turns);
      connecting.cancel();
      try {
        co_await connecting;
      } catch (const CancelledError&) {
        // In time, or not.
      }
    }
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("a loop may end in the middle of handshakes") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    for (int turns = 0; turns < 8; ++turns) {
      create_task(open_tls_connection("127.0.0.1", port_of(server), client_context()));
      co_await let_run(turns);
    }
  });
}

}  // namespace
