#include <array>
#include <atomic>
#include <string>

#include <doctest/doctest.h>

#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/event.h>
#include <rondo/runtime/sleep.h>
#include <rondo/runtime/threaded_runner.h>

using namespace rondo;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("real kernel");

namespace {

ServerOptions shared_port() {
  ServerOptions options;
  options.reuse_port = true;
  return options;
}

/// Tells each client on which loop it is served.
ClientConnected telling(std::size_t index) {
  return [index](StreamReader, StreamWriter writer) -> Coroutine<> {
    writer.write(std::to_string(index));
    co_await writer.drain();
    writer.close();
  };
}

TEST_CASE("servers on several loops share a port, and the clients are dealt out among them") {
  constexpr int clients = 64;
  std::array<std::atomic<int>, 2> served{};
  std::atomic<std::uint16_t> port = 0;
  std::atomic<bool> listening = false;
  std::atomic<bool> over = false;
  ThreadedRunner runner(2);
  runner.run([&](std::size_t index) -> Coroutine<> {
    while (index == 1 && port == 0)
      co_await sleep(1ms);
    const Server server =
        co_await start_server(telling(index), "127.0.0.1", port.load(), shared_port());
    if (index == 1) {
      listening = true;
      while (!over)
        co_await sleep(1ms);
    } else {
      port = server.sockets().front().port();
      while (!listening)
        co_await sleep(1ms);
      for (int i = 0; i < clients; ++i) {
        auto [reader, writer] = co_await open_connection("127.0.0.1", port.load());
        const std::string answer = co_await reader.read();
        ++served.at(answer == "0" ? 0 : 1);
        writer.close();
        co_await writer.wait_closed();
      }
      over = true;
    }
    server.close();
    co_await server.wait_closed();
  });
  CHECK(served[0] + served[1] == clients);
  CHECK(served[0] > 0);
  CHECK(served[1] > 0);
}

TEST_CASE("without reuse_port a second server at the same port is refused") {
  run([]() -> Coroutine<> {
    const Server first = co_await start_server(telling(0), "127.0.0.1", 0, shared_port());
    bool refused = false;
    try {
      co_await start_server(telling(1), "127.0.0.1", first.sockets().front().port());
    } catch (const OSError& error) {
      refused = error.code().value() == EADDRINUSE;
    }
    CHECK(refused);
    first.close();
    co_await first.wait_closed();
  });
}

}  // namespace

TEST_SUITE_END();
