// Several pages at once, each printed as soon as it has come, with an
// error for each that does not.
//
//   ./dev run http_get_completed

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "http_test_server.h"

using namespace std::chrono_literals;

// A line about the page, whatever becomes of it.
rondo::Coroutine<std::string> get_line(http::ClientSession session,
                                       std::string url) {
  std::string line;
  try {
    const http::ClientResponse response = co_await session.get(url);
    line = co_await response.text();
  } catch (const http::ClientResponseError& error) {
    line = fmt::format("failed with status {}", error.status());
  } catch (const http::ServerTimeoutError&) {
    line = "no answer within 2 seconds";
  } catch (const http::ClientConnectorError&) {
    line = "cannot connect";
  }
  co_return url + ": " + line;
}

rondo::Coroutine<> print_pages(std::string server) {
  http::SessionOptions options;
  options.base_url = server;
  options.raise_for_status = true;
  options.timeout.total = 2s;
  const http::ClientSession session(options);

  std::vector<rondo::Coroutine<std::string>> pages;
  pages.push_back(get_line(session, "/slow/30"));
  pages.push_back(get_line(session, "/slow/0.6"));
  pages.push_back(get_line(session, "/slow/0.3"));
  pages.push_back(get_line(session, "/devices/r9"));
  pages.push_back(get_line(session, "http://127.0.0.1:1/"));
  for (auto next : rondo::as_completed(std::move(pages))) {
    const std::string line = co_await next;
    fmt::print("{}\n", line);
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
