#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// open_unix_connection: a connection to a Unix socket as a reader and a writer.

namespace rondo {

/// Connects to the Unix socket at `path`, a path in the file system or, when its first byte is
/// '\0', an abstract name. Throws OSError, whose text names the path: ENOENT when there is nothing,
/// ConnectionRefusedError when nobody listens there, EAGAIN when the server has more clients
/// waiting than it cares for; ValueError for a path that is too long; CancelledError, with the
/// half-open connection closed. `limit`: see StreamReader. See asyncio.open_unix_connection.
Coroutine<std::pair<StreamReader, StreamWriter>> open_unix_connection(
    std::string path, std::size_t limit = StreamReader::default_limit);

/// The same with a protocol of one's own; yields the transport.
Coroutine<detail::Ref<DescriptorTransport>> create_unix_connection(
    std::shared_ptr<Protocol> protocol, std::string path);

}  // namespace rondo
