// Other people's programs at the other end: curl as the client; Python and nginx as servers.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

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

bool skipped(const std::string& reason) {
  if (!reason.empty()) std::printf("SKIP http peers: %s\n", reason.c_str());
  return !reason.empty();
}

std::string curl_is_missing() {
  return find_program("curl").empty() ? "curl is not installed" : "";
}

/// Bytes in which a shift or a gap would show.
std::string pattern(std::size_t size) {
  std::string bytes;
  bytes.reserve(size + 8);
  for (unsigned i = 0; bytes.size() < size; ++i)
    bytes += std::to_string(i * 2654435761U) + ' ';
  bytes.resize(size);
  return bytes;
}

Coroutine<Response> count_body(Request request) {
  std::size_t size = 0;
  const http::Content content = request.content();
  while (const auto piece = co_await content.next())
    size += piece->size();
  const std::string coding = request.headers().get("Transfer-Encoding", "length");
  const std::string expect = request.headers().get("Expect", "nothing");
  co_return Response(std::to_string(size) + " " + coding + " " + expect + "\n");
}

AsyncGenerator<std::string> lines(int count) {
  for (int i = 0; i < count; ++i)
    co_yield "line " + std::to_string(i) + "\n";
}

http::Application application_for_peers() {
  http::Application app;
  app.add_get("/", [](Request) -> Coroutine<Response> { co_return Response("hello\n"); });
  app.add_get("/remote", [](Request request) -> Coroutine<Response> {
    co_return Response(request.remote() + "\n");
  });
  app.add_get("/lines", [](Request) -> Coroutine<Response> { co_return Response(lines(1000)); });
  app.add_route("*", "/count", count_body);
  app.add_post("/limited", [](Request request) -> Coroutine<Response> {
    const std::string body = co_await request.read();
    co_return Response(std::to_string(body.size()));
  });
  return app;
}

/// Runs curl against a server of the application above; yields what it prints.
template <class F>
void with_curl(F body) {
  if (skipped(curl_is_missing())) return;
  run_bounded([&]() -> Coroutine<void> {
    const auto server = co_await http::start_server(application_for_peers(), "127.0.0.1", 0);
    co_await body(server.url());
    server.close();
    co_await server.wait_closed();
  });
}

Coroutine<std::string> curl(std::string arguments) {
  return to_thread(shell, "curl --silent --show-error --max-time 15 " + arguments);
}

TEST_CASE("curl gets, heads and posts, and sees what is not there" *
          doctest::test_suite("real kernel")) {
  with_curl([](std::string url) -> Coroutine<void> {
    const std::string got = co_await curl(url + "/");
    CHECK(got == "hello\n");
    const std::string head = co_await curl("--head " + url + "/");
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(contains(head, "Content-Length: 6\r\n"));
    const std::string posted = co_await curl("--data name=r1 " + url + "/count");
    CHECK(posted == "7 length nothing\n");
    const std::string streamed = co_await curl(url + "/lines");
    CHECK(count_of(streamed, "\n") == 1000);
    const std::string old = co_await curl("--http1.0 " + url + "/lines");
    CHECK(old == streamed);
    const std::string offered = co_await curl("--http2 " + url + "/");
    CHECK(offered == "hello\n");
    const std::string status = "--output /dev/null --write-out '%{http_code}' ";
    const std::string missing = co_await curl(status + url + "/missing");
    CHECK(missing == "404");
    const std::string wrong = co_await curl(status + "--request DELETE " + url + "/");
    CHECK(wrong == "405");
  });
}

TEST_CASE("curl uses one connection for two URLs" * doctest::test_suite("real kernel")) {
  with_curl([](std::string url) -> Coroutine<void> {
    const std::string remotes =
        co_await curl("--write-out '%{num_connects}\\n' " + url + "/remote " + url + "/remote");
    std::vector<std::string> words;
    for (std::size_t at = 0, end; (end = remotes.find('\n', at)) != std::string::npos; at = end + 1)
      words.push_back(remotes.substr(at, end - at));
    REQUIRE(words.size() == 4);
    CHECK(words[0] == words[2]);
    CHECK(words[1] == "1");
    CHECK(words[3] == "0");
  });
}

TEST_CASE("curl uploads in chunks, and waits to be told to go on with a large body" *
          doctest::test_suite("real kernel")) {
  if (skipped(curl_is_missing())) return;
  const WebDirectory directory;
  const std::string file = directory.write("large", pattern(10'000'000));
  with_curl([&](std::string url) -> Coroutine<void> {
    const std::string chunked = co_await to_thread(
        shell,
        "cat " + file + " | curl --silent --show-error --max-time 15 -T - " + url + "/count");
    CHECK(chunked.starts_with("10000000 chunked "));
    const std::string expected = co_await curl(
        "--verbose --header 'Expect: 100-continue' --data-binary @" + file + " " + url + "/count");
    CHECK(contains(expected, "< HTTP/1.1 100 Continue"));
    CHECK(contains(expected, "10000000 length 100-continue\n"));
    const std::string refused = co_await curl(
        "--output /dev/null --write-out '%{http_code} %{size_upload}' "
        "--header 'Expect: 100-continue' --data-binary @" +
        file + " " + url + "/limited");
    CHECK(refused == "413 0");
    const std::string unasked = co_await curl(
        "--output /dev/null --write-out '%{http_code}' --header 'Expect:' "
        "--data-binary @" +
        file + " " + url + "/limited");
    CHECK(unasked.starts_with("413"));
  });
}

Coroutine<std::string> fetch_successfully(ClientSession session, std::string url) {
  const auto response = co_await session.get(std::move(url));
  response.raise_for_status();
  co_return co_await response.read();
}

TEST_CASE("our client reads what Python's http.server has" * doctest::test_suite("real kernel")) {
  const std::string python = find_program("python3");
  if (skipped(python.empty() ? "python3 is not installed" : "")) return;
  const WebDirectory directory;
  directory.write("large", pattern(3'000'000));
  directory.write("small", "small\n");
  std::filesystem::create_directory(directory.path() / "folder");
  const std::uint16_t port = free_port();
  const WebServer server({python, "-m", "http.server", std::to_string(port), "--bind", "127.0.0.1",
                          "--directory", directory.path().string()},
                         port);
  run_bounded([&]() -> Coroutine<void> {
    const ClientSession session;
    const std::string small = co_await fetch_successfully(session, server.url("/small"));
    CHECK(small == "small\n");
    const std::string large = co_await fetch_successfully(session, server.url("/large"));
    CHECK((large == pattern(3'000'000)));
    const auto moved = co_await session.get(server.url("/folder"));
    CHECK(moved.status() == 200);
    CHECK(moved.url().path() == "/folder/");
    CHECK(moved.history().size() == 1);
    const auto missing = co_await session.get(server.url("/missing"));
    CHECK(missing.status() == 404);
    const auto unknown = co_await session.post(server.url("/small"), "x");
    CHECK(unknown.status() == 501);
    co_await session.close();
  });
}

TEST_CASE("our client and nginx: files, redirects, chunks, keep-alive, uploads" *
          doctest::test_suite("real kernel")) {
  if (skipped(Nginx::unavailable())) return;
  const WebDirectory directory;
  const std::string large = pattern(10'000'000);
  directory.write("large", large);
  directory.write("small", "small\n");
  // What passes through a filter that changes it has no length, and so comes in chunks.
  const Nginx nginx(directory,
                    "chunked_transfer_encoding on; keepalive_requests 1000;\n"
                    "client_max_body_size 1m;\n"
                    "location /moved { return 302 /small; }\n"
                    "location /circle { return 301 /circle; }\n"
                    "location /kept { return 307 /small; }\n"
                    "location /nothing { return 204; }\n"
                    "location /chunked { alias " +
                        directory.path().string() +
                        "/large; gzip off; ssi on; ssi_types *; }\n"
                        "location /connection { return 200 \"$connection\"; }\n");
  run_bounded([&]() -> Coroutine<void> {
    const ClientSession session;
    const std::string small = co_await fetch_successfully(session, nginx.url("/small"));
    CHECK(small == "small\n");
    const auto moved = co_await session.get(nginx.url("/moved?x=y"));
    const std::string moved_text = co_await moved.text();
    CHECK(moved_text == "small\n");
    CHECK(moved.url().path() == "/small");
    const auto circle =
        co_await thrown_by<http::TooManyRedirects>(session.get(nginx.url("/circle")));
    CHECK(circle);
    const auto nothing = co_await session.get(nginx.url("/nothing"));
    CHECK(nothing.status() == 204);
    const auto head = co_await session.head(nginx.url("/large"));
    CHECK(head.headers().get("Content-Length") == "10000000");

    const std::string whole = co_await fetch_successfully(session, nginx.url("/large"));
    CHECK((whole == large));
    const auto chunked = co_await session.get(nginx.url("/chunked"));
    CHECK(chunked.headers().get("Transfer-Encoding") == "chunked");
    const std::string chunked_text = co_await chunked.read();
    CHECK((chunked_text == large));

    const std::string connection = co_await fetch_successfully(session, nginx.url("/connection"));
    for (int i = 0; i < 20; ++i) {
      const std::string again = co_await fetch_successfully(session, nginx.url("/connection"));
      CHECK(again == connection);
    }
    const auto refused = co_await session.post(nginx.url("/small"), std::string(2'000'000, 'x'));
    CHECK(refused.status() == 413);
    const auto no_method = co_await session.post(nginx.url("/small"), "x");
    CHECK(no_method.status() == 405);
    const auto no_such = co_await thrown_by<http::ClientResponseError>(
        fetch_successfully(session, nginx.url("/no-such")));
    REQUIRE(no_such);
    CHECK(no_such->status() == 404);
    co_await session.close();
  });
}

TEST_CASE("a connection that nginx has closed meanwhile is replaced without a word" *
          doctest::test_suite("real kernel")) {
  if (skipped(Nginx::unavailable())) return;
  const WebDirectory directory;
  const Nginx nginx(directory,
                    "keepalive_requests 3;\n"
                    "location / { return 200 \"$connection $connection_requests\"; }\n");
  run_bounded([&]() -> Coroutine<void> {
    const ClientSession session;
    std::string answers;
    for (int i = 0; i < 9; ++i) {
      const std::string text = co_await fetch_successfully(session, nginx.url());
      answers += text.substr(text.find(' ') + 1);
    }
    CHECK(answers == "123123123");
    co_await session.close();
  });
}

}  // namespace
