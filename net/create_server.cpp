#include <algorithm>
#include <cerrno>

#include <netinet/in.h>

#include <rondo/net/create_server.h>
#include <rondo/net/detail/server_state.h>
#include <rondo/net/resolver.h>
#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

void set_on(int socket, int level, int option, const std::string& what) {
  const int on = 1;
  if (::setsockopt(socket, level, option, &on, sizeof on) != 0) throw_os_error(errno, what);
}

/// A socket that is bound, and whose connections will have the options: Linux gives an accepted
/// socket what its listener has.
FileDescriptor bind_to(const Address& address, const ServerOptions& options) {
  const std::string what = "listen at " + address.text();
  FileDescriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw_os_error(errno, what);
  if (options.reuse_address) set_on(socket.get(), SOL_SOCKET, SO_REUSEADDR, what);
  if (options.reuse_port) set_on(socket.get(), SOL_SOCKET, SO_REUSEPORT, what);
  if (address.family() == AF_INET6) set_on(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, what);
  set_socket_options(socket.get(), options);
  if (::bind(socket.get(), address.get(), address.length()) != 0) throw_os_error(errno, what);
  return socket;
}

/// Is it the machine that has no such addresses, and not somebody else who has this one?
bool is_not_to_be_had(const OSError& error) {
  return error.code().value() == EAFNOSUPPORT || error.code().value() == EADDRNOTAVAIL;
}

/// A socket for each address; one of several that the machine does not have is left out, as IPv6
/// is where it is switched off. A port of 0 becomes the first one's.
std::vector<FileDescriptor> bind_to_all(std::vector<Address> addresses,
                                        const ServerOptions& options) {
  std::vector<FileDescriptor> sockets;
  std::exception_ptr missing;
  for (Address& address : addresses) {
    try {
      if (address.port() == 0 && !sockets.empty()) {
        address.set_port(local_address(sockets.front().get()).port());
      }
      sockets.push_back(bind_to(address, options));
    } catch (const OSError& error) {
      if (!is_not_to_be_had(error)) throw;
      missing = std::current_exception();
    }
  }
  if (sockets.empty()) std::rethrow_exception(missing);
  return sockets;
}

/// The same; when the port that the kernel chose for the first address is taken at another one, it
/// is asked for another port.
std::vector<FileDescriptor> bind_with_patience(const std::vector<Address>& addresses,
                                               const ServerOptions& options) {
  constexpr int attempts = 16;
  for (int attempt = 1;; ++attempt) {
    try {
      return bind_to_all(addresses, options);
    } catch (const OSError& error) {
      const bool chosen_by_kernel = addresses.front().port() == 0 && addresses.size() > 1;
      const bool taken = error.code().value() == EADDRINUSE;
      if (!chosen_by_kernel || !taken || attempt == attempts) throw;
    }
  }
}

/// All addresses of all hosts, each once.
Coroutine<std::vector<Address>> addresses_to_listen_at(std::vector<std::string> hosts,
                                                       std::uint16_t port) {
  std::vector<Address> addresses;
  for (const std::string& host : hosts) {
    std::vector<Address> found{Address("0.0.0.0", port), Address("::", port)};
    if (!host.empty()) found = co_await getaddrinfo(host, port);
    for (const Address& address : found) {
      if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
    }
  }
  co_return addresses;
}

}  // namespace

Coroutine<Server> create_server(ProtocolFactory factory, std::vector<std::string> hosts,
                                std::uint16_t port, ServerOptions options) {
  const std::vector<Address> addresses = co_await addresses_to_listen_at(std::move(hosts), port);
  if (addresses.empty()) throw ValueError("a server needs at least one host");
  auto state = std::make_shared<detail::ServerState>(get_running_loop(), std::move(factory),
                                                     options.backlog);
  for (FileDescriptor& socket : bind_with_patience(addresses, options))
    state->add(std::move(socket));
  state->keep_alive();
  try {
    if (options.start_serving) state->start_serving();
  } catch (...) {
    state->close();
    throw;
  }
  co_return Server(std::move(state));
}

Coroutine<Server> create_server(ProtocolFactory factory, std::string host, std::uint16_t port,
                                ServerOptions options) {
  std::vector<std::string> hosts{std::move(host)};
  return create_server(std::move(factory), std::move(hosts), port, options);
}

}  // namespace rondo
