// getaddrinfo at a server that answers whatever it likes.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "resolver_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

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
          ResolverOptions options = asking(server.address());
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
    ResolverOptions options = asking(server.address());
    options.family = AF_INET;
    Texts found = co_await look_up("r1.test.", options);
    CHECK(found == Texts{"192.0.2.1:22"});
  });
}

}  // namespace
