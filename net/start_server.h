#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <rondo/net/address.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// start_server: a TCP server that runs a coroutine for each client.

namespace rondo {

namespace detail {
class ServerState;
}

/// Called with the stream of each new client; its coroutine runs as a task.
using ClientConnected = std::function<Coroutine<void>(StreamReader, StreamWriter)>;

/// A server. A cheap handle; dropping it changes nothing, the loop owns the server.
class Server {
 public:
  explicit Server(std::shared_ptr<detail::ServerState> state) noexcept : state_(std::move(state)) {}

  /// The addresses it listens at, with the ports that the kernel chose.
  std::vector<Address> sockets() const;
  bool is_serving() const noexcept;

  /// Stops listening. Clients that are connected stay so.
  void close() const;
  /// Waits until the server is closed and its last client's connection is.
  Coroutine<void> wait_closed() const;
  /// Closes, or aborts, the connections of all clients.
  void close_clients() const;
  void abort_clients() const;

 private:
  std::shared_ptr<detail::ServerState> state_;
};

/// How a server listens.
struct ServerOptions {
  int backlog = 100;                                ///< clients that may wait to be accepted
  std::size_t limit = StreamReader::default_limit;  ///< of the streams, see StreamReader
  /// Other sockets may listen at the same address, if they say so too; the kernel deals the clients
  /// out among them. For a server on each of several loops (SO_REUSEPORT).
  bool reuse_port = false;
};

/// Listens at every address of `host` and `port` (0: a free one) and starts a task of
/// `client_connected(reader, writer)` for each client. An exception that leaves it is reported to
/// the loop's exception handler and the connection closed. Throws OSError when the address cannot
/// be used; RuntimeError when no loop is running. See asyncio.start_server.
Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, int backlog = 100,
                               std::size_t limit = StreamReader::default_limit);
Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, ServerOptions options);

}  // namespace rondo
