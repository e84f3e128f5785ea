// getaddrinfo: what it finds, whom it asks and how it fails.

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/net/resolver.h>

#include "resolver_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// A file that is gone when the test is over.
class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    const FileDescriptor file(::mkstemp(path_.data()));
    if (::write(file.get(), text.data(), text.size()) < 0) throw std::runtime_error("write");
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() { ::unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/rondo-test-file-XXXXXX";
};

TEST_CASE("addresses, names of the hosts file and localhost are known without asking a server") {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server;
    const TextFile hosts("192.0.2.7 r1\n2001:db8::7 r1\n192.0.2.7 r1\n");
    ResolverOptions options = asking(server.address());
    options.hosts_file = hosts.path();

    Texts found = co_await look_up("192.0.2.1", options);
    CHECK(found == Texts{"192.0.2.1:22"});
    found = co_await look_up("2001:db8::1", options);
    CHECK(found == Texts{"[2001:db8::1]:22"});
    found = co_await look_up("R1", options);
    CHECK(found == Texts{"192.0.2.7:22", "[2001:db8::7]:22"});
    const Texts loopback{"127.0.0.1:22", "[::1]:22"};
    found = co_await look_up("localhost", options);
    CHECK(found == loopback);
    found = co_await look_up("LocalHost.", options);
    CHECK(found == loopback);
    found = co_await look_up("a.b.localhost", options);
    CHECK(found == loopback);

    options.family = AF_INET6;
    found = co_await look_up("r1", options);
    CHECK(found == Texts{"[2001:db8::7]:22"});
    found = co_await look_up("localhost", options);
    CHECK(found == Texts{"[::1]:22"});
    const Failure failure = co_await failure_of("192.0.2.1", options);
    CHECK(failure.code == EAI_ADDRFAMILY);
    CHECK(failure.says("\"192.0.2.1\" has no IPv6 address"));
    CHECK(server.asked().empty());
  });
}

TEST_CASE("a name that cannot be one is an error at once, and harmless to print") {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server;
    const ResolverOptions options = asking(server.address());
    Texts names{"", ".", "a..b", ".a", "a b", "a\tb", "r\xc3\xb6uter", "\x1b]0;gotcha\x07"};
    names.emplace_back("127.0.0.1\0x", 11);
    names.emplace_back(64, 'a');
    names.emplace_back(300, 'a');
    for (const std::string& name : names) {
      const Failure failure = co_await failure_of(name, options);
      CAPTURE(failure.text);
      CHECK(failure.code == EAI_NONAME);
      CHECK(failure.text.starts_with("host \""));
      CHECK(std::ranges::all_of(failure.text, [](char c) { return c >= ' ' && c <= '~'; }));
    }
    CHECK(server.asked().empty());
  });
}

TEST_CASE("both families are asked for, and one when one is wanted") {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server([](const std::string& query) {
      const unsigned type = dns::type_in(query);
      if (type == dns::type_a) {
        return Texts{dns::answer(query, dns::no_error, {dns::record_a(1), dns::record_a(1)})};
      }
      const std::string loopback = std::string(15, '\0') + '\1';
      return Texts{dns::answer(query, dns::no_error, {dns::record(type, loopback)})};
    });
    ResolverOptions options = asking(server.address());
    const Texts both = co_await look_up("both.test.", options);
    CHECK(both == Texts{"[::1]:22", "192.0.2.1:22"});
    CHECK(server.asked().size() == 2);
    options.family = AF_INET;
    Texts found = co_await look_up("both.test.", options);
    CHECK(found == Texts{"192.0.2.1:22"});
    CHECK(server.asked().size() == 3);
    options.family = AF_INET6;
    found = co_await look_up("both.test.", options);
    CHECK(found == Texts{"[::1]:22"});
    CHECK(server.asked().size() == 4);
  });
}

TEST_CASE("a host that does not exist, and one without addresses, are told apart") {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server([](const std::string& query) {
      if (dns::name_in(query) == "nobody.test") {
        return Texts{dns::answer(query, dns::nxdomain)};
      }
      const bool v4 = dns::type_in(query) == dns::type_a && dns::name_in(query) == "v4.test";
      return Texts{dns::answer(query, dns::no_error, v4 ? Texts{dns::record_a()} : Texts{})};
    });
    ResolverOptions options = asking(server.address());
    const Failure nobody = co_await failure_of("nobody.test", options);
    CHECK(nobody.code == EAI_NONAME);
    CHECK(nobody.says("host \"nobody.test\" does not exist"));
    CHECK(nobody.says(server.address()));
    const Failure empty = co_await failure_of("empty.test", options);
    CHECK(empty.code == EAI_ADDRFAMILY);
    CHECK(empty.says("host \"empty.test\" has no address"));
    options.family = AF_INET6;
    const Failure v4 = co_await failure_of("v4.test", options);
    CHECK(v4.code == EAI_ADDRFAMILY);
    CHECK(v4.says("host \"v4.test\" has no IPv6 address"));
    options.family = AF_INET;
    Texts found = co_await look_up("v4.test", options);
    CHECK(found == Texts{"192.0.2.1:22"});
  });
}

TEST_CASE("search domains: a short name is looked for below each in turn, then as it is") {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server([](const std::string& query) {
      const std::string name = dns::name_in(query);
      const bool found = name == "r1.second.test" || name == "a.b.c";
      return Texts{found ? dns::answer(query, dns::no_error, {dns::record_a()})
                         : dns::answer(query, dns::nxdomain)};
    });
    const TextFile conf("search first.test second.test.\noptions ndots:2\n");
    ResolverOptions options = asking(server.address());
    options.resolv_conf = conf.path();
    options.family = AF_INET;
    Texts found = co_await look_up("r1", options);
    CHECK(found == Texts{"192.0.2.1:22"});
    CHECK(server.asked() == Texts{"r1.first.test", "r1.second.test"});
    found = co_await look_up("a.b.c", options);
    CHECK(found == Texts{"192.0.2.1:22"});
    CHECK(server.asked().back() == "a.b.c");
    CHECK(server.asked().size() == 3);
    const Failure short_name = co_await failure_of("r2.x", options);
    CHECK(short_name.code == EAI_NONAME);
    CHECK(short_name.says("asked for r2.x.first.test, r2.x.second.test, r2.x at"));
    const Failure absolute = co_await failure_of("r1.", options);
    CHECK(absolute.code == EAI_NONAME);
    CHECK(server.asked().back() == "r1");
    CHECK(server.asked().size() == 7);
  });
}

TEST_CASE("a server that says nothing is asked again, and given up when the time is over") {
  run_bounded(
      []() -> Coroutine<void> {
        const FakeNameServer server;
        ResolverOptions options = asking(server.address());
        options.timeout = 7s;
        options.tries = 3;
        options.family = AF_INET;
        const TimePoint start = get_running_loop().time();
        const Failure failure = co_await failure_of("r1.test.", options);
        CHECK(get_running_loop().time() - start == 7s);
        CHECK(failure.code == EAI_AGAIN);
        CHECK(failure.says("host \"r1.test.\": name server " + server.address() +
                           " did not answer within 2334 ms"));
        CHECK(server.asked().size() == 3);
      },
      simulated());
}

TEST_CASE("one server is dead: the next one is asked, and the text names whoever failed") {
  run_bounded(
      []() -> Coroutine<void> {
        const FakeNameServer silent;
        const FakeNameServer confused(
            [](const std::string& query) { return Texts{dns::answer(query, dns::servfail)}; });
        const FakeNameServer good([](const std::string& query) {
          return Texts{dns::answer(query, dns::no_error, {dns::record_a()})};
        });
        ResolverOptions options = asking({silent.address(), confused.address(), good.address()});
        options.timeout = 18s;
        options.family = AF_INET;
        const TimePoint start = get_running_loop().time();
        Texts found = co_await look_up("r1.test", options);
        CHECK(found == Texts{"192.0.2.1:22"});
        CHECK(get_running_loop().time() - start == 3s);

        options.servers.pop_back();
        const Failure failure = co_await failure_of("r1.test.", options);
        CHECK(failure.code == EAI_AGAIN);
        CHECK(failure.says(silent.address() + " did not answer within 5 s"));
        CHECK(failure.says(confused.address() + " could not find out (SERVFAIL)"));
      },
      simulated());
}

TEST_CASE("a server that does not listen, and one that refuses, fail without delay") {
  run_bounded(
      []() -> Coroutine<void> {
        std::string nobody;
        {
          const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
          const Address any = addresses_of("127.0.0.1", 0).front();
          REQUIRE(::bind(socket.get(), any.get(), any.length()) == 0);
          nobody = local_address(socket.get()).text();
        }
        const TimePoint start = get_running_loop().time();
        const Failure unreachable = co_await failure_of("r1.test", asking(nobody));
        CHECK(unreachable.code == EAI_AGAIN);
        CHECK(unreachable.says(nobody + " cannot be reached (Connection refused)"));
        CHECK(get_running_loop().time() - start == 0s);

        const FakeNameServer closed(
            [](const std::string& query) { return Texts{dns::answer(query, dns::refused)}; });
        const Failure refused = co_await failure_of("r1.test", asking(closed.address()));
        CHECK(refused.code == EAI_FAIL);
        CHECK(refused.says(closed.address() + " refuses to answer (REFUSED)"));
        CHECK(get_running_loop().time() - start == 0s);
      },
      simulated());
}

TEST_CASE("a server that never answers for IPv6 delays what is known of IPv4 by a second at most") {
  run_bounded(
      []() -> Coroutine<void> {
        const FakeNameServer server([](const std::string& query) {
          if (dns::type_in(query) == dns::type_aaaa) return Texts{};
          return Texts{dns::answer(query, dns::no_error, {dns::record_a()})};
        });
        const TimePoint start = get_running_loop().time();
        Texts found = co_await look_up("r1.test", asking(server.address()));
        CHECK(found == Texts{"192.0.2.1:22"});
        CHECK(get_running_loop().time() - start == 1s);
      },
      simulated());
}

TEST_CASE("options out of range are refused") {
  run_bounded([]() -> Coroutine<void> {
    for (const char* server : {"", "ns1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:53x",
                               "[127.0.0.1]:53", "[::1]", "[::1]53"}) {
      CAPTURE(server);
      const auto error =
          co_await thrown_by<ValueError>(getaddrinfo("r1.test", 22, asking(std::string(server))));
      REQUIRE(error);
      CHECK(std::string(error->what()).find("name server \"") == 0);
    }
    ResolverOptions options = asking(std::string("127.0.0.1"));
    options.timeout = 0s;
    auto thrown = co_await thrown_by<ValueError>(getaddrinfo("127.0.0.1", 22, options));
    CHECK(thrown);
    options = asking(std::string("127.0.0.1"));
    options.family = AF_UNIX;
    thrown = co_await thrown_by<ValueError>(getaddrinfo("127.0.0.1", 22, options));
    CHECK(thrown);
    options = asking(std::string("127.0.0.1"));
    options.tries = -1;
    thrown = co_await thrown_by<ValueError>(getaddrinfo("127.0.0.1", 22, options));
    CHECK(thrown);
  });
}

TEST_CASE("the name of an address: from the hosts file; the address itself where none is known") {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server(
        [](const std::string& query) { return Texts{dns::answer(query, dns::nxdomain)}; });
    const TextFile hosts("192.0.2.7 r1.lab r1\n2001:db8::7 r1.v6\n");
    ResolverOptions options = asking(server.address());
    options.hosts_file = hosts.path();
    std::string name = co_await getnameinfo(addresses_of("192.0.2.7", 22).front(), options);
    CHECK(name == "r1.lab");
    name = co_await getnameinfo(addresses_of("2001:db8::7", 0).front(), options);
    CHECK(name == "r1.v6");
    CHECK(server.asked().empty());
    name = co_await getnameinfo(addresses_of("192.0.2.8", 22).front(), options);
    CHECK(name == "192.0.2.8");
    CHECK(server.asked() == Texts{"8.2.0.192.in-addr.arpa"});
  });
}

}  // namespace
