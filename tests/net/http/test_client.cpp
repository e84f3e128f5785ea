// This file is long because it goes through one class case by case.

// The client: what it sends, how it reads answers, and its errors.

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using http::ClientSession;
using http::Request;
using http::RequestOptions;
using http::Response;
using Answers = ScriptedServer::Answers;

TEST_CASE("get yields status, reason, headers and body") {
  run_bounded([]() -> Coroutine<void> {
    ScriptedServer server(
        {{"HTTP/1.1 203 Just So\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 5\r\n\r\nhello"}});
    co_await server.listen();
    const auto response = co_await http::get(server.url("/a%20b?c=d"));
    CHECK(response.status() == 203);
    CHECK(response.reason() == "Just So");
    CHECK(response.ok());
    CHECK(response.method() == "GET");
    CHECK(response.url().text() == server.url("/a%20b?c=d"));
    CHECK(response.headers().getall("X-A") == std::vector<std::string>{"1", "2"});
    const std::string text = co_await response.text();
    const std::string again = co_await response.text();
    CHECK(text == "hello");
    CHECK(again == "hello");
    CHECK(server.requests().at(0) ==
          "GET /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
              "\r\nAccept: */*\r\nUser-Agent: rondo/0.1\r\n\r\n");
  });
}

TEST_CASE("headers, parameters and credentials of session and request come together") {
  run_bounded([]() -> Coroutine<void> {
    ScriptedServer server({{ok}});
    co_await server.listen();
    http::SessionOptions session_options;
    session_options.base_url = server.url("/api/");
    session_options.headers.add("X-Session", "s");
    session_options.headers.add("X-Both", "session");
    session_options.auth.emplace("Aladdin", "open sesame");
    const ClientSession session(session_options);
    RequestOptions options;
    options.headers.add("x-both", "request");
    options.headers.add("User-Agent", "mine");
    options.params = {{"q", "a b&c"}};
    const nlohmann::json value{{"name", "r1"}};
    const auto response = co_await session.put("devices", http::json(value), options);
    CHECK(response.status() == 200);
    const std::string& request = server.requests().at(0);
    CHECK(request.starts_with("PUT /api/devices?q=a%20b%26c HTTP/1.1\r\n"));
    CHECK(contains(request, "\r\nX-Session: s\r\n"));
    CHECK(contains(request, "\r\nx-both: request\r\n"));
    CHECK_FALSE(contains(request, "X-Both: session"));
    CHECK(contains(request, "\r\nUser-Agent: mine\r\n"));
    CHECK(contains(request, "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    CHECK(contains(request, "\r\nContent-Type: application/json\r\n"));
    CHECK(contains(request, "\r\nContent-Length: 13\r\n"));
  });
}

TEST_CASE("a request that could be two is refused before anything is sent") {
  run_bounded([]() -> Coroutine<void> {
    ScriptedServer server({{ok}});
    co_await server.listen();
    const ClientSession session;
    const std::string url = server.url();
    const auto bad_url = co_await thrown_by<http::InvalidURL>(session.get(url + " HTTP/1.1\r\n"));
    CHECK(bad_url);
    const auto bad_method = co_await thrown_by<ValueError>(session.request("GET / HTTP/1.1", url));
    CHECK(bad_method);
    RequestOptions options;
    options.headers.add("Transfer-Encoding", "chunked");
    const auto bad_header = co_await thrown_by<ValueError>(session.post(url, "x", options));
    CHECK(bad_header);
    CHECK_THROWS_AS(options.headers.add("A", "b\r\nC: d"), ValueError);
    CHECK(server.connected() == 0);
  });
}

TEST_CASE("an answer is read whatever its framing, and interim ones are passed over") {
  run_bounded([]() -> Coroutine<void> {
    const std::vector<std::string> answers{
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nA: "
        "b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\n\r\nhello",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    };
    for (const std::string& answer : answers) {
      ScriptedServer server({{answer}});
      co_await server.listen();
      const auto response = co_await http::get(server.url());
      const std::string text = co_await response.text();
      CHECK(response.status() == 200);
      CHECK(text == "hello");
    }
  });
}

TEST_CASE("HEAD, 204 and 304 have no body, whatever their headers say") {
  run_bounded([]() -> Coroutine<void> {
    const std::string lines = "\r\nContent-Length: 100\r\n\r\n";
    ScriptedServer server(
        {{"HTTP/1.1 200 OK" + lines, "HTTP/1.1 204 No" + lines, "HTTP/1.1 304 No" + lines, ok}});
    co_await server.listen();
    const ClientSession session;
    const auto head = co_await session.head(server.url());
    const std::string nothing = co_await head.text();
    CHECK(nothing.empty());
    CHECK(head.headers().get("content-length") == "100");
    const auto none = co_await session.get(server.url());
    CHECK(none.status() == 204);
    const auto unchanged = co_await session.get(server.url());
    CHECK(unchanged.status() == 304);
    const auto last = co_await session.get(server.url());
    const std::string text = co_await last.text();
    CHECK(text == "ok");
    CHECK(server.connected() == 1);
  });
}

TEST_CASE(
    "[fault 66] an answer that is no HTTP, or two in one, is an error and its connection ends") {
  run_bounded([]() -> Coroutine<void> {
    const std::string line = "HTTP/1.1 200 OK\r\n";
    for (const std::string& answer : std::vector<std::string>{
             "SSH-2.0-OpenSSH_9.2\r\n",
             line + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             line + "Content-Length: 4\r\nContent-Length: 2\r\n\r\nabcd", line + "A : b\r\n\r\n",
             line + "A: b\r\n c\r\n\r\n", line + "A: " + std::string(1 << 20, 'a'),
             "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
      ScriptedServer server({{answer}});
      co_await server.listen();
      const ClientSession session;
      const auto error = co_await thrown_by<http::ClientResponseError>(session.get(server.url()));
      REQUIRE(error);
      CHECK(error->status() == 400);
      CHECK(contains(error->what(), "GET " + server.url() + ": the answer is no HTTP: "));
      CHECK(session.connections_in_use() == 0);
      CHECK(session.connections_idle() == 0);
    }
    for (const std::string& answer :
         std::vector<std::string>{line + "Transfer-Encoding: chunked\r\n\r\nxyz",
                                  line + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                                  line + "Transfer-Encoding: chunked\r\n\r\n2\r\nabX",
                                  line + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
                                  line + "Content-Length: 10\r\n\r\nshort"}) {
      ScriptedServer server({{answer}});
      co_await server.listen();
      const ClientSession session;
      const auto response = co_await session.get(server.url());
      const auto error = co_await thrown_by<http::ClientPayloadError>(response.text());
      CHECK(error);
      const auto again = co_await thrown_by<http::ClientPayloadError>(response.text());
      CHECK(again);
      CHECK(session.connections_in_use() == 0);
      CHECK(session.connections_idle() == 0);
    }
  });
}

TEST_CASE("errors name method and URL, and neither a query nor a password") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor closed = closed_port();
    const std::string url = "http://127.0.0.1:" + std::to_string(port_of(closed)) + "/a";
    const std::string refused =
        co_await text_of<http::ClientConnectorError>(http::get(url + "?token=Secret"));
    CHECK(refused.starts_with("GET " + url + ": cannot connect: "));
    CHECK_FALSE(contains(refused, "Secret"));

    ScriptedServer silent({{""}});
    co_await silent.listen();
    const std::string gone = co_await text_of<http::ServerDisconnectedError>(
        http::post(silent.url("/b?token=Secret"), "x"));
    CHECK(gone.starts_with("POST " + silent.url("/b") + ": the server ended the connection"));

    ScriptedServer half({{"HTTP/1.1 200 OK\r\nCont"}});
    co_await half.listen();
    const auto cut = co_await thrown_by<http::ServerDisconnectedError>(http::get(half.url()));
    CHECK(cut);

    ScriptedServer failing(std::vector<Answers>{Answers{
        "HTTP/1.1 503 \x1b[31mSecret\r\n\r\n", "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"}});
    co_await failing.listen();
    RequestOptions options;
    options.raise_for_status = true;
    const auto status =
        co_await thrown_by<http::ClientResponseError>(http::get(failing.url("/c"), options));
    REQUIRE(status);
  });
}

TEST_CASE("raise_for_status throws from 400 on, by itself if the options say so") {
  run_bounded([]() -> Coroutine<void> {
    const std::string missing = "HTTP/1.1 404 Nowhere\r\nContent-Length: 4\r\n\r\nbody";
    ScriptedServer server({{missing, missing, ok}});
    co_await server.listen();
    const ClientSession session;
    const auto response = co_await session.get(server.url("/x?y"));
    CHECK_FALSE(response.ok());
    try {
      response.raise_for_status();
      CHECK(false);
    } catch (const http::ClientResponseError& error) {
      CHECK(error.status() == 404);
      CHECK(error.what() == "GET " + server.url("/x") + ": the server answers 404 Not Found");
    }
    const std::string body = co_await response.text();
    CHECK(body == "body");
    RequestOptions options;
    options.raise_for_status = true;
    const auto error =
        co_await thrown_by<http::ClientResponseError>(session.get(server.url(), options));
    CHECK(error);
    CHECK(session.connections_in_use() == 0);
  });
}

TEST_CASE("JSON is read, and what is none is an error that names the content type") {
  run_bounded([]() -> Coroutine<void> {
    ScriptedServer server(std::vector<Answers>{
        Answers{"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"name\":\"r1\"}",
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>"}});
    co_await server.listen();
    const ClientSession session;
    const auto good = co_await session.get(server.url());
    const nlohmann::json value = co_await good.json();
    CHECK(value.at("name") == "r1");
    const auto bad = co_await session.get(server.url());
    const std::string error = co_await text_of<http::ClientPayloadError>(bad.json());
    CHECK(contains(error, "text/html"));
  });
}

/// Sixteen pieces of a megabyte, and counts how many are asked for.
AsyncGenerator<std::string> megabytes(int count, int* made) {
  for (int i = 0; i < count; ++i) {
    ++*made;
    co_yield std::string(1 << 20, static_cast<char>('a' + i % 26));
  }
}

AsyncGenerator<std::string> failing_pieces() {
  co_yield std::string("piece");
  throw std::runtime_error("the generator's own");
}

http::Application counting_application() {
  http::Application app;
  app.add_post("/count", [](Request request) -> Coroutine<Response> {
    std::size_t size = 0;
    const http::Content content = request.content();
    while (const auto piece = co_await content.next())
      size += piece->size();
    co_return Response(std::to_string(size));
  });
  app.add_post("/refuse", [](Request) -> Coroutine<Response> { co_return Response("no", 403); });
  app.add_get("/megabytes", [](Request) -> Coroutine<Response> {
    static int ignored = 0;
    co_return Response(megabytes(64, &ignored));
  });
  return app;
}

TEST_CASE("64 MiB pass in both directions without being held in memory" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const auto server = co_await http::start_server(counting_application(), "127.0.0.1", 0);
    const ClientSession session;
    int made = 0;
    const auto up = co_await session.post(server.url() + "/count", megabytes(64, &made));
    const std::string count = co_await up.text();
    CHECK(count == std::to_string(64 << 20));
    CHECK(made == 64);
    const auto down = co_await session.get(server.url() + "/megabytes");
    std::size_t size = 0;
    std::size_t largest = 0;
    const http::Content content = down.content();
    while (const auto piece = co_await content.next()) {
      size += piece->size();
      largest = std::max(largest, piece->size());
    }
    CHECK(size == 64 << 20);
    CHECK(largest <= 1 << 17);
    CHECK(session.connections_idle() == 1);
    server.close();
    co_await session.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("a body's generator runs no further than the server reads") {
  run_bounded([]() -> Coroutine<void> {
    int made = 0;
    const FileDescriptor listener = bare_listener();
    auto request = create_task(http::post(
        "http://127.0.0.1:" + std::to_string(port_of(listener)) + "/", megabytes(1000, &made)));
    co_await until([&] { return made > 0; });
    for (int last = 0; last != made;) {
      last = made;
      co_await sleep(20ms);
    }
    CHECK(made < 100);
    request.cancel();
    co_await until([&] { return request.done(); });
  });
}

TEST_CASE("an answer that comes before the body was sent is taken, and the rest is not sent") {
  run_bounded([]() -> Coroutine<void> {
    const auto server = co_await http::start_server(counting_application(), "127.0.0.1", 0);
    const ClientSession session;
    int made = 0;
    const auto response = co_await session.post(server.url() + "/refuse", megabytes(1000, &made));
    CHECK(response.status() == 403);
    const std::string text = co_await response.text();
    CHECK(text == "no");
    CHECK(session.connections_idle() == 0);
    CHECK(session.connections_in_use() == 0);
    CHECK(made < 1000);
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("what a body's generator throws is what the request throws") {
  run_bounded([]() -> Coroutine<void> {
    const auto server = co_await http::start_server(counting_application(), "127.0.0.1", 0);
    const ClientSession session;
    const std::string error = co_await text_of<std::runtime_error>(
        session.post(server.url() + "/count", failing_pieces()));
    CHECK(error == "the generator's own");
    CHECK(session.connections_in_use() == 0);
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("each limit of time has its error") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();  // takes connections, and says nothing
    const std::string url = "http://127.0.0.1:" + std::to_string(port_of(listener)) + "/";
    http::SessionOptions session_options;
    session_options.limit = 1;
    const ClientSession session(session_options);
    const auto limits = [](auto member, Duration span) {
      http::ClientTimeout timeout;
      timeout.total = 0s;
      timeout.*member = span;
      RequestOptions options;
      options.timeout = timeout;
      return options;
    };
    const std::string total = co_await text_of<http::ServerTimeoutError>(
        session.get(url, limits(&http::ClientTimeout::total, 30ms)));
    CHECK(contains(total, "'total'"));
    const std::string read = co_await text_of<http::ServerTimeoutError>(
        session.get(url, limits(&http::ClientTimeout::sock_read, 30ms)));
    CHECK(contains(read, "'sock_read'"));
    auto first = create_task(session.get(url));
    co_await until([&] { return session.connections_in_use() == 1; });
    const std::string connect = co_await text_of<http::ServerTimeoutError>(
        session.get(url, limits(&http::ClientTimeout::connect, 30ms)));
    CHECK(contains(connect, "'connect'"));
    first.cancel();
    co_await until([&] { return first.done(); });
    CHECK(session.connections_in_use() == 0);
  });
}

TEST_CASE("the limit of the whole holds for the body too") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    http::ClientTimeout timeout;
    timeout.total = 1s;
    RequestOptions options;
    options.timeout = timeout;
    auto request = create_task(
        http::get("http://127.0.0.1:" + std::to_string(port_of(listener)) + "/", options));
    FileDescriptor server;
    co_await until([&] {
      server = accept_now(listener);
      return static_cast<bool>(server);
    });
    send_now(server, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    const auto response = co_await request;
    const std::string error = co_await text_of<http::ServerTimeoutError>(response.text());
    CHECK(contains(error, "'total'"));
  });
}

TEST_CASE("a read of the body that is cancelled loses nothing") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    auto request =
        create_task(http::get("http://127.0.0.1:" + std::to_string(port_of(listener)) + "/"));
    FileDescriptor server;
    co_await until([&] {
      server = accept_now(listener);
      return static_cast<bool>(server);
    });
    send_now(server, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    const auto response = co_await request;
    const http::Content content = response.content();
    const auto first = co_await content.next();
    CHECK(first == "abc");
    auto second = create_task(content.next());
    co_await let_run(3);
    const std::string twice = co_await text_of<RuntimeError>(content.next());
    CHECK(contains(twice, "another task is reading"));
    second.cancel();
    co_await until([&] { return second.done(); });
    send_now(server, "def");
    const auto third = co_await content.next();
    CHECK(third == "def");
    const auto end = co_await content.next();
    CHECK_FALSE(end);
  });
}

}  // namespace
