// rondo on all cores that the process may use: a loop and a ring on each, and the kernel deals the
// clients out among them. Ends by a signal only; --requests is not for it.
//
//   taskset -c 0 echo-rondo-cores     one loop
//   taskset -c 0,1 echo-rondo-cores   two

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include <rondo/net.h>

#include "options.h"

namespace {

rondo::Coroutine<> echo(std::vector<char>& room, rondo::StreamReader reader,
                        rondo::StreamWriter writer) {
  for (;;) {
    const std::size_t count = co_await reader.readinto(room);
    if (count == 0) break;
    writer.write(std::string_view(room.data(), count));
    co_await writer.drain();
  }
  writer.close();
}

/// What the loops tell each other at the start.
struct Start {
  std::atomic<std::uint16_t> port;  // 0: not known yet
  std::atomic<std::size_t> listening = 0;
};

rondo::Coroutine<> serve(Start& start, std::size_t index, std::size_t loops, std::size_t buffer) {
  while (index > 0 && start.port == 0)
    co_await rondo::sleep(std::chrono::milliseconds(1));
  std::vector<char> room(buffer);
  rondo::ServerOptions options;
  options.backlog = 4096;
  options.reuse_port = true;
  auto client_connected = [&room](rondo::StreamReader reader, rondo::StreamWriter writer) {
    return echo(room, reader, writer);
  };
  const rondo::Server server =
      co_await rondo::start_server(client_connected, "127.0.0.1", start.port, options);
  start.port = server.sockets().front().port();
  if (++start.listening == loops) announce(start.port);
  rondo::Event never;
  co_await never.wait();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  raise_descriptor_limit();
  Start start{.port = options.port};
  rondo::ThreadedRunner runner;
  runner.run([&](std::size_t index) { return serve(start, index, runner.size(), options.buffer); });
}
