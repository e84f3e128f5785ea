#pragma once

#include <rondo/runtime/completion.h>

// What the drivers do that have no io_uring: the same requests, by ordinary system calls.

namespace rondo::detail {

/// Does an operation wait for its descriptor to be ready? The others, on files and paths, may block
/// in the system call itself.
bool waits_for_descriptor(Opcode opcode) noexcept;

/// What such an operation waits for: POLLIN, POLLOUT, or what a poll asks for.
short awaited_events(const Request& request) noexcept;

/// Tries a request by its system call. Returns the result or a negative errno; -EAGAIN when the
/// descriptor is not ready, and then it is to be tried again when it is. An operation that waits
/// for no descriptor may block. `connecting` belongs to the operation, and is false at first.
int attempt(const Request& request, bool& connecting) noexcept;

}  // namespace rondo::detail
