#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <rondo/net/address.h>
#include <rondo/net/socket_options.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/transport.h>

// Server: what create_server, start_server and start_unix_server yield.

namespace rondo {

namespace detail {
class ServerState;
}

/// Makes the protocol of each new connection.
using ProtocolFactory = std::function<std::shared_ptr<Protocol>()>;

/// A server: its listening sockets and the connections that came of them, whatever their protocol.
/// A cheap handle; dropping it changes nothing, the loop owns the server. See asyncio.Server.
///
/// To leave it in an orderly way: `co_await async_with(server, body)` closes it behind the body and
/// waits for that.
class Server {
 public:
  explicit Server(std::shared_ptr<detail::ServerState> state) noexcept : state_(std::move(state)) {}

  /// The addresses it listens at, with the ports that the kernel chose; none once it is closed.
  std::vector<Address> sockets() const;
  /// True while it accepts clients.
  bool is_serving() const noexcept;

  /// Begins to accept clients, unless it does; needed only after ServerOptions::start_serving was
  /// false. Throws RuntimeError when it is closed, OSError when an address cannot be used.
  Coroutine<void> start_serving() const;
  /// Serves until the task is cancelled, or somebody calls `close`; then closes, waits as
  /// `wait_closed` does, and throws CancelledError. Throws RuntimeError when it is closed, or when
  /// another task is in here.
  Coroutine<void> serve_forever() const;

  /// Stops listening. Clients that are connected stay so.
  void close() const;
  /// Waits until the server is closed and its last client's connection is. Cancelling ends the wait
  /// only.
  Coroutine<void> wait_closed() const;
  /// Closes the connections of all clients: each sends what was written first.
  void close_clients() const;
  /// Closes them at once; what was not sent is dropped.
  void abort_clients() const;

  // For async_with.
  Coroutine<void> aenter() const;
  Coroutine<void> aexit(std::exception_ptr error) const;

 private:
  std::shared_ptr<detail::ServerState> state_;
};

/// How a server listens, and what is set for each of its connections (SocketOptions).
struct ServerOptions : SocketOptions {
  int backlog = 100;                                ///< clients that may wait to be accepted
  std::size_t limit = StreamReader::default_limit;  ///< of the streams, see StreamReader
  /// The address may be used though connections of an earlier server there are still being
  /// forgotten by the kernel (SO_REUSEADDR).
  bool reuse_address = true;
  /// Other sockets may listen at the same address, if they say so too; the kernel deals the clients
  /// out among them. For a server on each of several loops (SO_REUSEPORT).
  bool reuse_port = false;
  /// False: the addresses are taken, but nobody can connect before `Server::start_serving`.
  bool start_serving = true;
};

}  // namespace rondo
