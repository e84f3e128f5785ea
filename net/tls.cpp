#include <cerrno>
#include <memory>
#include <utility>

#include <rondo/net/address.h>
#include <rondo/net/create_server.h>
#include <rondo/net/detail/tls_connection.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/tls.h>
#include <rondo/runtime/detail/stream.h>

namespace rondo {

namespace {

using detail::Stream;
using detail::TlsConnection;

}  // namespace

Coroutine<std::pair<StreamReader, StreamWriter>> open_tls_connection(std::string host,
                                                                     std::uint16_t port,
                                                                     SSLContext context,
                                                                     TlsOptions tls,
                                                                     ConnectOptions options) {
  if (context.server_side()) {
    throw ValueError("open_tls_connection needs a client's SSLContext, and not a server's");
  }
  if (tls.server_hostname.empty()) tls.server_hostname = host;
  const auto stream = std::make_shared<Stream>(options.limit);
  const auto connection = std::make_shared<TlsConnection>(get_running_loop(), context, stream, tls,
                                                          host_and_port(host, port));
  co_await create_connection(connection, std::move(host), port, options);
  co_await TlsConnection::wait_for_handshake(connection);
  const std::shared_ptr<Stream> handle = Stream::handle_of(stream);
  co_return std::pair(Stream::reader_of(handle), StreamWriter(handle));
}

Coroutine<Server> start_tls_server(ClientConnected client_connected, std::string host,
                                   std::uint16_t port, SSLContext context, TlsOptions tls,
                                   ServerOptions options) {
  if (!context.server_side()) {
    throw ValueError("start_tls_server needs a server's SSLContext, and not a client's");
  }
  Loop& loop = get_running_loop();
  ProtocolFactory streams = detail::serve_streams(loop, std::move(client_connected), options.limit);
  ProtocolFactory factory = [&loop, context, streams = std::move(streams),
                             tls = std::move(tls)]() -> std::shared_ptr<Protocol> {
    return std::make_shared<TlsConnection>(loop, context, streams(), tls);
  };
  auto server = create_server(std::move(factory), std::move(host), port, options);
  co_return co_await server;
}

Coroutine<void> start_tls(StreamWriter writer, SSLContext context, TlsOptions tls) {
  co_await writer.drain();
  Transport* const below = writer.transport();
  if (below == nullptr || below->is_closing()) {
    throw ConnectionResetError(ECONNRESET, "start_tls: the connection is closed");
  }
  // The handles' Stream stays; it gets another transport, and the transport another protocol.
  const auto stream = std::dynamic_pointer_cast<Stream>(below->get_protocol());
  if (!stream) throw RuntimeError("start_tls: this kind of connection cannot become TLS");
  const auto connection = std::make_shared<TlsConnection>(get_running_loop(), context, stream, tls);
  detail::ReaderBuffer& buffer = stream->reader_buffer();
  const std::string received = buffer.take(buffer.size());
  stream->connection_made(*connection);
  TlsConnection::upgrade(connection, *below, received);
  co_await TlsConnection::wait_for_handshake(connection);
}

}  // namespace rondo
