#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/ssh/forwarding.h>

namespace rondo::ssh::detail {

class Session;

/// A connection that the server makes for us, as a stream.
Coroutine<std::pair<StreamReader, StreamWriter>> open_remote_connection(
    std::shared_ptr<Session> session, std::string host, std::uint16_t port, std::size_t limit);

/// Listens here; the server connects. Throws what start_server throws.
Coroutine<Listener> forward_local(std::shared_ptr<Session> session, std::string listen_host,
                                  std::uint16_t listen_port, std::string dest_host,
                                  std::uint16_t dest_port);

/// The server listens; we connect. Throws ChannelListenError when it refuses.
Coroutine<Listener> forward_remote(std::shared_ptr<Session> session, std::string listen_host,
                                   std::uint16_t listen_port, std::string dest_host,
                                   std::uint16_t dest_port);

}  // namespace rondo::ssh::detail
