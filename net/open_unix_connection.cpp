#include <rondo/net/detail/connect.h>
#include <rondo/net/detail/socket_transport.h>
#include <rondo/net/open_unix_connection.h>

namespace rondo {

Coroutine<std::pair<StreamReader, StreamWriter>> open_unix_connection(std::string path,
                                                                      std::size_t limit) {
  auto stream = std::make_shared<detail::Stream>(limit);
  const Address address = Address::of_path(path);
  FileDescriptor socket = co_await detail::connect_to(address, ConnectOptions());
  co_return detail::start_stream(get_running_loop(), std::move(socket), stream);
}

Coroutine<detail::Ref<DescriptorTransport>> create_unix_connection(
    std::shared_ptr<Protocol> protocol, std::string path) {
  const Address address = Address::of_path(path);
  FileDescriptor socket = co_await detail::connect_to(address, ConnectOptions());
  co_return detail::start_socket_transport(get_running_loop(), std::move(socket),
                                           std::move(protocol));
}

}  // namespace rondo
