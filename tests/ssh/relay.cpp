#include "relay.h"

#include <rondo/ssh/detail/scanner.h>

namespace rondo::tests {

Coroutine<void> Relay::pass_up(StreamReader reader, StreamWriter writer) {
  for (;;) {
    const std::string bytes = co_await reader.read(16 * 1024);
    if (bytes.empty()) break;
    from_client_ += bytes;
    writer.write(bytes);
  }
  writer.close();
}

Coroutine<void> Relay::operator()(StreamReader reader, StreamWriter writer) {
  from_client_.clear();
  from_server_.clear();
  auto [server_reader, server_writer] = co_await open_connection("127.0.0.1", server_port_);
  auto upwards = create_task(pass_up(reader, server_writer));
  for (;;) {
    std::string bytes = co_await server_reader.read(16 * 1024);
    if (bytes.empty()) break;
    const std::size_t offset = from_server_.size();
    from_server_ += bytes;
    if (change) change(offset, bytes);
    writer.write(bytes);
  }
  upwards.cancel();
  writer.close();
}

PlainPart::PlainPart(std::string_view stream) {
  constexpr unsigned char new_keys = 21;
  ssh::detail::Scanner scanner(stream.substr(stream.find('\n') + 1));
  while (!scanner.bad() && !scanner.rest().empty()) {
    ssh::detail::Scanner packet(scanner.string());
    packet.byte();  // the size of the padding
    const unsigned char type = packet.byte();
    types += (types.empty() ? "" : " ") + std::to_string(type);
    if (type == new_keys) break;
  }
  encrypted_bytes = scanner.rest().size();
}

}  // namespace rondo::tests
