#include <rondo/net/http/detail/server_connection.h>
#include <rondo/net/http/server.h>
#include <rondo/net/tls.h>

namespace rondo::http {

ServerOptions::ServerOptions() = default;

Server::Server(std::shared_ptr<detail::ServerState> state, rondo::Server listener) noexcept
    : state_(std::move(state)), listener_(std::move(listener)) {}

std::string Server::url() const {
  const std::string scheme = state_->options.ssl ? "https://" : "http://";
  return scheme + sockets().at(0).text();
}
std::size_t Server::connections() const noexcept {
  return state_->connections();
}

void Server::close() const {
  listener_.close();
  detail::ServerState::close(state_);
}

Coroutine<void> Server::wait_closed() const {
  const rondo::Server listener = listener_;
  const std::shared_ptr<detail::ServerState> state = state_;
  co_await listener.wait_closed();
  co_await detail::ServerState::wait_closed(state);
}

Coroutine<Server> start_server(Application application, std::string host, std::uint16_t port,
                               ServerOptions options) {
  rondo::ServerOptions listening;
  listening.backlog = options.backlog;
  listening.reuse_port = options.reuse_port;
  const std::optional<SSLContext> ssl = options.ssl;
  auto state = std::make_shared<detail::ServerState>(std::move(application), std::move(options));
  const ClientConnected serve = [state](StreamReader reader, StreamWriter writer) {
    return detail::ServerConnection::serve(state, std::move(reader), std::move(writer));
  };
  if (ssl) {
    auto listener =
        co_await start_tls_server(serve, std::move(host), port, *ssl, TlsOptions(), listening);
    co_return Server(std::move(state), std::move(listener));
  }
  auto listener = co_await rondo::start_server(serve, std::move(host), port, listening);
  co_return Server(std::move(state), std::move(listener));
}

Coroutine<void> run_app(Application application, std::string host, std::uint16_t port,
                        ServerOptions options) {
  const Server server =
      co_await start_server(std::move(application), std::move(host), port, std::move(options));
  std::exception_ptr error;
  try {
    co_await server.wait_closed();
  } catch (...) {
    error = std::current_exception();  // thrown again below, when all is closed
  }
  server.close();
  co_await server.wait_closed();
  if (error) std::rethrow_exception(error);
}

}  // namespace rondo::http
