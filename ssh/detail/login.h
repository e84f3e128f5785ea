#pragma once

#include <memory>

#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/options.h>

namespace rondo::ssh::detail {

class Session;

/// Shows the server who the user is. Throws PermissionDenied, ConnectionLost.
Coroutine<void> log_in(std::shared_ptr<Session> session, const Options& options);

}  // namespace rondo::ssh::detail
