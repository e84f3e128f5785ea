#pragma once

#include <memory>

#include <rondo/runtime/descriptor_transport.h>

namespace rondo::detail {

/// Starts a transport over a connected stream socket of any family. The protocol finds the names of
/// both ends in it, "peername" and "sockname", and "socket", the descriptor's number. Throws what
/// `connection_made` throws, and OSError.
Ref<DescriptorTransport> start_socket_transport(Loop& loop, FileDescriptor socket,
                                                std::shared_ptr<Protocol> protocol);

}  // namespace rondo::detail
