// The session's connections: shared, limited, replaced, never confused.

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/gather.h>

#include "http_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using http::ClientSession;
using http::Request;
using http::RequestOptions;
using http::Response;

const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

Coroutine<std::string> fetch(ClientSession session, std::string url) {
  const auto response = co_await session.get(std::move(url));
  co_return co_await response.text();
}

TEST_CASE("requests one after another share a connection") {
  run_bounded([]() -> Coroutine<void> {
    ScriptedServer server({{ok, ok, ok}});
    co_await server.listen();
    const ClientSession session;
    for (int i = 0; i < 3; ++i) {
      const std::string text = co_await fetch(session, server.url());
      CHECK(text == "ok");
      CHECK(session.connections_in_use() == 0);
      CHECK(session.connections_idle() == 1);
    }
    CHECK(server.connected() == 1);
    co_await session.close();
    CHECK(session.connections_idle() == 0);
    const auto error = co_await thrown_by<RuntimeError>(session.get(server.url()));
    CHECK(error);
  });
}

TEST_CASE("a connection is not used again when its answer says so, or was not read to its end") {
  run_bounded([]() -> Coroutine<void> {
    const std::string long_one = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin";
    const std::string too_much = ok + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother";
    ScriptedServer server({{closing}, {long_one}, {too_much, ok}, {ok}});
    co_await server.listen();
    const ClientSession session;
    const std::string first = co_await fetch(session, server.url());
    CHECK(first == "ok");
    CHECK(session.connections_idle() == 0);
    {
      const auto dropped = co_await session.get(server.url());
      CHECK(session.connections_in_use() == 1);
    }
    CHECK(session.connections_in_use() == 0);
    CHECK(session.connections_idle() == 0);
    // An answer too many must never become the next request's.
    const std::string third = co_await fetch(session, server.url());
    CHECK(third == "ok");
    const std::string fourth = co_await fetch(session, server.url());
    CHECK(fourth == "ok");
    CHECK(server.connected() == 4);
  });
}

TEST_CASE("an answer that comes unasked to an idle connection is never taken for another's") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    const std::string url = "http://127.0.0.1:" + std::to_string(port_of(listener)) + "/";
    const ClientSession session;
    auto first = create_task(fetch(session, url));
    FileDescriptor server;
    co_await until([&] { return static_cast<bool>(server = accept_now(listener)); });
    send_now(server, ok);
    co_await first;
    CHECK(session.connections_idle() == 1);
    send_now(server, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    co_await sleep(20ms);
    auto second = create_task(fetch(session, url));
    FileDescriptor fresh;
    co_await until([&] { return static_cast<bool>(fresh = accept_now(listener)); });
    send_now(fresh, ok);
    const std::string text = co_await second;
    CHECK(text == "ok");
  });
}

TEST_CASE("a connection that the server closed while it was idle is replaced, once, if it may be") {
  run_bounded([]() -> Coroutine<void> {
    // The server closes without a word when the second request has come.
    const ScriptedServer::Answers stale{ok, ""};
    ScriptedServer server({stale, {ok}});
    co_await server.listen();
    const ClientSession session;
    co_await fetch(session, server.url());
    const std::string text = co_await fetch(session, server.url());
    CHECK(text == "ok");
    CHECK(server.connected() == 2);

    ScriptedServer twice({stale, {""}, {ok}});
    co_await twice.listen();
    co_await fetch(session, twice.url());
    const auto error = co_await thrown_by<http::ServerDisconnectedError>(session.get(twice.url()));
    CHECK(error);
    CHECK(twice.connected() == 2);

    ScriptedServer post({stale, {ok}});
    co_await post.listen();
    co_await fetch(session, post.url());
    const auto not_again =
        co_await thrown_by<http::ServerDisconnectedError>(session.post(post.url(), "x"));
    CHECK(not_again);
    CHECK(post.connected() == 1);

    // With a byte of an answer it was not idle any more.
    ScriptedServer begun({{ok, "H"}, {ok}});
    co_await begun.listen();
    co_await fetch(session, begun.url());
    const auto cut = co_await thrown_by<http::ServerDisconnectedError>(session.get(begun.url()));
    CHECK(cut);
    CHECK(begun.connected() == 1);
  });
}

/// Counts how many requests are being answered at the same time.
struct Load {
  int now = 0;
  int most = 0;
  int served = 0;
};

http::Application loaded_application(Load& load) {
  http::Application app;
  app.add_get("/", [&load](Request) -> Coroutine<Response> {
    load.most = std::max(load.most, ++load.now);
    co_await sleep(1ms);
    --load.now;
    ++load.served;
    co_return Response("ok");
  });
  return app;
}

TEST_CASE("no more connections than the limits say, and everybody has a turn") {
  run_bounded([]() -> Coroutine<void> {
    Load load;
    const auto server = co_await http::start_server(loaded_application(load), "127.0.0.1", 0);
    Load other_load;
    const auto other = co_await http::start_server(loaded_application(other_load), "127.0.0.1", 0);
    http::SessionOptions options;
    options.limit = 5;
    options.limit_per_host = 3;
    const ClientSession session(options);
    std::vector<Task<std::string>> tasks;
    for (int i = 0; i < 20; ++i) {
      tasks.push_back(create_task(fetch(session, server.url())));
      tasks.push_back(create_task(fetch(session, other.url())));
    }
    for (const auto& task : tasks)
      co_await task;
    CHECK(load.served == 20);
    CHECK(other_load.served == 20);
    CHECK(load.most <= 3);
    CHECK(other_load.most <= 3);
    CHECK(session.connections_in_use() == 0);
    CHECK(session.connections_idle() <= 5);
    co_await session.close();
    for (const auto* one : {&server, &other}) {
      one->close();
      co_await one->wait_closed();
    }
  });
}

TEST_CASE("idle connections are closed in time") {
  run_bounded([]() -> Coroutine<void> {
    ScriptedServer server({{ok, ok}, {ok, ok}, {ok}});
    co_await server.listen();
    http::SessionOptions options;
    options.keepalive_timeout = 20ms;
    const ClientSession session(options);
    auto one = create_task(fetch(session, server.url()));
    auto two = create_task(fetch(session, server.url()));
    co_await one;
    co_await two;
    co_await until([&] { return session.connections_idle() == 0; });
    const std::string text = co_await fetch(session, server.url());
    CHECK(text == "ok");
    CHECK(server.connected() == 3);
  });
}

TEST_CASE("a session may outlive its loop, and serve another") {
  const ClientSession session;
  for (int i = 0; i < 2; ++i) {
    run_bounded([&]() -> Coroutine<void> {
      ScriptedServer server({{ok, ok}});
      co_await server.listen();
      const std::string text = co_await fetch(session, server.url());
      CHECK(text == "ok");
      CHECK(session.connections_idle() >= 1);
    });
  }
}

TEST_CASE("500 requests at once through one session are all answered" *
          doctest::test_suite("heavy")) {
  run_bounded(
      []() -> Coroutine<void> {
        constexpr int count = 500;
        int waiting = 0;
        Event all_there;  // nobody is answered before everybody has asked
        http::Application app;
        app.add_get("/", [&](Request) -> Coroutine<Response> {
          if (++waiting == count) all_there.set();
          co_await all_there.wait();
          co_return Response("ok");
        });
        http::ServerOptions server_options;
        server_options.backlog = count;
        const auto server = co_await http::start_server(app, "127.0.0.1", 0, server_options);
        http::SessionOptions options;
        options.limit = 0;
        const ClientSession session(options);
        std::vector<Task<std::string>> tasks;
        for (int i = 0; i < count; ++i)
          tasks.push_back(create_task(fetch(session, server.url())));
        int right = 0;
        for (const auto& task : tasks) {
          const std::string text = co_await task;
          right += text == "ok" ? 1 : 0;
        }
        CHECK(right == count);
        CHECK(session.connections_in_use() == 0);
        CHECK(session.connections_idle() == count);
        co_await session.close();
        server.close();
        co_await server.wait_closed();
      },
      LoopOptions(), 60s);
}

TEST_CASE("a request cancelled at any moment leaves neither a descriptor nor a slot behind" *
          doctest::test_suite("heavy")) {
  run_bounded(
      []() -> Coroutine<void> {
        Load load;
        const auto server = co_await http::start_server(loaded_application(load), "127.0.0.1", 0);
        http::SessionOptions options;
        options.limit = 2;
        const ClientSession session(options);
        co_await fetch(session, server.url());
        co_await until([&] { return session.connections_in_use() == 0; });
        int finished = 0;
        for (int round = 0; round < 1000; ++round) {
          std::vector<Task<std::string>> tasks;
          for (int i = 0; i < 4; ++i)
            tasks.push_back(create_task(fetch(session, server.url())));
          co_await let_run(round % 12);
          if (round % 3 == 0) co_await sleep(std::chrono::microseconds(100 * (round % 40)));
          for (auto& task : tasks)
            task.cancel();
          for (auto& task : tasks) {
            co_await until([&] { return task.done(); });
            finished += task.cancelled() ? 0 : 1;
          }
          REQUIRE(session.connections_in_use() == 0);
          REQUIRE(session.connections_idle() <= 2);
        }
        const std::string text = co_await fetch(session, server.url());
        CHECK(text == "ok");
        CHECK(finished < 4000);
        co_await session.close();
        co_await until([&] { return server.connections() == 0; });
        server.close();
        co_await server.wait_closed();
      },
      LoopOptions(), 120s);
}

TEST_CASE("an answer cut short at every byte, and a read cancelled there, never mix two answers" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    const std::string url = "http://127.0.0.1:" + std::to_string(port_of(listener)) + "/";
    const std::string answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nok\r\n0\r\n\r\n";
    const ClientSession session;
    for (std::size_t length = 0; length <= answer.size(); ++length) {
      auto task = create_task(fetch(session, url));
      FileDescriptor server;
      co_await until([&] { return static_cast<bool>(server = accept_now(listener)); });
      send_now(server, answer.substr(0, length));
      co_await sleep(2ms);
      CHECK(task.done() == (length == answer.size()));
      task.cancel();
      co_await until([&] { return task.done(); });
      CHECK(session.connections_in_use() == 0);
      CHECK(session.connections_idle() == (length == answer.size() ? 1 : 0));
    }
  });
}

}  // namespace
