#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <rondo/net/create_server.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// start_server: a TCP server that runs a coroutine for each client.

namespace rondo {

/// Called with the stream of each new client; its coroutine runs as a task.
using ClientConnected = std::function<Coroutine<void>(StreamReader, StreamWriter)>;

/// Listens at every address of `host` and `port` (0: a free one) and starts a task of
/// `client_connected(reader, writer)` for each client. An exception that leaves it is reported to
/// the loop's exception handler and the connection closed. Throws OSError when the address cannot
/// be used; RuntimeError when no loop is running. For `host` see create_server; and
/// asyncio.start_server.
Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, int backlog = 100,
                               std::size_t limit = StreamReader::default_limit);
Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, ServerOptions options);
/// The same at several hosts, all of them at the same port.
Coroutine<Server> start_server(ClientConnected client_connected, std::vector<std::string> hosts,
                               std::uint16_t port, ServerOptions options = ServerOptions());

namespace detail {

/// The factory of protocols that run a task of `client_connected` for each connection.
ProtocolFactory serve_streams(Loop& loop, ClientConnected client_connected, std::size_t limit);

}  // namespace detail

}  // namespace rondo
