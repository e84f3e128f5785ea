// A small HTTP server, for curl or for a client of yours: it serves
// until Ctrl-C.
//
//   ./dev run http_server [PORT]
//
// PORT is 8080 unless given; 0 takes a free one.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "http_test_server.h"

std::uint16_t port_from(const std::string& text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || rest != end) {
    throw std::runtime_error(text + ": a port is expected, 0 to 65535");
  }
  return port;
}

rondo::Coroutine<> async_main(std::uint16_t port) {
  const http::Server server = co_await http::start_server(
      test_application(), "127.0.0.1", port);
  fmt::print("serving at {}\n", server.url());
  std::fflush(stdout);  // at once, even into a file
  co_await server.wait_closed();
}

int main(int argc, char** argv) {
  try {
    rondo::run(async_main(port_from(argc > 1 ? argv[1] : "8080")));
    return 0;
  } catch (const rondo::KeyboardInterrupt&) {
    fmt::print("stopped\n");
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
