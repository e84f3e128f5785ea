#pragma once

#include <string>

#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/connection.h>
#include <rondo/ssh/options.h>

namespace rondo::ssh {

/// Connects to a server, checks its key, and logs in with what the options hold. Nothing that
/// belongs to the user is sent before the key is found to be good. Throws the OSError of
/// open_connection, or ChannelOpenError when a jump host cannot reach it; TimeoutError when one of
/// the two time-outs is over, HostKeyNotVerifiable, PermissionDenied, KeyExchangeFailed,
/// KnownHostsError, ConnectionLost, whose texts name host:port; KeyImportError for a private key
/// that cannot be read; ValueError for an algorithm or a login method that there is not. When it
/// throws, CancelledError included, the connection is closed.
Coroutine<Connection> connect(std::string host, Options options);

}  // namespace rondo::ssh
