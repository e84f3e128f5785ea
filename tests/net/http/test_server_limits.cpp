// The server against what is malicious, slow or too much, and its end.

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using http::Request;
using http::Response;

http::Application echo_application() {
  http::Application app;
  app.add_route("*", "/", [](Request request) -> Coroutine<Response> {
    const std::string body = co_await request.read();
    co_return Response(std::to_string(body.size()) + " bytes\n");
  });
  app.add_post("/stream", [](Request request) -> Coroutine<Response> {
    std::size_t size = 0;
    const http::Content content = request.content();
    while (const auto piece = co_await content.next())
      size += piece->size();
    co_return Response(std::to_string(size) + " bytes\n");
  });
  return app;
}

template <class F>
void with_echo_server(http::ServerOptions options, F body) {
  run_bounded([&]() -> Coroutine<void> {
    const http::Server server =
        co_await http::start_server(echo_application(), "127.0.0.1", 0, options);
    co_await body(server);
    server.close();
    co_await server.wait_closed();
  });
}

const std::string plain_get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_CASE("[fault 66] what can be read in two ways is answered with 400 and the connection's end") {
  with_echo_server({}, [](http::Server server) -> Coroutine<void> {
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    const std::vector<std::string> smuggled{
        post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        std::string("GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 33),
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    };
    for (const std::string& bytes : smuggled) {
      CAPTURE(bytes);
      const std::string answer = co_await ask(server.sockets().at(0), bytes + plain_get);
      CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
      CHECK(contains(answer, "Connection: close\r\n"));
      CHECK(count_of(answer, "HTTP/1.1") == 1);
    }
  });
}

TEST_CASE("[fault 66] a head that is too large is answered with 431, a first line with 414") {
  with_echo_server({}, [](http::Server server) -> Coroutine<void> {
    const Address address = server.sockets().at(0);
    const std::string much(100'000, 'a');
    const std::string large =
        co_await ask(address, "GET / HTTP/1.1\r\nHost: x\r\nA: " + much + "\r\n\r\n");
    CHECK(large.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    const std::string longer = co_await ask(address, "GET /" + much);
    CHECK(longer.starts_with("HTTP/1.1 414 URI Too Long\r\n"));
  });
}

TEST_CASE("a body that is too large is 413, told by its length or counted; a stream has no limit") {
  http::ServerOptions options;
  options.client_max_size = 1000;
  with_echo_server(options, [](http::Server server) -> Coroutine<void> {
    const Address address = server.sockets().at(0);
    const std::string close = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    const std::string told =
        co_await ask(address, "POST /" + close + "Content-Length: 1001\r\n\r\n");
    CHECK(told.starts_with("HTTP/1.1 413 Payload Too Large\r\n"));
    const std::string counted =
        co_await ask(address, "POST /" + close + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                                  std::string(1001, 'x'));
    CHECK(counted.starts_with("HTTP/1.1 413 "));
    const std::string fits = co_await ask(
        address, "POST /" + close + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    CHECK(fits.ends_with("1000 bytes\n"));
    const std::string streamed = co_await ask(
        address, "POST /stream" + close + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
    CHECK(streamed.ends_with("5000 bytes\n"));
  });
}

TEST_CASE("[fault 66] a head that never ends gets 408 in time, however its bytes drip") {
  http::ServerOptions options;
  options.head_timeout = 100ms;
  with_echo_server(options, [](http::Server server) -> Coroutine<void> {
    const FileDescriptor client = connect_now(server.sockets().at(0));
    send_now(client, "GET / HTTP/1.1\r\nHost: x\r\n");
    std::optional<std::string> answer;
    while (!answer) {
      try {
        send_now(client, "A: b\r\n");
      } catch (const std::runtime_error&) {
        break;  // the server has had enough
      }
      co_await sleep(5ms);
      answer = receive_now(client);
    }
    REQUIRE(answer);
    CHECK(answer->starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  });
}

TEST_CASE("[fault 66] a body that never comes gets 408 in time") {
  http::ServerOptions options;
  options.body_timeout = 50ms;
  with_echo_server(options, [](http::Server server) -> Coroutine<void> {
    const std::string answer = co_await ask(
        server.sockets().at(0), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    CHECK(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    CHECK(contains(answer, "Connection: close\r\n"));
  });
}

TEST_CASE("a connection without a request is closed in time, before the first and between two") {
  http::ServerOptions options;
  options.head_timeout = 30ms;
  options.keepalive_timeout = 30ms;
  with_echo_server(options, [](http::Server server) -> Coroutine<void> {
    const std::string silent = co_await ask(server.sockets().at(0), "");
    CHECK(silent.empty());
    const std::string one = co_await ask(server.sockets().at(0), plain_get);
    CHECK(count_of(one, "HTTP/1.1 200") == 1);
  });
}

TEST_CASE("a client that takes nothing is cut off in time") {
  http::ServerOptions options;
  options.send_timeout = 50ms;
  run_bounded([&]() -> Coroutine<void> {
    http::Application app;
    app.add_get("/", [](Request) -> Coroutine<Response> {
      co_return Response(std::string(64 * 1024 * 1024, 'x'));
    });
    const http::Server server = co_await http::start_server(app, "127.0.0.1", 0, options);
    const FileDescriptor client = connect_now(server.sockets().at(0));
    send_now(client, plain_get);
    co_await until([&] { return server.connections() == 1; });
    co_await until([&] { return server.connections() == 0; });
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("close ends what is idle at once, and what is answered when it has been") {
  run_bounded([]() -> Coroutine<void> {
    Event entered;
    Event go_on;
    http::Application app;
    app.add_get("/", [&](Request) -> Coroutine<Response> {
      entered.set();
      co_await go_on.wait();
      co_return Response("finished\n");
    });
    const http::Server server = co_await http::start_server(app, "127.0.0.1", 0);
    const FileDescriptor idle = connect_now(server.sockets().at(0));
    const FileDescriptor half = connect_now(server.sockets().at(0));
    send_now(half, "GET / HT");
    const FileDescriptor busy = connect_now(server.sockets().at(0));
    send_now(busy, plain_get + plain_get);
    co_await entered.wait();
    co_await until([&] { return server.connections() == 3; });
    server.close();
    server.close();
    CHECK_FALSE(server.is_serving());
    co_await until([&] { return has_ended(idle) && has_ended(half); });
    CHECK(server.connections() == 1);
    go_on.set();
    const std::string answer = co_await receive_all(busy);
    CHECK(count_of(answer, "HTTP/1.1 200") == 1);
    CHECK(contains(answer, "Connection: close\r\n"));
    CHECK(answer.ends_with("finished\n"));
    co_await server.wait_closed();
  });
}

TEST_CASE("close cancels handlers that do not come to an end in time") {
  run_bounded([]() -> Coroutine<void> {
    bool cancelled = false;
    Event entered;
    http::Application app;
    app.add_get("/", [&](Request) -> Coroutine<Response> {
      entered.set();
      try {
        co_await sleep(1h);
      } catch (const CancelledError&) {
        cancelled = true;
        throw;
      }
      co_return Response();
    });
    http::ServerOptions options;
    options.shutdown_timeout = 20ms;
    const http::Server server = co_await http::start_server(app, "127.0.0.1", 0, options);
    const FileDescriptor client = connect_now(server.sockets().at(0));
    send_now(client, plain_get);
    co_await entered.wait();
    server.close();
    co_await server.wait_closed();
    CHECK(cancelled);
    CHECK(server.connections() == 0);
  });
}

TEST_CASE("run_app serves until it is cancelled, and finishes what runs") {
  run_bounded([]() -> Coroutine<void> {
    http::ServerOptions options;
    options.shutdown_timeout = 20ms;
    auto app = create_task(http::run_app(echo_application(), "127.0.0.1", 0, options));
    co_await let_run(5);
    CHECK_FALSE(app.done());
    app.cancel();
    const bool over = co_await [](Task<> task) -> Coroutine<bool> {
      try {
        co_await task;
      } catch (const CancelledError&) {
        co_return true;
      }
      co_return false;
    }(app);
    CHECK(over);
  });
}

TEST_CASE("a body can be read only while its handler runs") {
  run_bounded([]() -> Coroutine<void> {
    std::optional<Request> kept;
    http::Application app;
    app.add_post("/", [&](Request request) -> Coroutine<Response> {
      kept = request;
      co_return Response("kept\n");
    });
    const http::Server server = co_await http::start_server(app, "127.0.0.1", 0);
    const std::string answer = co_await ask(
        server.sockets().at(0),
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(answer.ends_with("kept\n"));
    REQUIRE(kept);
    const std::string error = co_await text_of<RuntimeError>(kept->read());
    CHECK(contains(error, "until its handler returns"));
    kept.reset();
    server.close();
    co_await server.wait_closed();
  });
}

}  // namespace
