#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rondo/net/server.h>

// create_server: a TCP server that makes a protocol for each client.

namespace rondo {

/// Listens at every address of `host` and `port`, and gives each client the protocol that `factory`
/// makes: its `connection_made` is called as soon as the client is accepted. An exception that
/// leaves the factory or `connection_made` is reported to the loop's exception handler and the
/// connection closed.
///
/// `host` is an address or a name; "" means all interfaces, IPv4 and IPv6. Port 0 is a free one,
/// the same for all addresses where that can be had. Throws OSError when an address cannot be used;
/// RuntimeError when no loop is running. See asyncio's loop.create_server.
Coroutine<Server> create_server(ProtocolFactory factory, std::string host, std::uint16_t port,
                                ServerOptions options = ServerOptions());
/// The same at several hosts, all of them at the same port.
Coroutine<Server> create_server(ProtocolFactory factory, std::vector<std::string> hosts,
                                std::uint16_t port, ServerOptions options = ServerOptions());

}  // namespace rondo
