// Several pages at once: the results in the order of the addresses.
//
//   ./dev run http_get_many

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "http_test_server.h"

rondo::Coroutine<nlohmann::json> get_json(http::ClientSession session,
                                          std::string url) {
  const http::ClientResponse response = co_await session.get(url);
  response.raise_for_status();
  nlohmann::json page = co_await response.json();
  co_return page;
}

rondo::Coroutine<> print_devices(std::string server) {
  http::SessionOptions options;
  options.base_url = server;
  const http::ClientSession session(options);

  const nlohmann::json names = co_await get_json(session, "/devices");
  std::vector<rondo::Coroutine<nlohmann::json>> pages;
  for (const nlohmann::json& name : names) {
    pages.push_back(
        get_json(session, "/devices/" + name.get<std::string>()));
  }
  const std::vector<nlohmann::json> devices =
      co_await rondo::gather(std::move(pages));

  for (std::size_t i = 0; i < devices.size(); ++i) {
    fmt::print("{:<4} {:<10} {}\n", names[i].get<std::string>(),
               devices[i].at("address").get<std::string>(),
               devices[i].at("platform").get<std::string>());
  }
}

rondo::Coroutine<> async_main() {
  const http::Server server =
      co_await http::start_server(test_application(), "127.0.0.1", 0);
  co_await print_devices(server.url());
  server.close();
  co_await server.wait_closed();
}

int main() {
  rondo::run(async_main());
}
