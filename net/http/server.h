#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondo/net/address.h>
#include <rondo/net/http/application.h>
#include <rondo/net/ssl_context.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/clock.h>

// A small HTTP/1.1 server: a task for each connection, which answers its requests one after another
// and in their order.
//
// Whatever a client sends, it costs a bounded amount of memory and time: heads, bodies and pauses
// have limits, and what is not HTTP by the letter (see detail/framing_guard.h) is answered with 400
// and the end of the connection. It is meant for tests, for a health or metrics page, for a small
// service; not to stand in front of the internet.

namespace rondo::http {

namespace detail {
class ServerState;
}

/// (A class with a constructor rather than an aggregate, so that one made inside a co_await
/// expression is safe with g++ 12.)
class ServerOptions {
 public:
  ServerOptions();

  int backlog = 100;        ///< as in rondo::ServerOptions
  bool reuse_port = false;  ///< the same
  /// Of a body that a handler reads as a whole, in bytes; more is answered with 413.
  std::size_t client_max_size = 1024 * 1024;
  /// Of the first line and the headers, in bytes, at most 65536; more is answered with 414 and 431.
  std::size_t max_head_size = 32 * 1024;
  Duration keepalive_timeout = std::chrono::seconds(75);  ///< between two requests
  Duration head_timeout = std::chrono::seconds(30);       ///< for a whole head; then 408
  /// For the whole body; a second longer for each `body_rate` bytes that have come; then 408.
  Duration body_timeout = std::chrono::seconds(30);
  std::size_t body_rate = 500;
  Duration send_timeout = std::chrono::seconds(60);  ///< how long a client may take nothing
  /// How long `close` lets requests run; then their handlers are cancelled.
  Duration shutdown_timeout = std::chrono::seconds(60);
  std::string server_name = "rondo/0.1";  ///< the header Server; empty: none
  std::optional<SSLContext> ssl;          ///< for https: a context for the server's side
};

/// A server that is listening. A cheap handle; dropping it changes nothing, the loop owns the
/// server.
class Server {
 public:
  Server(std::shared_ptr<detail::ServerState> state, rondo::Server listener) noexcept;

  /// The addresses it listens at, with the ports that the kernel chose.
  std::vector<Address> sockets() const { return listener_.sockets(); }
  /// "http://127.0.0.1:8080", of its first address.
  std::string url() const;
  bool is_serving() const noexcept { return listener_.is_serving(); }
  std::size_t connections() const noexcept;

  /// Stops listening and closes the connections that wait for a request; the others finish the one
  /// they are at, for ServerOptions::shutdown_timeout at the most, and close then.
  void close() const;
  /// Waits until the server is closed and its last connection is.
  Coroutine<void> wait_closed() const;

 private:
  std::shared_ptr<detail::ServerState> state_;
  rondo::Server listener_;
};

/// Listens at every address of `host` and `port` (0: a free one) and answers by the application. An
/// exception of a handler is reported to the loop's exception handler, and the client gets a 500
/// that says nothing about it. Throws as rondo::start_server.
Coroutine<Server> start_server(Application application, std::string host, std::uint16_t port,
                               ServerOptions options = ServerOptions());

/// Serves until the task is cancelled (as Ctrl-C does with `run`'s task), then closes as
/// Server::close. See aiohttp.web.run_app.
Coroutine<void> run_app(Application application, std::string host, std::uint16_t port,
                        ServerOptions options = ServerOptions());

}  // namespace rondo::http
