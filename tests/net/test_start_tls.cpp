// start_tls: a plain connection becomes a TLS connection, as after STARTTLS.

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondo/net/tls.h>

#include "tls_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

TEST_CASE("a plain connection becomes a TLS connection, its reader and writer staying the same") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const SSLContext server_side = server_context();
    const auto serve = [server_side](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
      const auto talk = [](StreamReader from, StreamWriter to,
                           SSLContext context) -> Coroutine<void> {
        to.write("220 ready\n");
        const std::string request = co_await from.readline();
        CHECK(request == "STARTTLS\n");
        to.write("220 go ahead\n");
        co_await start_tls(to, context);
        const std::string line = co_await from.readline();
        to.write("over " + to.get_extra_info("version") + ": " + line);
        to.close();
      };
      return talk(std::move(reader), std::move(writer), server_side);
    };
    const Server server = co_await start_server(serve, "127.0.0.1", 0);
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(server));
    const std::string ready = co_await reader.readline();
    CHECK(ready == "220 ready\n");
    writer.write("STARTTLS\n");
    const std::string go = co_await reader.readline();
    CHECK(go == "220 go ahead\n");
    const TlsOptions options("good.example");
    co_await start_tls(writer, client_context(), options);
    CHECK(writer.get_extra_info("version") == "TLSv1.3");
    CHECK_FALSE(writer.get_extra_info("peername").empty());
    writer.write("hello\n");
    const std::string answer = co_await reader.read();
    CHECK(answer == "over TLSv1.3: hello\n");
  });
}

TEST_CASE("start_tls takes what came unprotected for TLS, and never for what was protected") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    std::optional<SSLError> error;
    const SSLContext server_side = server_context();
    const auto serve = [&error, server_side](StreamReader reader,
                                             StreamWriter writer) -> Coroutine<void> {
      const auto talk = [](StreamReader from, StreamWriter to, SSLContext context,
                           std::optional<SSLError>& thrown) -> Coroutine<void> {
        co_await from.readline();
        co_await sleep(1ms);
        thrown = co_await thrown_by<SSLError>(start_tls(to, context));
      };
      return talk(std::move(reader), std::move(writer), server_side, error);
    };
    const Server server = co_await start_server(serve, "127.0.0.1", 0);
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(server));
    writer.write("STARTTLS\nMAIL FROM:<mallory@example>\n");
    co_await until([&error] { return error.has_value(); });
    CHECK(contains(error->what(), "the peer does not speak TLS"));
  });
}

TEST_CASE("start_tls needs the name that is to be checked, and a connection") {
  if (no_certificates()) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(swallow, "127.0.0.1", 0);
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(server));
    const auto nameless = co_await thrown_by<ValueError>(start_tls(writer, client_context()));
    REQUIRE(nameless);
    CHECK(contains(nameless->what(), "TlsOptions::server_hostname"));
    writer.close();
    co_await writer.wait_closed();
    const TlsOptions options("good.example");
    const auto closed =
        co_await thrown_by<ConnectionResetError>(start_tls(writer, client_context(), options));
    CHECK(closed);
  });
}

}  // namespace
