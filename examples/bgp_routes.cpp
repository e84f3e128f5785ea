// A table of 100,000 BGP routes goes through a pipeline of asynchronous
// generators, route by route, while another task stays awake.
//
//   ./dev run make_bgp_routes
//   ./dev run bgp_routes

#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <rondo/runtime.h>

struct Route {
  std::string prefix;
  std::string next_hop;
  int local_pref = 0;
};

using Routes = rondo::AsyncGenerator<Route>;
using Test = bool (*)(const Route&);

std::size_t routes_read = 0;

// A line is "prefix,next_hop,local_pref,..."; the rest is not needed.
Route parse_route(const std::string& line) {
  std::istringstream fields(line);
  Route route;
  std::string local_pref;
  std::getline(fields, route.prefix, ',');
  std::getline(fields, route.next_hop, ',');
  if (!std::getline(fields, local_pref, ',')) {
    throw std::runtime_error("not a route: " + line);
  }
  route.local_pref = std::stoi(local_pref);
  return route;
}

Routes read_routes(std::string path) {
  auto lines = rondo::lines(path);
  co_await lines.next();  // the names of the columns
  while (auto line = co_await lines.next()) {
    Route route = parse_route(*line);
    ++routes_read;
    co_yield std::move(route);
  }
}

Routes only(Routes routes, std::string what, Test test) {
  int passed = 0;
  while (auto route = co_await routes.next()) {
    if (!test(*route)) continue;
    ++passed;
    co_yield std::move(*route);
  }
  fmt::print("{} routes {}\n", passed, what);
}

bool is_24(const Route& route) {
  return route.prefix.ends_with("/24");
}

bool is_preferred(const Route& route) {
  return route.local_pref > 100;
}

rondo::Coroutine<> heartbeat() {
  std::size_t next = 25'000;
  while (true) {
    if (routes_read >= next) {
      fmt::print("   the heart beats: {} routes and more\n", next);
      next += 25'000;
    }
    co_await rondo::sleep(std::chrono::seconds(0));
  }
}

rondo::Coroutine<> async_main() {
  auto beating = rondo::create_task(heartbeat());

  Routes all = read_routes("routes.csv");
  Routes small = only(std::move(all), "are /24", is_24);
  Routes preferred =
      only(std::move(small), "are /24 and preferred", is_preferred);
  std::map<std::string, int> by_next_hop;
  while (auto route = co_await preferred.next()) {
    ++by_next_hop[route->next_hop];
  }
  for (const auto& [next_hop, count] : by_next_hop) {
    fmt::print("{:>15} {:>6}\n", next_hop, count);
  }
}

int main() {
  try {
    rondo::run(async_main());
    return 0;
  } catch (const rondo::FileNotFoundError& error) {
    fmt::print(stderr, "{}; make_bgp_routes makes one\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  return 1;
}
