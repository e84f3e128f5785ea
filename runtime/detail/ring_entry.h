#pragma once

#include <liburing.h>
#include <sys/socket.h>

#include <rondo/runtime/completion.h>

namespace rondo::detail {

void fill_other_entry(io_uring_sqe& entry, const Request& request);

/// Writes a request into an entry of the submission queue; all but whom the answer is for.
inline void fill_entry(io_uring_sqe& entry, const Request& request) {
  if (request.opcode == Opcode::send) {  // what there is most of
    io_uring_prep_send(&entry, request.fd, request.buffer, request.length, MSG_NOSIGNAL);
  } else {
    fill_other_entry(entry, request);
  }
}

}  // namespace rondo::detail
