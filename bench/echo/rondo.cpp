// rondo: a coroutine for each client, as in the documentation of asyncio's streams. Built twice:
// with a buffer for all reads, and with a string for each (-DREAD_STRINGS).

#include <string>
#include <string_view>
#include <vector>

#include <rondo/net.h>

#include "options.h"

namespace {

struct Service {
  Options options;
  std::vector<char> room{};  // for what was read, until it is written: there is no await between
  std::uint64_t sent = 0;    // bytes
  rondo::Event done{};       // all that --requests asks for is sent
};

rondo::Coroutine<> echo(Service& service, rondo::StreamReader reader, rondo::StreamWriter writer) {
  for (;;) {
#ifdef READ_STRINGS  // as most programs do
    const std::string data = co_await reader.read(std::ssize(service.room));
#else  // without an allocation
    const std::size_t count = co_await reader.readinto(service.room);
    const std::string_view data(service.room.data(), count);
#endif
    if (data.empty()) break;
    writer.write(data);
    co_await writer.drain();

    service.sent += data.size();
    if (service.sent >= service.options.last_byte) service.done.set();
  }
  writer.close();
}

rondo::Coroutine<> serve(Service& service) {
  auto client_connected = [&](rondo::StreamReader reader, rondo::StreamWriter writer) {
    return echo(service, reader, writer);
  };
  const rondo::Server server =
      co_await rondo::start_server(client_connected, "127.0.0.1", service.options.port, 4096);
  announce(server.sockets().front().port());

  co_await service.done.wait();
  server.close();
  server.close_clients();
  co_await server.wait_closed();
}

}  // namespace

int main(int argc, char** argv) {
  Service service{.options = parse_options(argc, argv)};
  service.room.resize(service.options.buffer);
  raise_descriptor_limit();
  rondo::run(serve(service));
}
