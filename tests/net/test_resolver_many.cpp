// getaddrinfo called off at any moment, and a thousand times at once.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <netdb.h>

#include <rondo/runtime/task.h>

#include "resolver_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

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
      auto looking = create_task(getaddrinfo(name, 22, asking(server.address())));
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
    ResolverOptions options = asking(server.address());
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
    ResolverOptions options = asking(silent.address());
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
            wait_for(getaddrinfo("r1.test", 22, asking(silent.address())), 300ms));
        CHECK(error);
        CHECK(get_running_loop().time() - start == 300ms);
        CHECK(open_descriptors() == before);
        create_task(getaddrinfo("r1.test", 22, asking(silent.address())));
        co_await let_run(3);
      },
      simulated());
}

}  // namespace
