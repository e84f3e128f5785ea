// Application: which route answers which path.

#include <string>

#include <doctest/doctest.h>

#include <rondo/http.h>

namespace {

using namespace rondo;
using http::Application;
using http::Handler;
using http::Request;
using http::Response;

/// A handler that is told from others by its number; it is never called here.
Handler numbered(int* called, int number) {
  return [called, number](Request) -> Coroutine<Response> {
    *called = number;
    co_return Response();
  };
}

/// The number of the handler that a request finds; -404 or -405 for none.
int find(const Application& application, int& called, const std::string& method,
         const std::string& path) {
  const auto resolved = application.resolve(method, path);
  if (resolved.handler == nullptr) return resolved.allowed.empty() ? -404 : -405;
  called = 0;
  Coroutine<Response> coroutine = (*resolved.handler)(Request(nullptr));
  run([&]() -> Coroutine<> { co_await coroutine; }());
  return called;
}

TEST_CASE("the first route that fits answers") {
  Application app;
  int called = 0;
  app.add_get("/", numbered(&called, 1));
  app.add_get("/devices", numbered(&called, 2));
  app.add_get("/devices/all", numbered(&called, 3));
  app.add_get("/devices/{name}", numbered(&called, 4));
  app.add_post("/devices/{name}", numbered(&called, 5));
  app.add_get("/devices/{name}/ports/{port}", numbered(&called, 6));
  app.add_route("*", "/any", numbered(&called, 7));
  app.add_get("/files/{path:.*}", numbered(&called, 8));
  CHECK(find(app, called, "GET", "/") == 1);
  CHECK(find(app, called, "GET", "/devices") == 2);
  CHECK(find(app, called, "GET", "/devices/all") == 3);
  CHECK(find(app, called, "GET", "/devices/r1") == 4);
  CHECK(find(app, called, "HEAD", "/devices/r1") == 4);
  CHECK(find(app, called, "POST", "/devices/r1") == 5);
  CHECK(find(app, called, "GET", "/devices/r1/ports/7") == 6);
  CHECK(find(app, called, "PROPFIND", "/any") == 7);
  CHECK(find(app, called, "GET", "/files/") == 8);
  CHECK(find(app, called, "GET", "/files/a/b") == 8);
  CHECK(find(app, called, "GET", "/devices/") == -404);
  CHECK(find(app, called, "GET", "/devices/r1/") == -404);
  CHECK(find(app, called, "GET", "/other") == -404);
  CHECK(find(app, called, "GET", "//") == -404);
  CHECK(find(app, called, "DELETE", "/devices/r1") == -405);
}

TEST_CASE("parts of a path are decoded, and an encoded slash does not part them") {
  Application app;
  int called = 0;
  app.add_get("/devices/{name}/{port}", numbered(&called, 1));
  app.add_get("/files/{path:.*}", numbered(&called, 2));
  const auto found = app.resolve("GET", "/devices/r%201/ge-0%2F0%2f1");
  REQUIRE(found.handler != nullptr);
  CHECK(found.match_info.at("name") == "r 1");
  CHECK(found.match_info.at("port") == "ge-0/0/1");
  CHECK(app.resolve("GET", "/files/a/b%20c/").match_info.at("path") == "a/b c/");
  CHECK_THROWS_AS(app.resolve("GET", "/files/%4"), ValueError);
}

TEST_CASE("without the method, those that there are are named once each") {
  Application app;
  int called = 0;
  app.add_get("/a", numbered(&called, 1));
  app.add_post("/a", numbered(&called, 2));
  app.add_get("/{name}", numbered(&called, 3));
  CHECK(app.resolve("DELETE", "/a").allowed == "GET, HEAD, POST");
  CHECK(app.resolve("DELETE", "/").allowed.empty());
}

TEST_CASE("a pattern that means nothing is refused") {
  Application app;
  int called = 0;
  for (const std::string path : {"", "devices", "/{", "/}", "/{}", "/a{b}", "/{b}c", "/{a:\\d+}",
                                 "/{a:.*}/b", "/{a{b}}", "/{:.*}"}) {
    CAPTURE(path);
    CHECK_THROWS_AS(app.add_get(path, numbered(&called, 1)), ValueError);
  }
  CHECK_THROWS_AS(app.add_route("NO WAY", "/", numbered(&called, 1)), ValueError);
}

}  // namespace
