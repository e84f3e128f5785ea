// https: the same client and server, through TLS, and with curl and nginx at the other end.

#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include <rondo/runtime/to_thread.h>

#include "http_fixture.h"
#include "nginx.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using http::ClientSession;
using http::Request;
using http::Response;

/// A certificate for 127.0.0.1 that nobody has signed but itself.
class Certificate {
 public:
  Certificate() : certificate(directory_.file("certificate.pem")), key(directory_.file("key.pem")) {
    said_ = shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
        "-days 2 -subj /CN=rondo-test -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key + " -out " + certificate);
  }

  SSLContext server() const { return SSLContext::server(certificate, key); }
  SSLContext client() const {
    const SSLContext context = SSLContext::client();
    context.load_verify_locations(certificate);
    return context;
  }

 private:
  WebDirectory directory_;
  std::string said_;

 public:
  const std::string certificate;  // paths
  const std::string key;
};

bool skipped_without(const char* program) {
  if (!find_program(program).empty()) return false;
  std::printf("SKIP https: %s is not installed\n", program);
  return true;
}

http::Application application_over_tls() {
  http::Application app;
  app.add_get("/", [](Request) -> Coroutine<Response> { co_return Response("hello\n"); });
  app.add_post("/", [](Request request) -> Coroutine<Response> {
    std::size_t size = 0;
    const http::Content content = request.content();
    while (const auto piece = co_await content.next())
      size += piece->size();
    co_return Response(std::to_string(size) + "\n");
  });
  return app;
}

template <class F>
void with_tls_server(F body) {
  if (skipped_without("openssl")) return;
  const Certificate certificate;
  run_bounded([&]() -> Coroutine<void> {
    http::ServerOptions options;
    options.ssl = certificate.server();
    const auto server =
        co_await http::start_server(application_over_tls(), "127.0.0.1", 0, options);
    CHECK(server.url().starts_with("https://127.0.0.1:"));
    co_await body(server, certificate);
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("https: a session shares a TLS connection, and large bodies pass" *
          doctest::test_suite("real kernel")) {
  with_tls_server([](http::Server server, const Certificate& certificate) -> Coroutine<void> {
    http::SessionOptions options;
    options.ssl = certificate.client();
    const ClientSession session(options);
    for (int i = 0; i < 3; ++i) {
      const auto response = co_await session.get(server.url() + "/");
      const std::string text = co_await response.text();
      CHECK(text == "hello\n");
      CHECK(session.connections_idle() == 1);
    }
    const auto posted = co_await session.post(server.url() + "/", std::string(5'000'000, 'x'));
    const std::string count = co_await posted.text();
    CHECK(count == "5000000\n");
    co_await session.close();
  });
}

TEST_CASE("https: a certificate that nobody vouches for is refused before the request is sent" *
          doctest::test_suite("real kernel")) {
  with_tls_server([](http::Server server, const Certificate&) -> Coroutine<void> {
    const ClientSession session;
    const std::string url = server.url() + "/?token=Secret";
    const std::string error =
        co_await text_of<http::ClientConnectorCertificateError>(session.get(url));
    CHECK(error.starts_with("GET " + server.url() + "/: "));
    CHECK_FALSE(contains(error, "Secret"));
    CHECK(session.connections_in_use() == 0);

    const auto plain = co_await http::start_server(application_over_tls(), "127.0.0.1", 0);
    const auto no_tls = co_await thrown_by<http::ClientConnectorError>(
        session.get("https" + plain.url().substr(4)));
    CHECK(no_tls);
    plain.close();
    co_await plain.wait_closed();
  });
}

TEST_CASE("https: curl and our server" * doctest::test_suite("real kernel")) {
  if (skipped_without("curl")) return;
  with_tls_server([](http::Server server, const Certificate& certificate) -> Coroutine<void> {
    const std::string command =
        "curl --silent --show-error --max-time 15 --cacert " + certificate.certificate + " ";
    const std::string got = co_await to_thread(shell, command + server.url() + "/");
    CHECK(got == "hello\n");
    const std::string posted = co_await to_thread(
        shell, "head -c 3000000 /dev/zero | " + command + "-T - -X POST " + server.url() + "/");
    CHECK(posted == "3000000\n");
    const std::string distrusts =
        co_await to_thread(shell, "curl --silent --show-error --max-time 15 " + server.url() + "/");
    CHECK(contains(distrusts, "certificate"));
  });
}

TEST_CASE("https: our client and nginx" * doctest::test_suite("real kernel")) {
  if (skipped_without("openssl") || skipped_without("nginx")) return;
  const Certificate certificate;
  const WebDirectory directory;
  const std::string large(3'000'000, 'n');
  directory.write("large", large);
  const Nginx nginx(directory,
                    "ssl_certificate " + certificate.certificate + "; ssl_certificate_key " +
                        certificate.key + ";\nlocation / { }\n",
                    "ssl");
  run_bounded([&]() -> Coroutine<void> {
    http::SessionOptions options;
    options.ssl = certificate.client();
    const ClientSession session(options);
    for (int i = 0; i < 2; ++i) {
      const auto response = co_await session.get(nginx.url("/large", "https"));
      const std::string text = co_await response.read();
      CHECK((text == large));
    }
    CHECK(session.connections_idle() == 1);
    co_await session.close();
  });
}

}  // namespace
