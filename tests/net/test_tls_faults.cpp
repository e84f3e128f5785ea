// TLS with peers and networks that do what they should not: cut, stall, dribble, lie, or speak
// something else.

#include <chrono>
#include <cstddef>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/tls.h>

#include "stream_handlers.h"
#include "tls_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// A plain server that greets with `greeting`.
Coroutine<Server> start_plain_server(std::string greeting) {
  auto handler = [greeting](StreamReader reader, StreamWriter writer) {
    const auto greet = [](StreamReader from, StreamWriter to, std::string text) -> Coroutine<void> {
      to.write(text);
      co_await swallow(std::move(from), std::move(to));
    };
    return greet(std::move(reader), std::move(writer), greeting);
  };
  auto server = start_server(std::move(handler), "127.0.0.1", 0);
  co_return co_await server;
}

TEST_CASE("a peer that does not speak TLS is told by what it says") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    struct Example {
      const char* greeting;
      const char* verdict;
    };
    for (const Example& example : {
             Example{"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS but plain HTTP"},
             Example{"SSH-2.0-OpenSSH_9.2p1\r\n", "does not speak TLS but SSH"},
             Example{"220 mail.example ESMTP\r\n", "see start_tls"},
             Example{"\x01\x02\x03\x04\x05\x06\x07", "the peer does not speak TLS"},
         }) {
      CAPTURE(example.greeting);
      const Server server = co_await start_plain_server(example.greeting);
      const auto error = co_await thrown_by<SSLError>(
          open_tls_connection("127.0.0.1", port_of(server), client_context()));
      REQUIRE(error);
      CHECK(contains(error->what(), "TLS handshake with 127.0.0.1:"));
      CHECK(contains(error->what(), example.verdict));
    }
  });
}

TEST_CASE(
    "a client that speaks plain HTTP to a TLS server is sent away, and told of in debug mode") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    std::vector<std::string> reports;
    Loop& loop = get_running_loop();
    loop.set_debug(true);
    loop.slow_callback_duration = 1h;
    loop.set_exception_handler([&reports](Loop&, const ExceptionContext& context) {
      reports.push_back(describe_exception(context.exception));
    });
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(server));
    writer.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // The end, or a reset, if not all that was sent was read.
    co_await thrown_by<ConnectionError>(reader.read());
    co_await until([&reports] { return !reports.empty(); });
    CHECK(contains(reports.at(0), "the peer does not speak TLS but plain HTTP"));
    loop.set_exception_handler({});
  });
}

TEST_CASE("a peer that stalls in the handshake is a TimeoutError that names it") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor silent = bare_listener();
    TlsOptions options;
    options.ssl_handshake_timeout = 50ms;
    const auto error = co_await thrown_by<TimeoutError>(
        open_tls_connection("127.0.0.1", port_of(silent), client_context(), options));
    REQUIRE(error);
    CHECK(std::string(error->what()) ==
          "TLS handshake with 127.0.0.1:" + std::to_string(port_of(silent)) +
              " took longer than 50 ms");
  });
}

TEST_CASE("a client that stalls in the handshake does not keep its place for ever") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    TlsOptions options;
    options.ssl_handshake_timeout = 50ms;
    const Server server =
        co_await start_tls_server(echo, "127.0.0.1", 0, server_context(), options);
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(server));
    const std::string end = co_await reader.read();
    CHECK(end.empty());
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("a peer that hangs up in the handshake is a ConnectionResetError that names it") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const auto hang_up = [](StreamReader reader, StreamWriter) -> Coroutine<void> {
      co_await reader.read(1000);
    };
    const Server server = co_await start_server(hang_up, "127.0.0.1", 0);
    const auto error = co_await thrown_by<ConnectionResetError>(
        open_tls_connection("127.0.0.1", port_of(server), client_context()));
    REQUIRE(error);
    CHECK(contains(error->what(), "TLS handshake with 127.0.0.1:"));
    CHECK(contains(error->what(), ": the peer hung up"));
  });
}

TEST_CASE("an end without a farewell is an error, after all that came before it") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    const auto relay = std::make_shared<Relay>();
    const Server between = co_await start_relay(relay, port_of(server));
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(between), client_context());
    writer.write("first\n");
    const std::string first = co_await reader.readline();
    CHECK(first == "first\n");
    writer.write("second\n");
    const std::string half = co_await reader.readexactly(3);
    CHECK(half == "sec");
    // The man in the middle hangs up; nobody has said farewell.
    between.close_clients();
    co_await until([&writer] { return writer.is_closing(); });
    const std::string rest = co_await reader.readline();
    CHECK(rest == "ond\n");
    const auto cut = co_await thrown_by<SSLEOFError>(reader.read());
    REQUIRE(cut);
    CHECK(contains(cut->what(), "ended without a farewell (close_notify)"));
    CHECK_FALSE(reader.at_eof());
    const auto at_close = co_await thrown_by<SSLEOFError>(writer.wait_closed());
    CHECK(at_close);
  });
}

TEST_CASE("a reader that waits when the connection is cut off gets the error too") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    const auto relay = std::make_shared<Relay>();
    const Server between = co_await start_relay(relay, port_of(server));
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(between), client_context());
    writer.write("x");
    co_await reader.read(1);
    auto reading = create_task(reader.read());
    co_await let_run(3);
    between.close_clients();
    const auto cut = co_await thrown_by<SSLEOFError>(reading);
    CHECK(cut);
  });
}

TEST_CASE("a byte that is changed on the way is an error, and never data") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    const auto relay = std::make_shared<Relay>();
    const Server between = co_await start_relay(relay, port_of(server));
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(between), client_context());
    writer.write("first\n");
    const std::string first = co_await reader.readline();
    CHECK(first == "first\n");
    constexpr std::size_t behind_the_header = 7;
    relay->to_client.spoiled = relay->to_client.passed.size() + behind_the_header;
    writer.write("second\n");
    const auto error = co_await thrown_by<SSLError>(reader.readline());
    REQUIRE(error);
    CHECK(contains(error->what(), "TLS connection with 127.0.0.1:"));
    CHECK(error->reason() == "decryption failed or bad record mac");
  });
}

TEST_CASE("an answer that is TLS but makes no sense is an SSLError") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(echo, "127.0.0.1", 0);
    const auto error = co_await thrown_by<SSLError>(
        open_tls_connection("127.0.0.1", port_of(server), client_context()));
    REQUIRE(error);
    CHECK(error->reason() == "unexpected message");
  });
}

TEST_CASE("[fault 39] TLS that comes byte by byte, both ways, is no different") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    const auto relay = std::make_shared<Relay>();
    relay->to_server.piece = 1;
    relay->to_client.piece = 1;
    const Server between = co_await start_relay(relay, port_of(server));
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(between), client_context());
    const std::string text(300, 'd');
    writer.write(text);
    const std::string back = co_await reader.readexactly(300);
    CHECK(back == text);
    writer.close();
    co_await writer.wait_closed();
  });
}

TEST_CASE("a man in the middle with another certificate is told nothing") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    // He ends the client's TLS himself, with the right names but his own authority, and would pass
    // on what he has read.
    std::string overheard;
    int victims = 0;
    const auto listen = [&](StreamReader reader, StreamWriter) -> Coroutine<void> {
      ++victims;
      overheard += co_await reader.read();
    };
    const Server mallory = co_await start_tls_server(
        listen, "127.0.0.1", 0, server_context(Certificates::get().by_other()));
    const auto log_in = [](std::uint16_t port) -> Coroutine<void> {
      const TlsOptions options("good.example");
      auto [reader, writer] =
          co_await open_tls_connection("127.0.0.1", port, client_context(), options);
      writer.write("password\n");
      co_await reader.readline();
    };
    const auto error = co_await thrown_by<SSLCertVerificationError>(log_in(port_of(mallory)));
    CHECK(error);
    mallory.close();
    co_await mallory.wait_closed();
    CHECK(victims == 0);
    CHECK(overheard.empty());
  });
}

Coroutine<void> echo_tls_in_random_pieces(StreamReader reader, StreamWriter writer) {
  std::mt19937 random(2);
  for (;;) {
    const std::string bytes = co_await reader.read(random_size(random));
    if (bytes.empty()) break;
    writer.write(bytes);
    co_await writer.drain();
  }
}

TEST_CASE("[fault 38] 64 MiB go over TLS and come back byte for byte, past a reader that dawdles" *
          doctest::test_suite("heavy")) {
  if (no_certificates()) return;
  const auto transfer = []() -> Coroutine<void> {
    const std::string sent = random_bytes(64 * 1024 * 1024, 1);
    const Server server =
        co_await start_tls_server(echo_tls_in_random_pieces, "127.0.0.1", 0, server_context());
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(server), client_context());
    writer.write(sent);
    std::mt19937 random(3);
    std::size_t offset = 0;
    bool same = true;
    while (offset < sent.size()) {
      const std::string bytes =
          co_await reader.read(static_cast<std::ptrdiff_t>(random() % (64 * 1024)) + 1);
      if (bytes.empty()) break;
      same = same && std::string_view(sent).substr(offset, bytes.size()) == bytes;
      offset += bytes.size();
      if (random() % 100 == 0) co_await sleep(1ms);
    }
    CHECK(same);
    CHECK(offset == sent.size());
    writer.close();
    co_await writer.wait_closed();
  };
  run_bounded(transfer, LoopOptions(), 250s);
}

}  // namespace
