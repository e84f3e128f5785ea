#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include <rondo/ssh.h>

#include "sshd.h"

// What the tests with a real server share.

namespace rondo::tests {

/// Prints why the tests with sshd are skipped, where it cannot run.
inline bool sshd_can_run() {
  const std::string why = Sshd::unavailable();
  if (!why.empty()) std::printf("SKIP a test with sshd: %s\n", why.c_str());
  return why.empty();
}

inline ssh::Options options_for(const Sshd& sshd) {
  ssh::Options options;
  options.port = sshd.port();
  options.username = Sshd::username;
  options.password = Sshd::password;
  options.known_hosts = sshd.known_hosts();
  return options;
}

/// Runs a coroutine within a limit, so that a test that hangs fails.
template <class T>
T run_limited(Coroutine<T> main, Duration limit = std::chrono::seconds(120)) {
  return run(wait_for(std::move(main), limit));
}

/// Connects, and runs `body(connection)`.
template <class Body>
auto on_connection(ssh::Options options, Body body) {
  const auto main = [](ssh::Options to,
                       Body then) -> decltype(then(std::declval<ssh::Connection>())) {
    const ssh::Connection connection = co_await ssh::connect("127.0.0.1", to);
    co_return co_await then(connection);
  };
  return run_limited(main(std::move(options), std::move(body)));
}

/// The text of a random byte string, the same for each seed.
std::string random_bytes(std::size_t count, unsigned seed = 1);

}  // namespace rondo::tests
