#pragma once

#include <cstddef>
#include <string>

#include <rondo/net/start_server.h>

// start_unix_server: a server at a Unix socket that runs a coroutine for each client.

namespace rondo {

/// How a server listens at a Unix socket.
struct UnixServerOptions {
  int backlog = 100;                                ///< clients that may wait to be accepted
  std::size_t limit = StreamReader::default_limit;  ///< of the streams, see StreamReader
  /// False: the path is taken, but nobody can connect before `Server::start_serving`.
  bool start_serving = true;
  /// The socket's file is removed when the server closes, unless another one is there by then. A
  /// program that ends without closing its server leaves the file; the next one to bind removes it.
  bool cleanup_socket = true;
};

/// Listens at `path`, a path in the file system or, when its first byte is '\0', an abstract name,
/// and starts a task of `client_connected(reader, writer)` for each client, as start_server does. A
/// socket that is at the path already is removed, even one that is still listened at, as asyncio
/// does it; anything else that is there is an OSError(EADDRINUSE), and stays. Throws OSError, whose
/// text names the path; ValueError for a path that is too long. See asyncio.start_unix_server.
Coroutine<Server> start_unix_server(ClientConnected client_connected, std::string path,
                                    UnixServerOptions options = UnixServerOptions());

/// The same with the protocols that `factory` makes. See asyncio's loop.create_unix_server.
Coroutine<Server> create_unix_server(ProtocolFactory factory, std::string path,
                                     UnixServerOptions options = UnixServerOptions());

}  // namespace rondo
