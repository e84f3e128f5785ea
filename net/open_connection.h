#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <rondo/net/address.h>
#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// open_connection: a TCP connection as a reader and a writer.

namespace rondo {

/// Connects to `host` (an address, or a name from the hosts file) and yields the stream:
/// `auto [reader, writer] = co_await open_connection("127.0.0.1", 7);`. Several addresses are tried
/// in turn. Throws ConnectionRefusedError, or the OSError of another kind, whose text names the
/// address; CancelledError, with the half-open connection closed. `limit`: see StreamReader. See
/// asyncio.open_connection.
Coroutine<std::pair<StreamReader, StreamWriter>> open_connection(
    std::string host, std::uint16_t port, std::size_t limit = StreamReader::default_limit);

/// The same with a protocol of one's own; yields the transport.
Coroutine<detail::Ref<DescriptorTransport>> create_connection(std::shared_ptr<Protocol> protocol,
                                                              std::string host, std::uint16_t port);

}  // namespace rondo
