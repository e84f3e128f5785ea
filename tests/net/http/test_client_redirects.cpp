// Redirects: followed as browsers and aiohttp do, and secrets stay at home.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using http::ClientSession;
using http::RequestOptions;

std::string redirect(int status, const std::string& location) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
         "\r\nContent-Length: 5\r\n\r\nmoved";
}

TEST_CASE("method and body after a redirect are those that its status asks for") {
  run_bounded([]() -> Coroutine<void> {
    struct Rule {
      int status;
      std::string method;
      std::string then;
      bool with_body;
    };
    for (const Rule& rule : std::vector<Rule>{{301, "POST", "GET", false},
                                              {302, "POST", "GET", false},
                                              {303, "POST", "GET", false},
                                              {303, "PUT", "GET", false},
                                              {301, "PUT", "PUT", true},
                                              {307, "POST", "POST", true},
                                              {308, "POST", "POST", true},
                                              {303, "HEAD", "HEAD", false}}) {
      ScriptedServer server({{redirect(rule.status, "/next"), ok, ok}, {ok}});
      co_await server.listen();
      const ClientSession session;
      http::Body body;
      if (rule.method != "HEAD") body = http::Body("body", "text/x");
      const auto response = co_await session.request(rule.method, server.url(), std::move(body));
      REQUIRE(server.requests().size() == 2);
      const std::string& second = server.requests().at(1);
      CHECK(contains(second, rule.then + " /next HTTP/1.1\r\n"));
      CHECK(contains(second, "Content-Length: 4\r\n") == rule.with_body);
      CHECK(contains(second, "Content-Type: text/x\r\n") == rule.with_body);
      CHECK(response.url().path() == "/next");
      REQUIRE(response.history().size() == 1);
      CHECK(response.history().at(0).path() == "/");
    }
  });
}

TEST_CASE("another server is given no credentials, the same one keeps them") {
  run_bounded([]() -> Coroutine<void> {
    ScriptedServer other({{ok}});
    co_await other.listen();
    ScriptedServer server({{redirect(302, "/here"), redirect(302, other.url("/there"))}});
    co_await server.listen();
    const ClientSession session;
    RequestOptions options;
    options.auth.emplace("user", "password");
    options.headers.add("Cookie", "secret");
    options.headers.add("X-Plain", "kept");
    const auto response = co_await session.get(server.url(), options);
    CHECK(response.status() == 200);
    CHECK(contains(server.requests().at(1), "\r\nAuthorization: Basic "));
    CHECK(contains(server.requests().at(1), "\r\nCookie: secret\r\n"));
    CHECK_FALSE(contains(other.requests().at(0), "Authorization"));
    CHECK_FALSE(contains(other.requests().at(0), "Cookie"));
    CHECK(contains(other.requests().at(0), "\r\nX-Plain: kept\r\n"));
    CHECK(contains(other.requests().at(0), "Host: 127.0.0.1:" + std::to_string(other.port())));
  });
}

TEST_CASE("redirects in a circle end, and those that nobody wants are not followed") {
  run_bounded([]() -> Coroutine<void> {
    const std::vector<std::string> circle(20, redirect(302, "/"));
    ScriptedServer server({circle, circle});
    co_await server.listen();
    const ClientSession session;
    RequestOptions options;
    options.max_redirects = 4;
    const auto error =
        co_await thrown_by<http::TooManyRedirects>(session.get(server.url(), options));
    REQUIRE(error);
    CHECK(error->status() == 302);
    CHECK(server.requests().size() == 5);
    options.allow_redirects = false;
    const auto response = co_await session.get(server.url(), options);
    CHECK(response.status() == 302);
    ScriptedServer plain(
        {{"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", redirect(300, "/x")}});
    co_await plain.listen();
    const auto nowhere = co_await session.get(plain.url());
    CHECK(nowhere.status() == 302);
    const auto choices = co_await session.get(plain.url());
    CHECK(choices.status() == 300);
  });
}

TEST_CASE("a redirect to what is no http is refused, one that is not by the letter is mended") {
  run_bounded([]() -> Coroutine<void> {
    for (const std::string location :
         {"ftp://x/", "file:///etc/passwd", "http://user:Secret@127.0.0.1/", "http://", "//"}) {
      ScriptedServer server({{redirect(302, location)}});
      co_await server.listen();
      const std::string error = co_await text_of<http::InvalidURL>(http::get(server.url()));
      CHECK(error.starts_with("URL "));
      CHECK_FALSE(contains(error, "Secret"));
    }
    ScriptedServer server({{redirect(302, "a b/\xc3\xa9?c=<d>#e"), ok}});
    co_await server.listen();
    const auto response = co_await http::get(server.url("/x/y"));
    CHECK(response.url().target() == "/x/a%20b/%C3%A9?c=%3Cd%3E");
  });
}

AsyncGenerator<std::string> one_piece() {
  co_yield std::string("piece");
}

TEST_CASE("a body that a generator made cannot follow a redirect that wants it again") {
  run_bounded([]() -> Coroutine<void> {
    const auto move = [](int status) {
      return [status](http::Request request) -> Coroutine<http::Response> {
        co_await request.read();
        http::Response response("moved", status);
        response.headers.add("Location", "/next");
        co_return response;
      };
    };
    http::Application app;
    app.add_post("/307", move(307));
    app.add_post("/303", move(303));
    app.add_get("/next", [](http::Request request) -> Coroutine<http::Response> {
      co_return http::Response(request.headers().get("Transfer-Encoding", "none"));
    });
    const auto server = co_await http::start_server(app, "127.0.0.1", 0);
    const ClientSession session;
    const auto error =
        co_await thrown_by<http::ClientError>(session.post(server.url() + "/307", one_piece()));
    REQUIRE(error);
    CHECK(contains(error->what(), "generator"));
    const auto fine = co_await session.post(server.url() + "/303", one_piece());
    const std::string text = co_await fine.text();
    CHECK(text == "none");
    co_await session.close();
    server.close();
    co_await server.wait_closed();
  });
}

}  // namespace
