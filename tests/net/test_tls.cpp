// TLS between two ends of ours: what is agreed on, who is refused, how it flows and how it ends:
// all of it one subject, and long because of that.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/tls.h>

#include "tls_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

ServerOptions with_limit(std::size_t limit) {
  ServerOptions options;
  options.limit = limit;
  return options;
}

TEST_CASE("bytes go both ways, and both sides know what was agreed on") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const SSLContext server_side = server_context();
    const SSLContext client_side = client_context();
    server_side.set_alpn_protocols({"h2", "http/1.1"});
    client_side.set_alpn_protocols({"http/1.1", "h2"});
    std::string seen_by_server;
    const auto greet = [&](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
      for (const char* name : {"version", "alpn", "peercert", "cipher"})
        seen_by_server += std::string(name) + "=" + writer.get_extra_info(name) + " ";
      writer.write("hello\n");
      const std::string line = co_await reader.readline();
      writer.write("you said " + line);
      writer.close();
    };
    const Server server = co_await start_tls_server(greet, "127.0.0.1", 0, server_side);
    auto [reader, writer] = co_await open_tls_connection("127.0.0.1", port_of(server), client_side);
    CHECK_FALSE(writer.can_write_eof());
    CHECK_THROWS_AS(writer.write_eof(), RuntimeError);
    const std::string greeting = co_await reader.readline();
    CHECK(greeting == "hello\n");
    CHECK(writer.get_extra_info("peername") == "127.0.0.1:" + std::to_string(port_of(server)));
    CHECK(writer.get_extra_info("version") == "TLSv1.3");
    CHECK(writer.get_extra_info("cipher") == "TLS_AES_256_GCM_SHA384");
    CHECK(writer.get_extra_info("alpn") == "h2");
    CHECK(contains(writer.get_extra_info("peercert"), "-----BEGIN CERTIFICATE-----\n"));
    CHECK(writer.get_extra_info("peercert_sha256").size() == 64);
    CHECK(seen_by_server == "version=TLSv1.3 alpn=h2 peercert= cipher=TLS_AES_256_GCM_SHA384 ");
    writer.write("good day\n");
    const std::string answer = co_await reader.read();
    CHECK(answer == "you said good day\n");
    CHECK(reader.at_eof());
    writer.close();
    co_await writer.wait_closed();
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("a certificate may be for a name, or for an address") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    for (const char* name :
         {"", "localhost", "good.example", "good.example.", "127.0.0.1", "::1"}) {
      CAPTURE(name);
      const TlsOptions options{std::string(name)};
      auto [reader, writer] =
          co_await open_tls_connection("127.0.0.1", port_of(server), client_context(), options);
      writer.write("x");
      const std::string back = co_await reader.read(1);
      CHECK(back == "x");
    }
  });
}

/// A server with this certificate is connected to as `name`; yields the error, and counts what
/// reached the server.
Coroutine<std::optional<SSLCertVerificationError>> refused(std::string certificate,
                                                           std::string name) {
  int connected = 0;
  const auto count = [&connected](StreamReader, StreamWriter) -> Coroutine<void> {
    ++connected;
    co_return;
  };
  const Server server =
      co_await start_tls_server(count, "127.0.0.1", 0, server_context(certificate));
  const TlsOptions options(std::move(name));
  auto error = co_await thrown_by<SSLCertVerificationError>(
      open_tls_connection("127.0.0.1", port_of(server), client_context(), options));
  server.close();
  co_await server.wait_closed();
  CHECK(connected == 0);
  co_return error;
}

TEST_CASE("a certificate that is not to be trusted is refused, and the error says why") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    Certificates& certificates = Certificates::get();
    const auto unknown = co_await refused(certificates.by_other(), "");
    REQUIRE(unknown);
    CHECK(unknown->verify_message() == "unable to get local issuer certificate");
    CHECK(contains(unknown->what(), "TLS handshake with 127.0.0.1:"));
    CHECK(contains(unknown->what(), "its certificate is refused: unable to get local issuer"));
    CHECK(contains(unknown->what(), "SSLContext::load_verify_locations"));

    const auto itself = co_await refused(certificates.self_signed(), "");
    REQUIRE(itself);
    CHECK(itself->verify_message() == "self-signed certificate");

    const auto old = co_await refused(certificates.expired(), "");
    REQUIRE(old);
    CHECK(old->verify_message() == "certificate has expired");

    const auto other = co_await refused(certificates.of_other_name(), "good.example");
    REQUIRE(other);
    CHECK(other->verify_message() ==
          "hostname mismatch, certificate is not valid for 'good.example'");
    CHECK(contains(other->what(), "TlsOptions::server_hostname"));

    const auto address = co_await refused(certificates.of_other_name(), "");
    REQUIRE(address);
    CHECK(address->verify_message() ==
          "IP address mismatch, certificate is not valid for '127.0.0.1'");
  });
}

TEST_CASE("a self-signed certificate that was trusted by name is good") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const std::string own = Certificates::get().self_signed();
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context(own));
    const SSLContext context = SSLContext::client();
    context.load_verify_locations(own);
    auto [reader, writer] = co_await open_tls_connection("127.0.0.1", port_of(server), context);
    writer.write("x");
    const std::string back = co_await reader.read(1);
    CHECK(back == "x");
  });
}

TEST_CASE("without checks anybody is good, as was asked for") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0,
                                                    server_context(Certificates::get().expired()));
    const SSLContext context = SSLContext::client();
    context.check_hostname(false);
    context.verify_mode(VerifyMode::CERT_NONE);
    auto [reader, writer] = co_await open_tls_connection("127.0.0.1", port_of(server), context);
    writer.write("x");
    const std::string back = co_await reader.read(1);
    CHECK(back == "x");
  });
}

TEST_CASE("a server may insist on a client's certificate") {
  if (no_certificates()) return;
  for (const TLSVersion version : {TLSVersion::TLSv1_2, TLSVersion::TLSv1_3}) {
    CAPTURE(static_cast<int>(version));
    run_bounded([version]() -> Coroutine<void> {
      const SSLContext server_side = server_context();
      server_side.verify_mode(VerifyMode::CERT_REQUIRED);
      server_side.load_verify_locations(Certificates::get().authority());
      const auto show = [](StreamReader, StreamWriter writer) -> Coroutine<void> {
        writer.write(writer.get_extra_info("peercert_sha256"));
        writer.close();
        co_return;
      };
      const Server server = co_await start_tls_server(show, "127.0.0.1", 0, server_side);
      const SSLContext nameless = client_context();
      nameless.maximum_version(version);
      // In TLS 1.3 the client learns of it only after its own part of the handshake.
      const auto try_it = [](std::uint16_t port, SSLContext context) -> Coroutine<std::string> {
        auto [reader, writer] = co_await open_tls_connection("127.0.0.1", port, context);
        co_return co_await reader.read();
      };
      const auto error = co_await thrown_by<OSError>(try_it(port_of(server), nameless));
      REQUIRE(error);
      // A reset, where it was quicker than the alert in front of it.
      const bool reset = error->code().value() == ECONNRESET || error->code().value() == EPIPE;
      CHECK((reset || contains(error->what(), "alert")));

      const SSLContext known = client_context();
      known.maximum_version(version);
      known.load_cert_chain(Certificates::get().of_client());
      const std::string fingerprint = co_await try_it(port_of(server), known);
      CHECK(fingerprint.size() == 64);
    });
  }
}

TEST_CASE("sides without a version in common say so") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const SSLContext modern = server_context();
    modern.minimum_version(TLSVersion::TLSv1_3);
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, modern);
    const SSLContext old = client_context();
    old.maximum_version(TLSVersion::TLSv1_2);
    const auto error =
        co_await thrown_by<SSLError>(open_tls_connection("127.0.0.1", port_of(server), old));
    REQUIRE(error);
    CHECK(contains(error->what(), "SSLContext::minimum_version"));
  });
}

TEST_CASE("a context of the wrong side, a name that is none and a limit of 0 are ValueErrors") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const auto wrong_client =
        co_await thrown_by<ValueError>(open_tls_connection("127.0.0.1", 1, SSLContext::server()));
    CHECK(wrong_client);
    const auto wrong_server =
        co_await thrown_by<ValueError>(start_tls_server(echo, "127.0.0.1", 0, client_context()));
    CHECK(wrong_server);
    const TlsOptions foreign("r\xc3\xb6ter.example");
    const auto umlaut = co_await thrown_by<ValueError>(
        open_tls_connection("127.0.0.1", 1, client_context(), foreign));
    CHECK(umlaut);
    TlsOptions impatient;
    impatient.ssl_handshake_timeout = 0s;
    const auto no_time = co_await thrown_by<ValueError>(
        open_tls_connection("127.0.0.1", 1, client_context(), impatient));
    CHECK(no_time);
  });
}

TEST_CASE("what was written before a close arrives, and then the end") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const std::string much(1'000'000, 'm');
    const auto send_and_close = [&much](StreamReader, StreamWriter writer) -> Coroutine<void> {
      writer.write(much);
      writer.close();
      writer.write("too late");
      co_await writer.wait_closed();
    };
    const Server server =
        co_await start_tls_server(send_and_close, "127.0.0.1", 0, server_context());
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(server), client_context());
    const std::string all = co_await reader.read();
    CHECK(all == much);
    // As in asyncio, the farewell of the peer closes this side too.
    CHECK(writer.is_closing());
    co_await writer.wait_closed();
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("a close does not mind what still comes") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const auto talk = [](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
      writer.write(std::string(300'000, 't'));
      const std::string end = co_await reader.read();
      CHECK(end == "bye");
    };
    const Server server = co_await start_tls_server(talk, "127.0.0.1", 0, server_context());
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(server), client_context());
    co_await reader.read(1);
    writer.write("bye");
    writer.close();
    co_await writer.wait_closed();
    CHECK_FALSE(reader.exception());
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("a peer that never says farewell is waited for as long as was asked for") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    const auto relay = std::make_shared<Relay>();
    const Server between = co_await start_relay(relay, port_of(server));
    TlsOptions options;
    options.ssl_shutdown_timeout = 50ms;
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(between), client_context(), options);
    writer.write("x");
    co_await reader.read(1);
    relay->to_server.most = relay->to_server.passed.size();  // from here on nothing passes
    relay->to_server.then_cut = false;
    writer.write("wakes the relay");
    co_await writer.drain();
    writer.close();
    const auto error = co_await thrown_by<TimeoutError>(writer.wait_closed());
    REQUIRE(error);
    CHECK(contains(error->what(), "closing the TLS connection with 127.0.0.1:"));
    CHECK(contains(error->what(), " took longer than 50 ms"));
  });
}

TEST_CASE("dropping the last handle closes a TLS connection with a farewell") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    std::string heard = "nothing";
    const auto listen = [&heard](StreamReader reader, StreamWriter) -> Coroutine<void> {
      heard = co_await reader.read();
    };
    const Server server = co_await start_tls_server(listen, "127.0.0.1", 0, server_context());
    {
      auto [reader, writer] =
          co_await open_tls_connection("127.0.0.1", port_of(server), client_context());
      writer.write("last words");
    }
    co_await until([&heard] { return heard != "nothing"; });
    CHECK(heard == "last words");
  });
}

TEST_CASE("a server that closes its clients says farewell to them") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const auto wait = [](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
      writer.write("welcome");
      co_await reader.read();
    };
    const Server server = co_await start_tls_server(wait, "127.0.0.1", 0, server_context());
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(server), client_context());
    const std::string welcome = co_await reader.readexactly(7);
    CHECK(welcome == "welcome");
    server.close();
    server.close_clients();
    const std::string rest = co_await reader.read();
    CHECK(rest.empty());
    co_await server.wait_closed();
  });
}

TEST_CASE("an aborted connection is an error to the peer, and no plain end") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const auto wait = [](StreamReader reader, StreamWriter) -> Coroutine<void> {
      co_await reader.read();
    };
    const Server server = co_await start_tls_server(wait, "127.0.0.1", 0, server_context());
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(server), client_context());
    server.abort_clients();
    const auto error = co_await thrown_by<OSError>(reader.read());
    CHECK(error);
  });
}

TEST_CASE("a writer is slowed down by a reader that does not read, and nothing is lost") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    constexpr std::size_t total = 2'000'000;
    std::size_t written = 0;
    const auto pour = [&written](StreamReader, StreamWriter writer) -> Coroutine<void> {
      const std::string piece(10'000, 'p');
      while (written < total) {
        writer.write(piece);
        written += piece.size();
        co_await writer.drain();
        CHECK(writer.transport()->get_write_buffer_size() < 200'000);
      }
      writer.close();
      co_await writer.wait_closed();
    };
    const Server server = co_await start_tls_server(pour, "127.0.0.1", 0, server_context(),
                                                    TlsOptions(), with_limit(1000));
    ConnectOptions narrow;
    narrow.limit = 1000;
    auto [reader, writer] = co_await open_tls_connection("127.0.0.1", port_of(server),
                                                         client_context(), TlsOptions(), narrow);
    std::size_t got = 0;
    for (;;) {
      const std::string bytes = co_await reader.read(50'000);
      if (bytes.empty()) break;
      got += bytes.size();
      if (got % 7 == 0) co_await sleep(1ms);
    }
    CHECK(got == total);
  });
}

TEST_CASE("what is written in one turn becomes as few records as can be") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_tls_server(echo, "127.0.0.1", 0, server_context());
    const auto relay = std::make_shared<Relay>();
    const Server between = co_await start_relay(relay, port_of(server));
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(between), client_context());
    writer.write("x");
    co_await reader.read(1);
    const std::size_t before = relay->to_server.passed.size();
    for (int i = 0; i < 1000; ++i)
      writer.write("0123456789");
    const std::string back = co_await reader.readexactly(10'000);
    CHECK(back.size() == 10'000);
    CHECK(records_in(std::string_view(relay->to_server.passed).substr(before)) == 1);
    CHECK_FALSE(contains(relay->to_server.passed, "0123456789"));
  });
}

TEST_CASE("an exception that leaves a TLS client's handler is reported, and the client closed") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    std::vector<std::string> reports;
    get_running_loop().set_exception_handler(
        [&reports](Loop&, const ExceptionContext& context) { reports.push_back(context.message); });
    const auto fail = [](StreamReader reader, StreamWriter) -> Coroutine<void> {
      co_await reader.read(1);
      throw std::runtime_error("broken");
    };
    const Server server = co_await start_tls_server(fail, "127.0.0.1", 0, server_context());
    auto [reader, writer] =
        co_await open_tls_connection("127.0.0.1", port_of(server), client_context());
    writer.write("x");
    const std::string end = co_await reader.read();
    CHECK(end.empty());
    CHECK(reports == std::vector<std::string>{"Unhandled exception in client_connected_cb"});
    get_running_loop().set_exception_handler({});
  });
}

}  // namespace
