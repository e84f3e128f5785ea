#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/transport.h>
#include <rondo/ssh/detail/channel.h>

namespace rondo::ssh::detail {

/// Shared by all who use a channel; the last one closes it.
using ChannelHandle = std::shared_ptr<Channel>;

/// Opens a channel for a command or a shell. See Channel. Throws ChannelOpenError when the server
/// refuses, ConnectionLost. A cancelled one leaves no channel behind.
Coroutine<ChannelHandle> open_session_channel(
    std::shared_ptr<Session> session, std::shared_ptr<Protocol> protocol,
    std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer);

/// Opens a channel that the server connects to an address. As above.
Coroutine<ChannelHandle> open_direct_channel(std::shared_ptr<Session> session, std::string host,
                                             std::uint16_t port,
                                             std::shared_ptr<Protocol> protocol);

/// Throws ChannelOpenError with libssh2's last error, or ConnectionLost if that is why.
[[noreturn]] void throw_refused(Session& session, const std::string& what);

}  // namespace rondo::ssh::detail
