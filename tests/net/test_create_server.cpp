// create_server: protocols of every kind, where a server listens, and how it begins and ends.

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <rondo/net/create_server.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/async_with.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "stream_handlers.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// Sends back what it gets, in capitals, and writes down what it is told.
class Shouter final : public Protocol {
 public:
  explicit Shouter(std::string& log) : log_(log) {}

  void connection_made(Transport& transport) override {
    transport_ = &transport;
    log_ += "made by " + transport.get_extra_info("peername") + " ";
  }
  std::span<char> get_buffer() override { return room_; }
  void buffer_updated(std::size_t count) override {
    std::string bytes(room_, count);
    for (char& byte : bytes)
      byte = static_cast<char>(std::toupper(byte));
    transport_->write(bytes);
  }
  void eof_received() override { transport_->close(); }
  void connection_lost(std::exception_ptr) override { log_ += "lost "; }

 private:
  std::string& log_;
  Transport* transport_ = nullptr;
  char room_[64];
};

/// A protocol that does one thing when its connection is made, and nothing else.
class OnMade final : public Protocol {
 public:
  explicit OnMade(std::function<void(Transport&)> made) : made_(std::move(made)) {}

  void connection_made(Transport& transport) override { made_(transport); }
  std::span<char> get_buffer() override { return room_; }
  void buffer_updated(std::size_t) override {}
  void eof_received() override {}
  void connection_lost(std::exception_ptr) override {}

 private:
  std::function<void(Transport&)> made_;
  char room_[16];
};

ProtocolFactory on_made(std::function<void(Transport&)> made) {
  return [made = std::move(made)] { return std::make_shared<OnMade>(made); };
}

TEST_CASE("each client has the protocol that the factory makes, which knows its names at once") {
  run_bounded([]() -> Coroutine<void> {
    std::string log;
    const ProtocolFactory factory = [&log] { return std::make_shared<Shouter>(log); };
    const Server server = co_await create_server(factory, "127.0.0.1", 0);
    FileDescriptor client = connect_now(server.sockets().at(0));
    const std::string made = "made by " + local_address(client.get()).text() + " ";
    send_now(client, "loud");
    const std::string loud = co_await receive(client, 4);
    CHECK(loud == "LOUD");
    CHECK(log == made);
    {
      const FileDescriptor gone = std::move(client);
    }
    co_await until([&] { return log == made + "lost "; });
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("[case 197] a server waits for, closes and aborts connections of any protocol") {
  run_bounded([]() -> Coroutine<void> {
    std::string log;
    const ProtocolFactory factory = [&log] { return std::make_shared<Shouter>(log); };
    for (const bool orderly : {true, false}) {
      const Server server = co_await create_server(factory, "127.0.0.1", 0);
      const FileDescriptor one = connect_now(server.sockets().at(0));
      const FileDescriptor other = connect_now(server.sockets().at(0));
      for (const FileDescriptor* client : {&one, &other}) {
        send_now(*client, "x");
        co_await receive(*client, 1);
      }
      server.close();
      auto closed = create_task(server.wait_closed());
      co_await let_run(10);
      CHECK_FALSE(closed.done());
      if (orderly) {
        server.close_clients();
      } else {
        server.abort_clients();
      }
      co_await closed;
      CHECK(has_ended(one));
      CHECK(has_ended(other));
    }
  });
}

TEST_CASE("what a factory or connection_made throws is reported, and the server lives on") {
  run_bounded([]() -> Coroutine<void> {
    std::vector<std::string> reports;
    get_running_loop().set_exception_handler([&](Loop&, const ExceptionContext& context) {
      reports.push_back(context.message + ": " + describe_exception(context.exception));
    });
    int clients = 0;
    const ProtocolFactory factory = [&clients]() -> std::shared_ptr<Protocol> {
      if (++clients == 1) throw std::runtime_error("no protocol");
      return std::make_shared<OnMade>([&clients](Transport& transport) {
        if (clients == 2) throw std::runtime_error("not welcome");
        transport.write("hello");
      });
    };
    const Server server = co_await create_server(factory, "127.0.0.1", 0);
    for (int i = 0; i < 2; ++i) {
      const FileDescriptor refused = connect_now(server.sockets().at(0));
      co_await until([&refused] { return has_ended(refused); });
    }
    REQUIRE(reports.size() == 2);
    CHECK(reports[0] == "Unhandled exception while a server took a client in: no protocol");
    CHECK(reports[1] == "Unhandled exception while a server took a client in: not welcome");
    const FileDescriptor welcome = connect_now(server.sockets().at(0));
    const std::string hello = co_await receive(welcome, 5);
    CHECK(hello == "hello");
    server.close();
    server.abort_clients();
    co_await server.wait_closed();
  });
}

TEST_CASE("a protocol may close its server while it is told of its connection") {
  run_bounded([]() -> Coroutine<void> {
    std::optional<Server> server;
    const auto close_all = [&server](Transport& transport) {
      server->close();
      transport.abort();
    };
    server = co_await create_server(on_made(close_all), "127.0.0.1", 0);
    const FileDescriptor client = connect_now(server->sockets().at(0));
    co_await server->wait_closed();
    CHECK(has_ended(client));
  });
}

TEST_CASE("a server that was told not to start refuses everybody until it does") {
  run_bounded([]() -> Coroutine<void> {
    ServerOptions options;
    options.start_serving = false;
    const Server server = co_await start_server(leave_at_once, "127.0.0.1", 0, options);
    CHECK_FALSE(server.is_serving());
    const Address address = server.sockets().at(0);
    const auto refused =
        co_await thrown_by<ConnectionRefusedError>(open_connection("127.0.0.1", address.port()));
    CHECK(refused);
    co_await server.start_serving();
    co_await server.start_serving();
    CHECK(server.is_serving());
    auto [reader, writer] = co_await open_connection("127.0.0.1", address.port());
    const std::string end = co_await reader.read();
    CHECK(end.empty());
    writer.close();
    server.close();
    co_await server.wait_closed();
    const auto too_late = co_await thrown_by<RuntimeError>(server.start_serving());
    CHECK(too_late);
  });
}

TEST_CASE("a server that never started is closed all the same") {
  run_bounded([]() -> Coroutine<void> {
    ServerOptions options;
    options.start_serving = false;
    const Server server = co_await start_server(leave_at_once, "127.0.0.1", 0, options);
    server.close();
    co_await server.wait_closed();
    // And one that nobody closes ends with its loop.
    co_await start_server(leave_at_once, "127.0.0.1", 0, options);
  });
}

TEST_CASE("serve_forever serves until it is cancelled, and then closes the server") {
  run_bounded([]() -> Coroutine<void> {
    ServerOptions options;
    options.start_serving = false;
    const Server server = co_await start_server(leave_at_once, "127.0.0.1", 0, options);
    const Address address = server.sockets().at(0);
    auto serving = create_task(server.serve_forever());
    co_await let_run(2);
    CHECK(server.is_serving());
    const auto second = co_await thrown_by<RuntimeError>(server.serve_forever());
    CHECK(second);
    const FileDescriptor client = connect_now(address);
    co_await until([&client] { return has_ended(client); });
    serving.cancel();
    const auto cancelled = co_await thrown_by<CancelledError>(serving);
    CHECK(cancelled);
    CHECK_FALSE(server.is_serving());
    const auto refused =
        co_await thrown_by<ConnectionRefusedError>(open_connection("127.0.0.1", address.port()));
    CHECK(refused);
    const auto closed = co_await thrown_by<RuntimeError>(server.serve_forever());
    CHECK(closed);
  });
}

TEST_CASE("close ends serve_forever as a cancellation does") {
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(leave_at_once, "127.0.0.1", 0);
    auto serving = create_task(server.serve_forever());
    co_await let_run(3);
    server.close();
    const auto cancelled = co_await thrown_by<CancelledError>(serving);
    CHECK(cancelled);
  });
}

TEST_CASE("async_with closes the server behind its body and waits for the last client") {
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(leave_at_once, "127.0.0.1", 0);
    const auto visit = [](const Server& open) -> Coroutine<void> {
      const FileDescriptor client = connect_now(open.sockets().at(0));
      co_await until([&client] { return has_ended(client); });
    };
    co_await async_with(server, visit);
    CHECK_FALSE(server.is_serving());
    co_await server.wait_closed();
  });
}

bool has_ipv6() {
  const FileDescriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address loopback("::1", 0);
  return socket && ::bind(socket.get(), loopback.get(), loopback.length()) == 0;
}

TEST_CASE("the host \"\" is every interface, of both families and at one port") {
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(leave_at_once, "", 0);
    const std::vector<Address> sockets = server.sockets();
    REQUIRE(sockets.size() == (has_ipv6() ? 2 : 1));
    CHECK(sockets[0].host() == "0.0.0.0");
    std::vector<std::string> hosts{"127.0.0.1", "127.0.0.2"};
    if (has_ipv6()) {
      CHECK(sockets[1].host() == "::");
      CHECK(sockets[1].port() == sockets[0].port());
      hosts.emplace_back("::1");
    } else {
      std::puts("SKIP the host \"\": this machine has no IPv6");
    }
    for (const std::string& host : hosts) {
      auto [reader, writer] = co_await open_connection(host, sockets[0].port());
      const std::string end = co_await reader.read();
      CHECK(end.empty());
    }
  });
}

TEST_CASE("a server at several hosts listens at each once, all at the same port") {
  run_bounded([]() -> Coroutine<void> {
    std::vector<std::string> hosts{"127.0.0.1", "127.0.0.2", "127.0.0.1"};
    const Server server = co_await start_server(leave_at_once, hosts, 0);
    const std::vector<Address> sockets = server.sockets();
    REQUIRE(sockets.size() == 2);
    CHECK(sockets[0].host() == "127.0.0.1");
    CHECK(sockets[1].host() == "127.0.0.2");
    CHECK(sockets[0].port() == sockets[1].port());
    std::vector<std::string> none;
    const auto error = co_await thrown_by<ValueError>(start_server(leave_at_once, none, 0));
    CHECK(error);
  });
}

TEST_CASE("an address that this machine does not have is left out of several, and alone an error") {
  run_bounded([]() -> Coroutine<void> {
    // Set aside for documentation (RFC 5737).
    std::vector<std::string> hosts{"192.0.2.1", "127.0.0.1"};
    const Server server = co_await start_server(leave_at_once, hosts, 0);
    REQUIRE(server.sockets().size() == 1);
    CHECK(server.sockets()[0].host() == "127.0.0.1");
    const auto error = co_await thrown_by<OSError>(start_server(leave_at_once, "192.0.2.1", 0));
    REQUIRE(error);
    CHECK(error->code().value() == EADDRNOTAVAIL);
    CHECK(std::string(error->what()).find("192.0.2.1:0") != std::string::npos);
  });
}

TEST_CASE("connections have the options that their server was given") {
  run_bounded([]() -> Coroutine<void> {
    ServerOptions options;
    options.keep_alive = KeepAlive{100s, 7s, 3};
    options.no_delay = false;
    int socket = -1;
    const auto look = [&socket](Transport& transport) {
      socket = std::stoi(transport.get_extra_info("socket"));
    };
    for (const bool with_options : {true, false}) {
      socket = -1;
      const Server server = co_await create_server(on_made(look), "127.0.0.1", 0,
                                                   with_options ? options : ServerOptions());
      const FileDescriptor client = connect_now(server.sockets().at(0));
      co_await until([&socket] { return socket >= 0; });
      CHECK((option_of(socket, SOL_SOCKET, SO_KEEPALIVE) != 0) == with_options);
      CHECK((option_of(socket, IPPROTO_TCP, TCP_NODELAY) != 0) == !with_options);
      if (with_options) {
        CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPIDLE) == 100);
        CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPINTVL) == 7);
        CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPCNT) == 3);
      }
      server.close();
      server.abort_clients();
      co_await server.wait_closed();
    }
    options.keep_alive->count = 0;
    const auto error =
        co_await thrown_by<ValueError>(create_server(on_made(look), "127.0.0.1", 0, options));
    REQUIRE(error);
    CHECK(std::string(error->what()) == "KeepAlive::count must be 1 to 127, not 0");
  });
}

}  // namespace
