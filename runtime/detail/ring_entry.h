#pragma once

#include <liburing.h>

#include <rondo/runtime/completion.h>

namespace rondo::detail {

/// Writes a request into an entry of the submission queue; all but whom the answer is for.
void fill_entry(io_uring_sqe& entry, const Request& request);

}  // namespace rondo::detail
