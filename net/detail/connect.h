#pragma once

#include <string>
#include <vector>

#include <rondo/net/connect_options.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/file_descriptor.h>

namespace rondo::detail {

/// Connects a stream socket to one address, of whatever family. Throws OSError, whose text names
/// the address; a cancellation closes the socket.
Coroutine<FileDescriptor> connect_to(Address address, ConnectOptions options);

/// Connects to the first of several addresses that answers, as the options say. `target` is what
/// they are the addresses of, for the error that names them all and why each would not do.
Coroutine<FileDescriptor> connect_to_any(std::vector<Address> addresses, std::string target,
                                         ConnectOptions options);

/// The addresses by turns of their families, beginning with the first one's; within a family the
/// order stays.
std::vector<Address> interleaved(const std::vector<Address>& addresses);

}  // namespace rondo::detail
