#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <rondo/net/connect_options.h>
#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// open_connection: a TCP connection as a reader and a writer.

namespace rondo {

/// Connects to `host`, an address or a name, and yields the stream:
/// `auto [reader, writer] = co_await open_connection("127.0.0.1", 7);`. Of several addresses the
/// first that answers is taken, see ConnectOptions. Throws ResolveError when the name has no
/// address, see getaddrinfo; ConnectionRefusedError, or the OSError of another kind, whose text
/// names the address, or all that were tried and what was wrong with each; CancelledError, with
/// every half-open connection closed. `limit`: see StreamReader. See asyncio.open_connection.
Coroutine<std::pair<StreamReader, StreamWriter>> open_connection(
    std::string host, std::uint16_t port, std::size_t limit = StreamReader::default_limit);
Coroutine<std::pair<StreamReader, StreamWriter>> open_connection(std::string host,
                                                                 std::uint16_t port,
                                                                 ConnectOptions options);

/// The same with a protocol of one's own; yields the transport.
Coroutine<detail::Ref<DescriptorTransport>> create_connection(
    std::shared_ptr<Protocol> protocol, std::string host, std::uint16_t port,
    ConnectOptions options = ConnectOptions());

}  // namespace rondo
