// The server: requests in, responses out, byte for byte.

#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using http::Request;
using http::Response;

AsyncGenerator<std::string> numbers(int count) {
  for (int i = 0; i < count; ++i) {
    co_await sleep(std::chrono::seconds(0));
    co_yield std::to_string(i) + "\n";
  }
}

AsyncGenerator<std::string> broken_numbers() {
  co_yield std::string("0\n");
  throw std::runtime_error("the generator's own");
}

Coroutine<Response> echo(Request request) {
  const std::string body = co_await request.read();
  co_return Response(request.method() + " " + request.path() + " " + body + "\n");
}

http::Application test_application() {
  http::Application app;
  app.add_get("/", [](Request) -> Coroutine<Response> { co_return Response("hello\n"); });
  app.add_get("/devices/{name}", [](Request request) -> Coroutine<Response> {
    const std::string name = request.match_info("name");
    co_return Response("device " + name + " " + request.query("detail", "none") + "\n");
  });
  app.add_route("*", "/echo", echo);
  app.add_post("/json", [](Request request) -> Coroutine<Response> {
    const nlohmann::json value = co_await request.json();
    co_return http::json_response(value.at("name"), 201);
  });
  app.add_get("/numbers", [](Request) -> Coroutine<Response> { co_return Response(numbers(3)); });
  app.add_get("/broken",
              [](Request) -> Coroutine<Response> { co_return Response(broken_numbers()); });
  app.add_get("/nothing", [](Request) -> Coroutine<Response> { co_return Response({}, 204); });
  app.add_get("/unchanged", [](Request) -> Coroutine<Response> { co_return Response("x", 304); });
  app.add_get("/fails", [](Request) -> Coroutine<Response> {
    throw std::runtime_error("Secret of the handler");
    co_return Response();
  });
  app.add_get("/teapot", [](Request) -> Coroutine<Response> {
    throw http::HTTPException(418, "I am a teapot");
    co_return Response();
  });
  app.add_get("/split", [](Request request) -> Coroutine<Response> {
    Response response("x");
    response.headers.add("X-Name", request.query("name"));
    co_return response;
  });
  app.add_get("/reason", [](Request request) -> Coroutine<Response> {
    Response response("x");
    response.reason = request.query("text");
    co_return response;
  });
  app.add_get("/bye", [](Request) -> Coroutine<Response> {
    Response response("bye");
    response.headers.add("Connection", "close");
    co_return response;
  });
  app.add_post("/ignore", [](Request) -> Coroutine<Response> { co_return Response("ignored\n"); });
  return app;
}

/// Runs `body(server)` with a server of the application above, and closes that.
template <class F>
void with_server(F body, http::ServerOptions options = http::ServerOptions()) {
  run_bounded([&]() -> Coroutine<void> {
    const http::Server server =
        co_await http::start_server(test_application(), "127.0.0.1", 0, options);
    co_await body(server);
    server.close();
    co_await server.wait_closed();
    CHECK(server.connections() == 0);
  });
}

std::string get(const std::string& target, const std::string& lines = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
}
std::string last_get(const std::string& target, const std::string& lines = {}) {
  return get(target, "Connection: close\r\n" + lines);
}

TEST_CASE("a request is answered with a date, a server, a type and a length") {
  with_server([](http::Server server) -> Coroutine<void> {
    const std::string answer = co_await ask(server.sockets().at(0), last_get("/"));
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(contains(answer, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    CHECK(contains(answer, "\r\nContent-Length: 6\r\n"));
    CHECK(contains(answer, "\r\nDate: "));
    CHECK(contains(answer, " GMT\r\n"));
    CHECK(contains(answer, "\r\nServer: rondo/"));
    CHECK(contains(answer, "\r\nConnection: close\r\n"));
    CHECK(answer.ends_with("\r\n\r\nhello\n"));
  });
}

TEST_CASE("parts of the path and the query reach the handler decoded") {
  with_server([](http::Server server) -> Coroutine<void> {
    const Address address = server.sockets().at(0);
    const std::string one = co_await ask(address, last_get("/devices/r%201?detail=a+b"));
    CHECK(one.ends_with("device r 1 a b\n"));
    const std::string other = co_await ask(address, last_get("http://x/devices/r2"));
    CHECK(other.ends_with("device r2 none\n"));
    const std::string bad = co_await ask(address, last_get("/devices/%zz"));
    CHECK(bad.starts_with("HTTP/1.1 400 "));
  });
}

TEST_CASE("a path that is not there is 404, a method that is not there 405 with the others") {
  with_server([](http::Server server) -> Coroutine<void> {
    const Address address = server.sockets().at(0);
    const std::string missing = co_await ask(address, last_get("/missing"));
    CHECK(missing.starts_with("HTTP/1.1 404 Not Found\r\n"));
    const std::string wrong =
        co_await ask(address, "DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(wrong.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    CHECK(contains(wrong, "\r\nAllow: GET, HEAD\r\n"));
    const std::string star =
        co_await ask(address, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(star.starts_with("HTTP/1.1 404 "));
  });
}

TEST_CASE("HEAD is answered as GET, without the body; 204 and 304 have none either") {
  with_server([](http::Server server) -> Coroutine<void> {
    const FileDescriptor client = connect_now(server.sockets().at(0));
    send_now(client,
             "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
             "HEAD /numbers HTTP/1.1\r\nHost: x\r\n\r\n" +
                 get("/nothing") + get("/unchanged") + last_get("/"));
    const std::string answers = co_await receive_all(client);
    CHECK(count_of(answers, "HTTP/1.1 ") == 5);
    CHECK(contains(answers, "HTTP/1.1 204 No Content\r\n"));
    CHECK(contains(answers, "HTTP/1.1 304 Not Modified\r\n"));
    CHECK(count_of(answers, "hello\n") == 1);
    CHECK(count_of(answers, "Content-Length: 6\r\n") == 2);
    CHECK(count_of(answers, "Content-Length: ") == 2);
    CHECK(count_of(answers, "\r\n\r\nHTTP/1.1 ") == 4);
  });
}

TEST_CASE("requests that come in one piece are answered in their order") {
  with_server([](http::Server server) -> Coroutine<void> {
    std::string requests;
    for (int i = 0; i < 50; ++i)
      requests += get("/devices/r" + std::to_string(i));
    const std::string answers = co_await ask(server.sockets().at(0), requests + last_get("/"));
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
      at = answers.find("device r" + std::to_string(i) + " none\n", at);
      REQUIRE(at != std::string::npos);
    }
    CHECK(answers.ends_with("hello\n"));
  });
}

TEST_CASE("a body is read by its length or in chunks, whole or piece by piece") {
  with_server([](http::Server server) -> Coroutine<void> {
    const std::string bytes =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirst"
        "PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "6\r\nsecond\r\n1\r\n!\r\n0\r\n\r\n" +
        last_get("/echo");
    const std::string whole = co_await ask(server.sockets().at(0), bytes);
    CHECK(contains(whole, "POST /echo first\n"));
    CHECK(contains(whole, "PUT /echo second!\n"));
    CHECK(contains(whole, "GET /echo \n"));
    const FileDescriptor client = connect_now(server.sockets().at(0));
    for (const char byte : bytes) {
      send_now(client, std::string_view(&byte, 1));
      co_await let_run(2);
    }
    const std::string single = co_await receive_all(client);
    CHECK(single.size() == whole.size());
  });
}

TEST_CASE("JSON is read and answered, and what is none is 400") {
  with_server([](http::Server server) -> Coroutine<void> {
    const auto post = [&](const std::string& body) {
      return ask(server.sockets().at(0),
                 "POST /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                 "Content-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    const std::string good = co_await post(R"({"name": "r1"})");
    CHECK(good.starts_with("HTTP/1.1 201 Created\r\n"));
    CHECK(contains(good, "\r\nContent-Type: application/json\r\n"));
    CHECK(good.ends_with("\r\n\r\n\"r1\""));
    const std::string bad = co_await post("{");
    CHECK(bad.starts_with("HTTP/1.1 400 "));
  });
}

TEST_CASE("a generator is sent in chunks, and to HTTP/1.0 up to the connection's end") {
  with_server([](http::Server server) -> Coroutine<void> {
    const Address address = server.sockets().at(0);
    const std::string chunked = co_await ask(address, get("/numbers") + last_get("/"));
    CHECK(contains(chunked, "Transfer-Encoding: chunked\r\n"));
    CHECK(contains(chunked, "\r\n\r\n2\r\n0\n\r\n2\r\n1\n\r\n2\r\n2\n\r\n0\r\n\r\nHTTP/1.1 200"));
    CHECK_FALSE(contains(chunked.substr(0, 200), "Content-Length"));
    const std::string old = co_await ask(address, "GET /numbers HTTP/1.0\r\n\r\n");
    CHECK_FALSE(contains(old, "chunked"));
    CHECK(contains(old, "Connection: close\r\n"));
    CHECK(old.ends_with("\r\n\r\n0\n1\n2\n"));
  });
}

TEST_CASE("a generator that throws breaks the connection off, and is reported") {
  with_server([](http::Server server) -> Coroutine<void> {
    std::vector<std::string> reports;
    get_running_loop().set_exception_handler([&](Loop&, const ExceptionContext& context) {
      reports.push_back(describe_exception(context.exception));
    });
    const std::string answer = co_await ask(server.sockets().at(0), get("/broken"));
    CHECK(contains(answer, "\r\n\r\n2\r\n0\n\r\n"));
    CHECK_FALSE(answer.ends_with("0\r\n\r\n"));
    CHECK(reports == std::vector<std::string>{"the generator's own"});
    get_running_loop().set_exception_handler({});
  });
}

TEST_CASE("HTTP/1.0 closes unless it asks to be kept alive") {
  with_server([](http::Server server) -> Coroutine<void> {
    const Address address = server.sockets().at(0);
    const std::string once = co_await ask(address, "GET / HTTP/1.0\r\n\r\n");
    CHECK(contains(once, "Connection: close\r\n"));
    const std::string twice = co_await ask(
        address, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    CHECK(count_of(twice, "hello\n") == 2);
    CHECK(contains(twice, "Connection: keep-alive\r\n"));
  });
}

TEST_CASE("a handler's exception is a 500 that says nothing, and is reported; others are answers") {
  with_server([](http::Server server) -> Coroutine<void> {
    std::vector<std::string> reports;
    get_running_loop().set_exception_handler([&](Loop&, const ExceptionContext& context) {
      reports.push_back(context.message + ": " + describe_exception(context.exception));
    });
    const std::string answer =
        co_await ask(server.sockets().at(0), get("/fails") + get("/teapot") + last_get("/"));
    CHECK(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    CHECK_FALSE(contains(answer, "Secret"));
    CHECK(contains(answer, "HTTP/1.1 418 "));
    CHECK(contains(answer, "I am a teapot"));
    CHECK(answer.ends_with("hello\n"));
    CHECK(reports == std::vector<std::string>{
                         "Unhandled exception in an HTTP handler: Secret of the handler"});
    get_running_loop().set_exception_handler({});
  });
}

TEST_CASE("a response cannot be split, whatever a client has a handler put into it") {
  with_server([](http::Server server) -> Coroutine<void> {
    std::size_t reports = 0;
    get_running_loop().set_exception_handler([&](Loop&, const ExceptionContext&) { ++reports; });
    for (const char* const path : {"/split?name=a%0d%0aSet-Cookie:%20x", "/split?name=a%0ab",
                                   "/split?name=%00", "/reason?text=a%0d%0ab"}) {
      const std::string answer = co_await ask(server.sockets().at(0), last_get(path));
      CHECK(answer.starts_with("HTTP/1.1 500 "));
      CHECK_FALSE(contains(answer, "Set-Cookie"));
    }
    CHECK(reports == 4);
    get_running_loop().set_exception_handler({});
  });
}

TEST_CASE("a client that expects it is told to continue, when its body is wanted") {
  with_server([](http::Server server) -> Coroutine<void> {
    const std::string expecting = "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    const FileDescriptor client = connect_now(server.sockets().at(0));
    send_now(client, "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + expecting);
    const std::string go = co_await receive(client, 25);
    CHECK(go == "HTTP/1.1 100 Continue\r\n\r\n");
    send_now(client, "hello");
    const std::string answer = co_await receive_all(client);
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("POST /echo hello\n"));

    // Nobody reads it: the answer comes at once, and the connection ends.
    const FileDescriptor other = connect_now(server.sockets().at(0));
    send_now(other, "POST /ignore HTTP/1.1\r\nHost: x\r\n" + expecting);
    const std::string at_once = co_await receive_all(other);
    CHECK(at_once.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(contains(at_once, "Connection: close\r\n"));

    const std::string odd = co_await ask(server.sockets().at(0), get("/", "Expect: miracles\r\n"));
    CHECK(odd.starts_with("HTTP/1.1 417 "));
  });
}

TEST_CASE(
    "a small body that the handler did not read is dropped, a large one ends the connection") {
  with_server([](http::Server server) -> Coroutine<void> {
    const auto post = [](std::size_t size) {
      return "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) +
             "\r\n\r\n";
    };
    const std::string small =
        co_await ask(server.sockets().at(0), post(10) + "0123456789" + last_get("/"));
    CHECK(count_of(small, "HTTP/1.1 200") == 2);
    const FileDescriptor client = connect_now(server.sockets().at(0));
    send_now(client, post(100'000'000) + std::string(1000, 'x'));
    const std::string large = co_await receive_all(client);
    CHECK(count_of(large, "HTTP/1.1 200") == 1);
    CHECK(contains(large, "Connection: close\r\n"));
  });
}

TEST_CASE("Connection: close of a handler is obeyed") {
  with_server([](http::Server server) -> Coroutine<void> {
    const std::string answer = co_await ask(server.sockets().at(0), get("/bye"));
    CHECK(count_of(answer, "Connection: ") == 1);
    CHECK(answer.ends_with("bye"));
  });
}

TEST_CASE("a client that goes away in the middle leaves nothing behind, and is not reported") {
  with_server([](http::Server server) -> Coroutine<void> {
    std::size_t reports = 0;
    get_running_loop().set_exception_handler([&](Loop&, const ExceptionContext&) { ++reports; });
    const std::string bytes = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello";
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
      FileDescriptor client = connect_now(server.sockets().at(0));
      send_now(client, bytes.substr(0, length));
      co_await let_run(static_cast<int>(length % 7));
      if (length % 2 == 0) reset_now(std::move(client));
    }
    co_await until([&] { return server.connections() == 0; });
    CHECK(reports == 0);
    get_running_loop().set_exception_handler({});
  });
}

}  // namespace
