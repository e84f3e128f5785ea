#pragma once

#include <memory>

#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/options.h>

namespace rondo::ssh::detail {

class Session;

/// Throws ValueError for a login method that there is not.
void check_login_methods(const Options& options);

/// Shows the server who the user is. Throws PermissionDenied, ConnectionLost.
Coroutine<void> log_in(std::shared_ptr<Session> session, const Options& options);

}  // namespace rondo::ssh::detail
