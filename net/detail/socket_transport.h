#pragma once

#include <memory>
#include <utility>

#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

namespace rondo::detail {

/// Starts a transport over a connected stream socket of any family. The protocol finds the names of
/// both ends in it, "peername" and "sockname", and "socket", the descriptor's number. Throws what
/// `connection_made` throws, and OSError.
Ref<DescriptorTransport> start_socket_transport(Loop& loop, FileDescriptor socket,
                                                std::shared_ptr<Protocol> protocol);

/// The same with a stream as the protocol; returns its handles.
std::pair<StreamReader, StreamWriter> start_stream(Loop& loop, FileDescriptor socket,
                                                   const std::shared_ptr<Stream>& stream);

}  // namespace rondo::detail
