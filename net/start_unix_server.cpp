#include <cerrno>

#include <rondo/net/detail/server_state.h>
#include <rondo/net/start_unix_server.h>
#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

FileDescriptor bind_to(const Address& address) {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::bind(socket.get(), address.get(), address.length()) != 0) {
    throw_os_error(errno, "listen at " + address.text());
  }
  return socket;
}

}  // namespace

Coroutine<Server> create_unix_server(ProtocolFactory factory, std::string path,
                                     UnixServerOptions options) {
  const Address address = Address::of_path(path);
  const bool has_file = path.front() != '\0';
  if (has_file) co_await detail::remove_socket(path);
  FileDescriptor socket = bind_to(address);
  detail::SocketFile file;
  // A cancellation here leaves the file; the next one to bind removes it.
  if (has_file && options.cleanup_socket) file = co_await detail::socket_file_at(path);
  auto state = std::make_shared<detail::ServerState>(get_running_loop(), std::move(factory),
                                                     options.backlog);
  state->add(std::move(socket), std::move(file));
  state->keep_alive();
  try {
    if (options.start_serving) state->start_serving();
  } catch (...) {
    state->close();
    throw;
  }
  co_return Server(std::move(state));
}

Coroutine<Server> start_unix_server(ClientConnected client_connected, std::string path,
                                    UnixServerOptions options) {
  auto factory =
      detail::serve_streams(get_running_loop(), std::move(client_connected), options.limit);
  auto server = create_unix_server(std::move(factory), std::move(path), options);
  co_return co_await server;
}

}  // namespace rondo
