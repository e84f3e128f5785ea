// getaddrinfo beside dig, both asking_dnsmasq dnsmasq.

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <netdb.h>

#include <rondo/net/resolver.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "dnsmasq.h"
#include "texts.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

ResolverOptions asking_dnsmasq(const Dnsmasq& server, int family = AF_UNSPEC) {
  ResolverOptions options;
  options.servers = {server.address()};
  options.hosts_file = "/nonexistent/hosts";
  options.resolv_conf = "/nonexistent/resolv.conf";
  options.family = family;
  return options;
}

/// The hosts' addresses without ports, sorted.
Coroutine<Texts> sorted_hosts(std::string host, ResolverOptions options) {
  const auto addresses = co_await getaddrinfo(std::move(host), 22, std::move(options));
  Texts texts;
  for (const Address& address : addresses)
    texts.push_back(address.host());
  std::ranges::sort(texts);
  co_return texts;
}

/// dig prints a chain of aliases too; what ends in a dot is a name.
Texts without_names(Texts lines) {
  std::erase_if(lines, [](const std::string& line) { return line.ends_with('.'); });
  return lines;
}

Texts records() {
  Texts options{"local=/test/",
                "host-record=both.test,192.0.2.1,2001:db8::1",
                "host-record=v4.test,192.0.2.4",
                "host-record=v6.test,2001:db8::6",
                "host-record=two.test,192.0.2.10",
                "host-record=two.test,192.0.2.11",
                "cname=alias.test,both.test",
                "cname=alias-of-alias.test,alias.test"};
  for (int i = 1; i <= 100; ++i)
    options.push_back("host-record=many.test,192.0.2." + std::to_string(i) +
                      ",2001:db8:1::" + std::to_string(i));
  return options;
}

bool cannot_run() {
  const std::string why = Dnsmasq::unavailable();
  if (!why.empty()) std::printf("SKIP names through dnsmasq: %s\n", why.c_str());
  return !why.empty();
}

TEST_SUITE_BEGIN("real kernel");

TEST_CASE("what dig finds at dnsmasq getaddrinfo finds, for A, AAAA and aliases") {
  if (cannot_run()) return;
  const Dnsmasq server(records());
  run_bounded([&server]() -> Coroutine<void> {
    const Texts names{"both.test", "v4.test",    "v6.test",
                      "two.test",  "alias.test", "alias-of-alias.test"};
    for (const std::string& name : names) {
      CAPTURE(name);
      const Texts v4 = without_names(server.dig("A " + name));
      const Texts v6 = without_names(server.dig("AAAA " + name));
      Texts all = v4;
      all.insert(all.end(), v6.begin(), v6.end());
      std::ranges::sort(all);
      REQUIRE_FALSE(all.empty());
      const Texts found = co_await sorted_hosts(name, asking_dnsmasq(server));
      CHECK(found == all);
      if (!v4.empty()) {
        const Texts found_v4 = co_await sorted_hosts(name, asking_dnsmasq(server, AF_INET));
        CHECK(found_v4 == v4);
      }
      if (!v6.empty()) {
        const Texts found_v6 = co_await sorted_hosts(name, asking_dnsmasq(server, AF_INET6));
        CHECK(found_v6 == v6);
      }
    }
  });
}

TEST_CASE("an answer that is too long for a datagram comes over TCP, as dig's does") {
  if (cannot_run()) return;
  const Dnsmasq server(records());
  const bool truncated =
      server.dig_in_full("+ignore +noedns A many.test").find(" tc ") != std::string::npos;
  CHECK(truncated);
  const Texts v4 = server.dig("A many.test");
  REQUIRE(v4.size() == 100);
  run_bounded([&server, &v4]() -> Coroutine<void> {
    const Texts found = co_await sorted_hosts("many.test", asking_dnsmasq(server, AF_INET));
    CHECK(found == v4);
    const Texts both = co_await sorted_hosts("many.test", asking_dnsmasq(server));
    CHECK(both.size() == 200);
  });
}

TEST_CASE("what dig calls NXDOMAIN and REFUSED are errors that say so") {
  if (cannot_run()) return;
  const Dnsmasq server(records());
  CHECK(server.dig_in_full("A nobody.test").find("status: NXDOMAIN") != std::string::npos);
  CHECK(server.dig_in_full("A r1.example").find("status: REFUSED") != std::string::npos);
  run_bounded([&server]() -> Coroutine<void> {
    const auto nobody =
        co_await thrown_by<ResolveError>(getaddrinfo("nobody.test", 22, asking_dnsmasq(server)));
    REQUIRE(nobody);
    CHECK(nobody->code().value() == EAI_NONAME);
    const auto refused =
        co_await thrown_by<ResolveError>(getaddrinfo("r1.example", 22, asking_dnsmasq(server)));
    REQUIRE(refused);
    CHECK(refused->code().value() == EAI_FAIL);
    const auto v6 = co_await thrown_by<ResolveError>(
        getaddrinfo("v4.test", 22, asking_dnsmasq(server, AF_INET6)));
    REQUIRE(v6);
    CHECK(v6->code().value() == EAI_ADDRFAMILY);
  });
}

TEST_CASE("resolv.conf may ask for TCP from the start; names of addresses are found as dig's are") {
  if (cannot_run()) return;
  const Dnsmasq server(records());
  const Texts name = server.dig("-x 2001:db8::6");
  REQUIRE(name == Texts{"v6.test."});
  run_bounded([&server]() -> Coroutine<void> {
    const Address v6 = addresses_of("2001:db8::6", 22).front();
    const std::string found = co_await getnameinfo(v6, asking_dnsmasq(server));
    CHECK(found == "v6.test");

    std::string path = "/tmp/rondo-test-resolv-XXXXXX";
    const FileDescriptor file(::mkstemp(path.data()));
    const std::string text = "search test\noptions use-vc\n";
    REQUIRE(::write(file.get(), text.data(), text.size()) > 0);
    ResolverOptions options = asking_dnsmasq(server);
    options.resolv_conf = path;
    const Texts both = co_await sorted_hosts("both", options);
    CHECK(both == Texts{"192.0.2.1", "2001:db8::1"});
    ::unlink(path.c_str());
  });
}

TEST_CASE("a lookup over TCP cancelled at any moment leaves no socket" *
          doctest::test_suite("real kernel")) {
  if (cannot_run()) return;
  const Dnsmasq server(records());
  run_bounded([&server]() -> Coroutine<void> {
    const std::size_t before = open_descriptors();
    int cancelled = 0;
    for (int round = 0; round < 200; ++round) {
      auto looking = create_task(getaddrinfo("many.test", 22, asking_dnsmasq(server)));
      co_await let_run(round % 20);
      if (round % 3 == 0) co_await sleep(std::chrono::microseconds(round * 5));
      looking.cancel();
      const auto error = co_await thrown_by<CancelledError>(looking);
      if (error) ++cancelled;
      if (open_descriptors() != before) break;
    }
    CHECK(cancelled > 0);
    CHECK(open_descriptors() == before);
  });
}

TEST_SUITE_END();

}  // namespace
