#pragma once

#include <string>

#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/config_file.h>
#include <rondo/ssh/connection.h>
#include <rondo/ssh/options.h>

namespace rondo::ssh {

/// Connects to a server, checks its key, and logs in with what the options hold. Nothing that
/// belongs to the user is sent before the key is found to be good. Throws the OSError of
/// open_connection, or ChannelOpenError when a jump host cannot reach it; TimeoutError when one of
/// the two time-outs is over, HostKeyNotVerifiable, PermissionDenied, KeyExchangeFailed,
/// KnownHostsError, ConnectionLost, whose texts name host:port; KeyImportError for a private key
/// that cannot be read; ValueError, before anything is connected to, for an algorithm or a login
/// method that there is not, and for times that make no sense. When it throws, CancelledError
/// included, the connection is closed.
Coroutine<Connection> connect(std::string host, Options options);

/// Connects to a host as a configuration file says, upon `base`, and by the jump hosts that it
/// names, one through the other. Each of those is looked up in the file too, upon `jump_base`: what
/// is meant for the host, its password above all, is not shown to them. (The first one may itself
/// have a ProxyJump; the others are reached through the one before.) `base.tunnel` counts where the
/// file names no jump host. Throws ConfigParseError for a value that makes no sense and for jump
/// hosts that go in a circle; otherwise as above, with the texts of the host that did not do.
Coroutine<Connection> connect(std::string host, ConfigFile config, Options base = Options(),
                              Options jump_base = Options());

}  // namespace rondo::ssh
