#include <rondo/net/detail/telnet_transport.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/telnet.h>
#include <rondo/runtime/detail/stream.h>

namespace rondo {

namespace {

std::shared_ptr<detail::TelnetTransport> telnet_of(const StreamWriter& writer) {
  auto* const telnet = dynamic_cast<detail::TelnetTransport*>(writer.transport());
  if (telnet == nullptr) throw RuntimeError("this writer belongs to no telnet connection");
  return telnet->shared_from_this();
}

}  // namespace

TelnetWriter::TelnetWriter(const StreamWriter& writer)
    : StreamWriter(writer), telnet_(telnet_of(writer)) {}

void TelnetWriter::send_command(telnet::Command command) const {
  telnet_->write_raw(TelnetCodec::command(command));
}

void TelnetWriter::set_window_size(std::uint16_t columns, std::uint16_t rows) const {
  telnet_->write_raw(telnet_->codec().set_window_size(columns, rows));
}

bool TelnetWriter::is_on_here(telnet::Option option) const noexcept {
  return telnet_->codec().is_on_here(option);
}
bool TelnetWriter::is_on_there(telnet::Option option) const noexcept {
  return telnet_->codec().is_on_there(option);
}
std::string TelnetWriter::peer_terminal_type() const {
  return telnet_->codec().peer_terminal_type();
}
std::uint16_t TelnetWriter::peer_columns() const noexcept {
  return telnet_->codec().peer_columns();
}
std::uint16_t TelnetWriter::peer_rows() const noexcept {
  return telnet_->codec().peer_rows();
}
void TelnetWriter::on_command(std::function<void(telnet::Command)> handler) const {
  telnet_->on_command(std::move(handler));
}

Coroutine<std::pair<StreamReader, TelnetWriter>> open_telnet_connection(std::string host,
                                                                        std::uint16_t port,
                                                                        TelnetOptions telnet,
                                                                        ConnectOptions options) {
  const auto stream = std::make_shared<detail::Stream>(options.limit);
  // From the beginning: whatever ends this, the connection ends with the last handle.
  const std::shared_ptr<detail::Stream> handle = detail::Stream::handle_of(stream);
  const auto protocol = std::make_shared<detail::TelnetTransport>(TelnetCodec::Role::client,
                                                                  std::move(telnet), stream);
  co_await create_connection(protocol, std::move(host), port, options);
  const TelnetWriter writer(StreamWriter(handle), protocol);
  std::pair<StreamReader, TelnetWriter> both(detail::Stream::reader_of(handle), writer);
  co_return both;
}

Coroutine<std::pair<StreamReader, TelnetWriter>> open_telnet_connection(std::string host,
                                                                        std::uint16_t port) {
  return open_telnet_connection(std::move(host), port, TelnetOptions());
}

Coroutine<Server> start_telnet_server(ClientConnected client_connected, std::string host,
                                      std::uint16_t port, TelnetOptions telnet,
                                      ServerOptions options) {
  const TelnetCodec check(TelnetCodec::Role::server, telnet);  // here, not at the first client
  auto streams =
      detail::serve_streams(get_running_loop(), std::move(client_connected), options.limit);
  auto factory = [streams = std::move(streams), telnet]() -> std::shared_ptr<Protocol> {
    return std::make_shared<detail::TelnetTransport>(TelnetCodec::Role::server, telnet, streams());
  };
  ProtocolFactory telnet_streams = std::move(factory);
  auto server = create_server(std::move(telnet_streams), std::move(host), port, options);
  co_return co_await server;
}

Coroutine<Server> start_telnet_server(ClientConnected client_connected, std::string host,
                                      std::uint16_t port) {
  return start_telnet_server(std::move(client_connected), std::move(host), port, TelnetOptions());
}

}  // namespace rondo
