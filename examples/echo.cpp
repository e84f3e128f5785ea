// Under HTTP: a server that sends back each line, and its client.
//
//   ./dev run echo

#include <cstdint>
#include <string>

#include <fmt/format.h>

#include <rondo/net.h>

rondo::Coroutine<> echo(rondo::StreamReader reader,
                        rondo::StreamWriter writer) {
  for (;;) {
    const std::string line = co_await reader.readline();
    if (line.empty()) break;
    writer.write("echo: " + line);
    co_await writer.drain();
  }
  writer.close();
  fmt::print("server: the client has gone\n");
}

rondo::Coroutine<> talk(std::uint16_t port) {
  auto [reader, writer] =
      co_await rondo::open_connection("127.0.0.1", port);
  for (const char* const word : {"show version", "show clock"}) {
    writer.write(fmt::format("{}\n", word));
    const std::string answer = co_await reader.readline();
    fmt::print("client: {}", answer);
  }
  writer.close();
  co_await writer.wait_closed();
}

rondo::Coroutine<> async_main() {
  const rondo::Server server =
      co_await rondo::start_server(echo, "127.0.0.1", 0);
  co_await talk(server.sockets().at(0).port());
  server.close();
  co_await server.wait_closed();
}

int main() {
  rondo::run(async_main());
}
