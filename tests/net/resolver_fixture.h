#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rondo/net/resolver.h>
#include <rondo/runtime/simulated_kernel.h>

#include "bare_sockets.h"
#include "fake_name_server.h"
#include "texts.h"

// What the tests of getaddrinfo share: servers to ask, and answers and failures as values.

namespace rondo::test {

using namespace std::chrono_literals;

/// Options that reach nothing but these servers and no file of the machine.
inline ResolverOptions asking(Texts servers) {
  ResolverOptions options;
  options.servers = std::move(servers);
  options.hosts_file = "/nonexistent/hosts";
  options.resolv_conf = "/nonexistent/resolv.conf";
  return options;
}

/// The same with one server. (No braced list: g++ 12 does not compile one beside a co_await.)
inline ResolverOptions asking(std::string server) {
  Texts servers;
  servers.push_back(std::move(server));
  return asking(std::move(servers));
}

/// A loop in whose time nothing takes any: deadlines are met to the nanosecond.
inline LoopOptions simulated() {
  LoopOptions options = virtual_time();
  options.make_driver = [] { return std::make_unique<SimulatedKernel>(1); };
  return options;
}

inline Coroutine<Texts> look_up(std::string host, ResolverOptions options) {
  const auto addresses = co_await getaddrinfo(std::move(host), 22, std::move(options));
  Texts texts;
  for (const Address& address : addresses)
    texts.push_back(address.text());
  co_return texts;
}

/// The code and the text of the ResolveError that a lookup ends with.
struct Failure {
  int code = 0;
  std::string text;

  bool says(const std::string& part) const { return text.find(part) != std::string::npos; }
};

inline Coroutine<Failure> failure_of(std::string host, ResolverOptions options) {
  Failure failure;
  const auto error =
      co_await thrown_by<ResolveError>(getaddrinfo(std::move(host), 22, std::move(options)));
  if (error) {
    failure.code = error->code().value();
    failure.text = error->what();
  }
  co_return failure;
}

}  // namespace rondo::test
