// resolv.conf, as resolv.conf(5) describes it.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/detail/resolv_conf.h>
#include <rondo/runtime/errors.h>

#include "texts.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using detail::parse_name_server;
using detail::ResolvConf;

TEST_CASE("resolv.conf: servers, search domains and options; what makes no sense is skipped") {
  const ResolvConf conf = ResolvConf::parse(
      "# made by hand\n"
      "; so is this\n"
      "nameserver 192.0.2.53\n"
      "  nameserver\t2001:db8::53 # the second\n"
      "nameserver ns1.example\n"
      "nameserver\n"
      "nameserver 192.0.2.54\n"
      "nameserver 192.0.2.55\n"
      "domain old.example\n"
      "search a.example .b.example. .\n"
      "options ndots:2 timeout:3 attempts:4 use-vc rotate ndots:x timeout:-1 :\n"
      "sortlist 192.0.2.0\n");
  CHECK(texts(conf.servers) == Texts{"192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"});
  CHECK(conf.search == Texts{"a.example", "b.example"});
  CHECK(conf.ndots == 2);
  CHECK(conf.timeout == 3s);
  CHECK(conf.attempts == 4);
  CHECK(conf.use_vc);
}

TEST_CASE("resolv.conf: what is not said, not readable or out of bounds") {
  const ResolvConf empty = ResolvConf::parse("search\n");
  CHECK(texts(empty.servers) == Texts{"127.0.0.1:53"});
  CHECK(empty.search.empty());
  CHECK(empty.ndots == 1);
  CHECK(empty.timeout == 5s);
  CHECK(empty.attempts == 2);
  CHECK_FALSE(empty.use_vc);
  CHECK(texts(ResolvConf::read("/nonexistent/resolv.conf").servers) == Texts{"127.0.0.1:53"});
  const ResolvConf far = ResolvConf::parse("options ndots:99 timeout:999 attempts:0\n");
  CHECK(far.ndots == 15);
  CHECK(far.timeout == 30s);
  CHECK(far.attempts == 1);
}

TEST_CASE("resolv.conf: a name with enough dots is asked for as it is first") {
  const ResolvConf conf = ResolvConf::parse("search a.example b.example\noptions ndots:1\n");
  CHECK(conf.names_to_ask("r1") == Texts{"r1.a.example", "r1.b.example", "r1"});
  CHECK(conf.names_to_ask("r1.lab") == Texts{"r1.lab", "r1.lab.a.example", "r1.lab.b.example"});
  CHECK(conf.names_to_ask("r1.") == Texts{"r1."});
  const std::string long_name(245, 'a');
  CHECK(conf.names_to_ask(long_name) == Texts{long_name});
}

TEST_CASE("a name server is an address, with or without a port") {
  CHECK(parse_name_server("192.0.2.1").text() == "192.0.2.1:53");
  CHECK(parse_name_server("192.0.2.1:5353").text() == "192.0.2.1:5353");
  CHECK(parse_name_server("2001:db8::1").text() == "[2001:db8::1]:53");
  CHECK(parse_name_server("[2001:db8::1]:5353").text() == "[2001:db8::1]:5353");
  CHECK_THROWS_AS(parse_name_server("ns1:53"), ValueError);
}

}  // namespace
