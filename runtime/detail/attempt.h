#pragma once

#include <cstdint>

#include <rondo/runtime/completion.h>

// What the drivers do that have no io_uring: the same requests, by ordinary system calls.
//
// None of these calls may make the loop's thread wait. Sockets have MSG_DONTWAIT for that. For
// pipes and other streams there is RWF_NOWAIT; where a kernel or a kind of descriptor lacks it, the
// call is made only once poll(2) says that it will not wait, with few enough bytes that this is
// true. (Then somebody else who takes the same pipe's bytes between the two calls can still make it
// wait, as he can in any program that trusts poll.) O_NONBLOCK would be surer, but belongs to
// everybody who shares the open descriptor, a terminal's other programs for one; it is set only
// where nothing else will do, at an accept and a connect, and for as long as the call takes.
//
// What remains are files on disks and whatever has a path: they may block, and `may_block` says so.

namespace rondo::detail {

/// What a descriptor is, as far as reading and writing it go.
enum class DescriptorKind : std::uint8_t {
  unknown,  ///< nobody has looked yet
  file,     ///< a file, a directory or a disk: always ready, and yet it may block
  socket,
  stream,  ///< a pipe, a terminal, an eventfd: what poll can tell about
};

/// What is known of a request from one attempt to the next. It belongs to the operation.
struct AttemptState {
  bool connecting = false;                        // a connect that the kernel has begun
  bool no_wait = true;                            // RWF_NOWAIT may be used
  DescriptorKind kind = DescriptorKind::unknown;  // of a read's or a write's descriptor
};

/// Does an operation wait for its descriptor to be ready? The others, on files and paths, may block
/// in the system call itself.
bool waits_for_descriptor(Opcode opcode) noexcept;

/// What such an operation waits for: POLLIN, POLLOUT, or what a poll asks for.
short awaited_events(const Request& request) noexcept;

/// If one such request would block, would the others on the same descriptor? (A message may go
/// elsewhere, and a poll may ask for more.)
bool speaks_for_others(Opcode opcode) noexcept;

/// Is this a request whose system call may block for as long as a disk or a server takes?
bool may_block(const Request& request, AttemptState& state) noexcept;

/// Tries a request by its system call. Returns the result or a negative errno; -EAGAIN when the
/// descriptor is not ready, and then it is to be tried again when it is. Blocks only if
/// `may_block`.
int attempt(const Request& request, AttemptState& state) noexcept;

/// For a read of a file at an offset: all its bytes, if they are in memory, or 0 at the end of the
/// file; -EAGAIN if that is not so, and then the read is to be made in full.
int read_from_memory(const Request& request) noexcept;

}  // namespace rondo::detail
