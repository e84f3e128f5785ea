#pragma once

#include <string>

#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/connection.h>
#include <rondo/ssh/options.h>

namespace rondo::ssh {

/// Connects to a server, checks its key, and logs in with a password. Nothing that belongs to the
/// user is sent before the key is found to be good. Throws the OSError of open_connection, or
/// ChannelOpenError when a jump host cannot reach it, TimeoutError when one of the two time-outs is
/// over, HostKeyNotVerifiable, PermissionDenied, KeyExchangeFailed, KnownHostsError,
/// ConnectionLost; every text names host:port. When it throws, CancelledError included, the
/// connection is closed.
Coroutine<Connection> connect(std::string host, Options options);

}  // namespace rondo::ssh
