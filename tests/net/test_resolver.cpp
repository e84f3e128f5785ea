// getaddrinfo: what it finds, whom it asks, how it fails and what is left when it is called off.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/net/resolver.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/simulated_kernel.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "fake_name_server.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

using Texts = std::vector<std::string>;

/// Options that reach nothing but these servers and no file of the machine.
ResolverOptions asking(Texts servers) {
  ResolverOptions options;
  options.servers = std::move(servers);
  options.hosts_file = "/nonexistent/hosts";
  options.resolv_conf = "/nonexistent/resolv.conf";
  return options;
}

/// A loop in whose time nothing takes any: deadlines are met to the nanosecond.
LoopOptions simulated() {
  LoopOptions options = virtual_time();
  options.make_driver = [] { return std::make_unique<SimulatedKernel>(1); };
  return options;
}

Coroutine<Texts> look_up(std::string host, ResolverOptions options) {
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

Coroutine<Failure> failure_of(std::string host, ResolverOptions options) {
  Failure failure;
  const auto error =
      co_await thrown_by<ResolveError>(getaddrinfo(std::move(host), 22, std::move(options)));
  if (error) {
    failure.code = error->code().value();
    failure.text = error->what();
  }
  co_return failure;
}

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
    ResolverOptions options = asking({server.address()});
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
    const ResolverOptions options = asking({server.address()});
    const Texts names{"",
                      ".",
                      "a..b",
                      ".a",
                      "a b",
                      "a\tb",
                      std::string("127.0.0.1\0x", 11),
                      "r\xc3\xb6uter",
                      std::string(64, 'a') + ".test",
                      std::string(300, 'a'),
                      "\x1b]0;gotcha\x07"};
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
    ResolverOptions options = asking({server.address()});
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
    ResolverOptions options = asking({server.address()});
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
    ResolverOptions options = asking({server.address()});
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
        ResolverOptions options = asking({server.address()});
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
        const Failure unreachable = co_await failure_of("r1.test", asking({nobody}));
        CHECK(unreachable.code == EAI_AGAIN);
        CHECK(unreachable.says(nobody + " cannot be reached (Connection refused)"));
        CHECK(get_running_loop().time() - start == 0s);

        const FakeNameServer closed(
            [](const std::string& query) { return Texts{dns::answer(query, dns::refused)}; });
        const Failure refused = co_await failure_of("r1.test", asking({closed.address()}));
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
        Texts found = co_await look_up("r1.test", asking({server.address()}));
        CHECK(found == Texts{"192.0.2.1:22"});
        CHECK(get_running_loop().time() - start == 1s);
      },
      simulated());
}

/// Answers that are none: what they are, the datagrams, and whether they end the wait.
struct Nonsense {
  const char* what;
  FakeNameServer::Answers answers;
  bool ignored;
};

std::vector<Nonsense> nonsense() {
  using namespace dns;
  return {
      {"the wrong number",
       [](const std::string& query) {
         std::string text = answer(query, no_error, {record_a()});
         text[0] = static_cast<char>(text[0] ^ 1);
         return Texts{text};
       },
       true},
      {"another question's answer",
       [](const std::string& query) {
         std::string text = answer(query, no_error, {record_a()});
         text[header_size + 1] = 'x';
         return Texts{text};
       },
       true},
      {"nothing, a byte, a header, noise",
       [](const std::string& query) {
         std::string noise;
         for (unsigned i = 0; i < 700; ++i)
           noise += static_cast<char>(i * i * 31 + 7);
         return Texts{"", "x", query.substr(0, 12), noise, std::string(512, '\0')};
       },
       true},
      {"the query itself", [](const std::string& query) { return Texts{query}; }, false},
      {"a name that points at itself in the question",
       [](const std::string& query) {
         std::string text = answer(query, no_error, {record_a()});
         return Texts{text.replace(header_size, 2, "\xc0\x0c")};
       },
       true},
      {"a name that points at itself in the answer",
       [](const std::string& query) {
         std::string text = answer(query, no_error, {record_a()});
         const std::size_t place = header_size + question_in(query).size();
         return Texts{text.replace(place, 2, number16(0xc000 | static_cast<unsigned>(place)))};
       },
       false},
      {"two names that point at each other",
       [](const std::string& query) {
         std::string text = answer(query, no_error, {record_a(), record_a()});
         const std::size_t first = header_size + question_in(query).size();
         const std::size_t second = first + record_a().size();
         text.replace(first, 2, number16(0xc000 | static_cast<unsigned>(second)));
         return Texts{text.replace(second, 2, number16(0xc000 | static_cast<unsigned>(first)))};
       },
       false},
      {"an alias of itself",
       [](const std::string& query) {
         return Texts{answer(query, no_error, {record(type_cname, "\xc0\x0c")})};
       },
       false},
      {"an answer cut off",
       [](const std::string& query) {
         const std::string text = answer(query, no_error, {record_a()});
         return Texts{text.substr(0, text.size() - 3)};
       },
       false},
      {"more records promised than there are",
       [](const std::string& query) {
         std::string text = answer(query, no_error, {record_a()});
         return Texts{text.replace(6, 2, "\xff\xff")};
       },
       false},
      {"an address of three bytes",
       [](const std::string& query) {
         return Texts{answer(query, no_error, {record(type_a, "abc")})};
       },
       false},
      {"truncated, but nobody listens on TCP",
       [](const std::string& query) {
         std::string text = answer(query, no_error, {record_a()});
         text[2] = static_cast<char>(text[2] | 2);
         return Texts{text};
       },
       false},
  };
}

TEST_CASE("a server that answers nonsense ends in a typed error within the time, or is ignored") {
  for (const Nonsense& each : nonsense()) {
    CAPTURE(each.what);
    run_bounded(
        [&each]() -> Coroutine<void> {
          const FakeNameServer server(each.answers);
          ResolverOptions options = asking({server.address()});
          options.family = AF_INET;
          options.timeout = 4s;
          const TimePoint start = get_running_loop().time();
          const Failure failure = co_await failure_of("r1.test.", options);
          CAPTURE(failure.text);
          CHECK(failure.code != 0);
          CHECK(failure.says("r1.test"));
          CHECK(failure.says(server.address()));
          CHECK(get_running_loop().time() - start == (each.ignored ? 4s : 0s));
        },
        simulated());
  }
}

TEST_CASE("the right answer counts even when nonsense comes first") {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server([](const std::string& query) {
      Texts all;
      for (const Nonsense& each : nonsense()) {
        if (!each.ignored) continue;
        const Texts some = each.answers(query);
        all.insert(all.end(), some.begin(), some.end());
      }
      all.push_back(dns::answer(query, dns::no_error, {dns::record_a()}));
      return all;
    });
    ResolverOptions options = asking({server.address()});
    options.family = AF_INET;
    Texts found = co_await look_up("r1.test.", options);
    CHECK(found == Texts{"192.0.2.1:22"});
  });
}

TEST_CASE("a lookup cancelled at any moment closes its sockets" * doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer server([](const std::string& query) {
      if (dns::name_in(query) == "silent.test") return Texts{};
      std::string text = dns::answer(query, dns::no_error, {dns::record_a()});
      if (dns::name_in(query) == "long.test") text[2] = static_cast<char>(text[2] | 2);
      return Texts{text};
    });
    const std::size_t before = open_descriptors();
    int cancelled = 0;
    int done = 0;
    const Texts names{"quick.test.", "silent.test.", "long.test."};
    for (int round = 0; round < 1000; ++round) {
      const std::string name = names[static_cast<std::size_t>(round) % names.size()];
      auto looking = create_task(getaddrinfo(name, 22, asking({server.address()})));
      co_await let_run(round % 11);
      looking.cancel();
      try {
        co_await looking;
        ++done;
      } catch (const CancelledError&) {
        ++cancelled;
      } catch (const ResolveError&) {
        ++done;  // "long" has nobody to ask over TCP
      }
      if (open_descriptors() != before) break;
    }
    CHECK(cancelled >= 300);
    CHECK(cancelled + done == 1000);
    CHECK(open_descriptors() == before);
  });
}

TEST_CASE("a thousand lookups at once all end, with bounded descriptors" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    std::size_t most = 0;
    const FakeNameServer server([&most](const std::string& query) {
      most = std::max(most, open_descriptors());
      const std::string name = dns::name_in(query);
      const auto number = static_cast<unsigned>(std::stoi(name.substr(1)));
      if (dns::type_in(query) == dns::type_aaaa) return Texts{dns::answer(query, dns::no_error)};
      return Texts{dns::answer(query, dns::no_error, {dns::record_a(number % 256)})};
    });
    const std::size_t before = open_descriptors();
    ResolverOptions options = asking({server.address()});
    options.tries = 20;  // loopback sockets drop what finds no room
    options.timeout = 60s;
    std::vector<Task<Texts>> lookups;
    for (int i = 0; i < 1000; ++i)
      lookups.push_back(create_task(look_up("r" + std::to_string(i) + ".test.", options)));
    for (int i = 0; i < 1000; ++i) {
      const Texts found = co_await lookups[static_cast<std::size_t>(i)];
      CHECK(found == Texts{"192.0.2." + std::to_string(i % 256) + ":22"});
    }
    CHECK(most <= before + 2 * 128);
    CHECK(open_descriptors() == before);
  });
}

TEST_CASE("a thousand lookups at a dead server end in time, each by its turn" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const FakeNameServer silent;
    const std::size_t before = open_descriptors();
    ResolverOptions options = asking({silent.address()});
    options.timeout = 50ms;
    std::vector<Task<Failure>> lookups;
    for (int i = 0; i < 1000; ++i)
      lookups.push_back(create_task(failure_of("r" + std::to_string(i) + ".", options)));
    for (const auto& lookup : lookups) {
      const Failure failure = co_await lookup;
      CHECK(failure.code == EAI_AGAIN);
    }
    CHECK(open_descriptors() == before);
  });
}

TEST_CASE("a timeout around a lookup ends it, and a closing loop does") {
  run_bounded(
      []() -> Coroutine<void> {
        const FakeNameServer silent;
        const std::size_t before = open_descriptors();
        const TimePoint start = get_running_loop().time();
        const auto error = co_await thrown_by<TimeoutError>(
            wait_for(getaddrinfo("r1.test", 22, asking({silent.address()})), 300ms));
        CHECK(error);
        CHECK(get_running_loop().time() - start == 300ms);
        CHECK(open_descriptors() == before);
        create_task(getaddrinfo("r1.test", 22, asking({silent.address()})));
        co_await let_run(3);
      },
      simulated());
}

TEST_CASE("options out of range are refused") {
  run_bounded([]() -> Coroutine<void> {
    for (const char* server : {"", "ns1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:53x",
                               "[127.0.0.1]:53", "[::1]", "[::1]53"}) {
      CAPTURE(server);
      const auto error =
          co_await thrown_by<ValueError>(getaddrinfo("r1.test", 22, asking({server})));
      REQUIRE(error);
      CHECK(std::string(error->what()).find("name server \"") == 0);
    }
    ResolverOptions options = asking({"127.0.0.1"});
    options.timeout = 0s;
    auto thrown = co_await thrown_by<ValueError>(getaddrinfo("127.0.0.1", 22, options));
    CHECK(thrown);
    options = asking({"127.0.0.1"});
    options.family = AF_UNIX;
    thrown = co_await thrown_by<ValueError>(getaddrinfo("127.0.0.1", 22, options));
    CHECK(thrown);
    options = asking({"127.0.0.1"});
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
    ResolverOptions options = asking({server.address()});
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
