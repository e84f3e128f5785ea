// One page, as text and as JSON, and what an error status is.
//
//   ./dev run http_get

#include <string>

#include <fmt/format.h>

#include "http_test_server.h"

rondo::Coroutine<> print_pages(std::string server) {
  const http::ClientSession session;

  const http::ClientResponse response =
      co_await session.get(server + "/devices/r1");
  fmt::print("{} {}\n", response.status(), response.reason());
  fmt::print("{}\n", response.headers().get("Content-Type"));
  const std::string text = co_await response.text();
  fmt::print("{}\n", text);
  const nlohmann::json device = co_await response.json();
  fmt::print("r1 has the address {}\n\n",
             device.at("address").get<std::string>());

  const http::ClientResponse nothing =
      co_await session.get(server + "/devices/r9");
  fmt::print("{} {}\n", nothing.status(), nothing.reason());
  try {
    nothing.raise_for_status();
  } catch (const http::ClientResponseError& error) {
    fmt::print("raise_for_status throws: {}\n", error.status());
  }
}

rondo::Coroutine<> async_main() {
  const http::Server server =
      co_await http::start_server(test_application(), "127.0.0.1", 0);
  co_await print_pages(server.url());
  server.close();
  co_await server.wait_closed();
}

int main() {
  rondo::run(async_main());
}
