#include <rondo/net/detail/connect.h>
#include <rondo/net/detail/socket_transport.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/resolver.h>

namespace rondo {

namespace {

Coroutine<FileDescriptor> connect(std::string host, std::uint16_t port, ConnectOptions options) {
  ResolverOptions wanted;
  wanted.family = options.local_addr.empty() ? options.family : options.local_addr.family();
  std::vector<Address> addresses = co_await getaddrinfo(host, port, wanted);
  FileDescriptor socket =
      co_await detail::connect_to_any(std::move(addresses), host_and_port(host, port), options);
  co_return socket;
}

}  // namespace

Coroutine<std::pair<StreamReader, StreamWriter>> open_connection(std::string host,
                                                                 std::uint16_t port,
                                                                 ConnectOptions options) {
  auto stream = std::make_shared<detail::Stream>(options.limit);
  FileDescriptor socket = co_await connect(std::move(host), port, options);
  co_return detail::start_stream(get_running_loop(), std::move(socket), stream);
}

Coroutine<std::pair<StreamReader, StreamWriter>> open_connection(std::string host,
                                                                 std::uint16_t port,
                                                                 std::size_t limit) {
  ConnectOptions options;
  options.limit = limit;
  return open_connection(std::move(host), port, options);
}

Coroutine<detail::Ref<DescriptorTransport>> create_connection(std::shared_ptr<Protocol> protocol,
                                                              std::string host, std::uint16_t port,
                                                              ConnectOptions options) {
  FileDescriptor socket = co_await connect(std::move(host), port, options);
  co_return detail::start_socket_transport(get_running_loop(), std::move(socket),
                                           std::move(protocol));
}

}  // namespace rondo
