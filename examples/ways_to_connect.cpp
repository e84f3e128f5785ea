// Four ways to an object that is connected, though a constructor cannot
// await.
//
//   ./dev run ways_to_connect

#include <exception>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "drivers.h"

class Router {
 public:
  // 1: an object, and a coroutine that connects it.
  explicit Router(devices::Options options)
      : driver_(devices::make_driver(std::move(options))) {}
  rondo::Coroutine<> connect() { return driver_.open(); }
  rondo::Coroutine<> close() { return driver_.close(); }

  // 2: a static member that makes a connected one.
  static rondo::Coroutine<Router> connected(devices::Options options) {
    Router router(std::move(options));
    co_await router.connect();
    co_return router;
  }

  // 3: for async_with.
  rondo::Coroutine<> aenter() { return connect(); }
  rondo::Coroutine<> aexit(std::exception_ptr) { return close(); }

  rondo::Coroutine<std::string> prompt() {
    return driver_.get_prompt();
  }

 private:
  devices::NetworkDriver driver_;
};

// 4: a function.
rondo::Coroutine<Router> connect(std::string name) {
  const devices::Options options = options_for(name);
  Router router = co_await Router::connected(options);
  co_return router;
}

rondo::Coroutine<> report(Router& router, std::string how) {
  const std::string prompt = co_await router.prompt();
  fmt::print("{} {}\n", prompt, how);
}

rondo::Coroutine<> report_within(Router& router) {
  co_await report(router, "within async_with");
}

rondo::Coroutine<> async_main() {
  const devices::Options options = options_for("r1");

  Router first(options);
  co_await first.connect();
  co_await report(first, "by connect");
  co_await first.close();

  Router second = co_await Router::connected(options);
  co_await report(second, "by a static member");
  co_await second.close();

  co_await rondo::async_with(Router(options), report_within);

  Router fourth = co_await connect("r1");
  co_await report(fourth, "by a function");
  co_await fourth.close();
}

int main() {
  try {
    rondo::run(async_main());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
