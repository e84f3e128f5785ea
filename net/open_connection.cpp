#include <cerrno>

#include <netinet/in.h>

#include <rondo/net/detail/socket_transport.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/socket_options.h>
#include <rondo/runtime/detail/operation_awaiter.h>

namespace rondo {

namespace {

FileDescriptor make_socket(int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) throw_os_error(errno, "socket");
  return FileDescriptor(fd);
}

Coroutine<FileDescriptor> connect_to(Address address) {
  FileDescriptor socket = make_socket(address.family());
  set_socket_options(socket.get(), SocketOptions());
  const Request request{Opcode::connect, socket.get(), address.get(), address.length()};
  const int result = co_await detail::perform(request);
  if (result < 0) throw_os_error(-result, "connect to " + address.text());
  co_return socket;
}

/// Why none of several addresses would do, as one error with the code of the last.
[[noreturn]] void throw_combined(const std::string& target, const std::vector<std::string>& reasons,
                                 int error_number) {
  std::string text = "no address of " + target + " would do: ";
  for (const std::string& reason : reasons) {
    if (&reason != &reasons.front()) text += "; ";
    text += reason;
  }
  throw_os_error(error_number, text);
}

Coroutine<FileDescriptor> connect_to_any(std::string host, std::uint16_t port) {
  const std::vector<Address> addresses = addresses_of(host, port);
  std::vector<std::string> reasons;
  int last_error = 0;
  for (const Address& address : addresses) {
    try {
      co_return co_await connect_to(address);
    } catch (const OSError& error) {
      if (addresses.size() == 1) throw;
      reasons.emplace_back(error.what());
      last_error = error.code().value();
    }
  }
  throw_combined(host_and_port(host, port), reasons, last_error);
}

}  // namespace

Coroutine<std::pair<StreamReader, StreamWriter>> open_connection(std::string host,
                                                                 std::uint16_t port,
                                                                 std::size_t limit) {
  auto stream = std::make_shared<detail::Stream>(limit);
  FileDescriptor socket = co_await connect_to_any(std::move(host), port);
  detail::start_socket_transport(get_running_loop(), std::move(socket), stream);
  const std::shared_ptr<detail::Stream> handle = detail::Stream::handle_of(stream);
  co_return std::pair(detail::Stream::reader_of(handle), StreamWriter(handle));
}

Coroutine<detail::Ref<DescriptorTransport>> create_connection(std::shared_ptr<Protocol> protocol,
                                                              std::string host,
                                                              std::uint16_t port) {
  FileDescriptor socket = co_await connect_to_any(std::move(host), port);
  co_return detail::start_socket_transport(get_running_loop(), std::move(socket),
                                           std::move(protocol));
}

}  // namespace rondo
