#include <cerrno>

#include <rondo/net/address.h>
#include <rondo/net/detail/socket_transport.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

Ref<DescriptorTransport> start_socket_transport(Loop& loop, FileDescriptor socket,
                                                std::shared_ptr<Protocol> protocol) {
  ExtraInfo info;
  info.emplace("socket", std::to_string(socket.get()));
  info.emplace("sockname", local_address(socket.get()).text());
  try {
    info.emplace("peername", peer_address(socket.get()).text());
  } catch (const OSError& error) {
    // It has gone already; the first read will tell.
    if (error.code().value() != ENOTCONN) throw;
  }
  return DescriptorTransport::start(loop, std::move(socket), std::move(protocol), std::move(info));
}

std::pair<StreamReader, StreamWriter> start_stream(Loop& loop, FileDescriptor socket,
                                                   const std::shared_ptr<Stream>& stream) {
  start_socket_transport(loop, std::move(socket), stream);
  const std::shared_ptr<Stream> handle = Stream::handle_of(stream);
  return {Stream::reader_of(handle), StreamWriter(handle)};
}

}  // namespace rondo::detail
