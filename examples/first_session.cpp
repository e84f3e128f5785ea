// The first session with a router, one step at a time.
//
//   ./dev run first_session [ADDRESS]

#include <exception>
#include <string>

#include <fmt/format.h>

#include <rondo/ssh.h>

namespace ssh = rondo::ssh;

rondo::Coroutine<> async_main(std::string address) {
  ssh::Options options;
  options.port = 2222;
  options.username = "cisco";
  options.password = "cisco";
  options.known_hosts = "known_hosts";

  ssh::Connection connection = co_await ssh::connect(address, options);
  fmt::print("logged in\n");

  auto [writer, reader, stderr_reader] =
      co_await connection.open_session("Dumb", ssh::TermSize(80, 24));
  const std::string greeting = co_await reader.readuntil(">");
  fmt::print("greeting: {:?}\n", greeting);

  writer.write("show version | include uptime\n");
  const std::string output = co_await reader.readuntil(">");
  fmt::print("output:   {:?}\n", output);

  connection.close();
  co_await connection.wait_closed();
  fmt::print("closed\n");
}

int main(int argc, char** argv) {
  try {
    rondo::run(async_main(argc > 1 ? argv[1] : "127.0.100.1"));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
