// Addresses and names: how they are spelled, and what the hosts file makes of them.

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/net/address.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/file_descriptor.h>

#include "texts.h"

namespace {

using namespace rondo;
using namespace rondo::test;

/// A file that is gone when the test is over.
class HostsFile {
 public:
  explicit HostsFile(std::string_view text) {
    const int fd = ::mkstemp(path_.data());
    if (fd < 0) throw std::runtime_error("mkstemp");
    const FileDescriptor closed_at_the_end(fd);
    std::ofstream(path_) << text;
  }
  HostsFile(const HostsFile&) = delete;
  HostsFile& operator=(const HostsFile&) = delete;
  ~HostsFile() { ::unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/rondo-test-hosts-XXXXXX";
};

TEST_CASE("[case 198] an address stands for itself") {
  const auto v4 = addresses_of("192.0.2.1", 22);
  REQUIRE(v4.size() == 1);
  CHECK(v4[0].family() == AF_INET);
  CHECK(v4[0].host() == "192.0.2.1");
  CHECK(v4[0].port() == 22);
  CHECK(v4[0].text() == "192.0.2.1:22");

  const auto v6 = addresses_of("2001:db8::1", 65535);
  REQUIRE(v6.size() == 1);
  CHECK(v6[0].family() == AF_INET6);
  CHECK(v6[0].host() == "2001:db8::1");
  CHECK(v6[0].text() == "[2001:db8::1]:65535");

  CHECK(host_and_port("r1", 22) == "r1:22");
  CHECK(host_and_port("::1", 22) == "[::1]:22");
  CHECK(Address().text() == ":0");
}

TEST_CASE("[case 198] a name stands for what the hosts file lists, in its order") {
  const HostsFile hosts(
      "# routers\n"
      "\n"
      "127.0.0.1\tlocalhost loopback\n"
      "::1 localhost ip6-localhost\n"
      "  192.0.2.7   r1.lab   R1  # the first\n"
      "192.0.2.8 #r1\n"
      "not-an-address r1\n"
      "2001:db8::7 r1\n"
      "192.0.2.9 r10");
  CHECK(texts(addresses_of("r1", 22, hosts.path())) == Texts{"192.0.2.7:22", "[2001:db8::7]:22"});
  CHECK(texts(addresses_of("R1.LAB", 22, hosts.path())) == Texts{"192.0.2.7:22"});
  CHECK(texts(addresses_of("r10", 22, hosts.path())) == Texts{"192.0.2.9:22"});
  CHECK(texts(addresses_of("localhost", 80, hosts.path())) == Texts{"127.0.0.1:80", "[::1]:80"});
}

TEST_CASE("[case 198] localhost is known on every machine") {
  const auto addresses = addresses_of("localhost", 22);
  REQUIRE_FALSE(addresses.empty());
  CHECK(addresses[0].port() == 22);
  CHECK(texts(addresses_of("localhost", 22, "/nonexistent/hosts")) ==
        Texts{"127.0.0.1:22", "[::1]:22"});
}

TEST_CASE("[case 198] an unknown name is an error that names it and where it was looked for") {
  const HostsFile hosts("127.0.0.1 localhost\n");
  const auto text_of_error = [](const std::string& host, const std::string& file) {
    try {
      addresses_of(host, 22, file);
    } catch (const OSError& error) {
      CHECK(error.code().value() == ENOENT);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string unknown = text_of_error("no-such-router", hosts.path());
  CAPTURE(unknown);
  CHECK(unknown.find("\"no-such-router\"") != std::string::npos);
  CHECK(unknown.find(hosts.path()) != std::string::npos);
  CHECK(text_of_error("127.0.0.1.5", hosts.path()) != "no error");
  CHECK(text_of_error("", hosts.path()) != "no error");
  CHECK(text_of_error("no-such-router", "/nonexistent/hosts") != "no error");
}

TEST_CASE("a socket knows its own address; asking what is no socket is an error") {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address loopback = addresses_of("127.0.0.1", 0).front();
  REQUIRE(::bind(socket.get(), loopback.get(), loopback.length()) == 0);
  CHECK(local_address(socket.get()).host() == "127.0.0.1");
  CHECK(local_address(socket.get()).port() != 0);
  CHECK_THROWS_AS(peer_address(socket.get()), OSError);
  CHECK_THROWS_AS(local_address(-1), OSError);
}

TEST_CASE("an address is made of what is spelled, without looking up any name") {
  CHECK(Address("127.0.0.1", 22).text() == "127.0.0.1:22");
  CHECK(Address("::1", 22).text() == "[::1]:22");
  CHECK(Address("::1", 22).family() == AF_INET6);
  CHECK_THROWS_AS(Address("localhost", 22), ValueError);
  CHECK_THROWS_AS(Address("", 22), ValueError);
  CHECK(Address().empty());
  CHECK_FALSE(Address("::", 0).empty());
}

TEST_CASE("parse reads what text has written, and nothing else") {
  for (const char* text : {"127.0.0.1:22", "[::1]:22", "0.0.0.0:0", "[2001:db8::1]:65535"}) {
    CAPTURE(text);
    CHECK(Address::parse(text).text() == text);
  }
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", ":22", "::1:22", "[::1]", "[::1]22",
                           "[127.0.0.1]:22", "router:22", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1:22x", "127.0.0.1: 22", "[]:22"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Address::parse(text), ValueError);
  }
}

TEST_CASE("the address of a Unix socket is a path, or an abstract name") {
  const Address path = Address::of_path("/run/socket");
  CHECK(path.family() == AF_UNIX);
  CHECK(path.path() == "/run/socket");
  CHECK(path.text() == "/run/socket");
  CHECK(path.host().empty());
  CHECK(path.port() == 0);
  const std::string name("\0an\0abstract name", 17);
  const Address abstract = Address::of_path(name);
  CHECK(abstract.path() == name);
  CHECK(abstract.text() == "@an@abstract name");
  CHECK_THROWS_AS(Address::of_path(""), ValueError);
  CHECK_THROWS_AS(Address::of_path(std::string("/run/\0socket", 12)), ValueError);
  CHECK(Address::of_path(std::string(107, 'x')).path().size() == 107);
  CHECK_THROWS_AS(Address::of_path(std::string(108, 'x')), ValueError);
  CHECK(Address::of_path(std::string(1, '\0') + std::string(107, 'x')).path().size() == 108);
  CHECK_THROWS_AS(Address::of_path(std::string(1, '\0') + std::string(108, 'x')), ValueError);
}

TEST_CASE("a Unix socket has the address that it was bound to, and none before that") {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(local_address(socket.get()).family() == AF_UNIX);
  CHECK(local_address(socket.get()).path().empty());
  CHECK(local_address(socket.get()).text().empty());
  const std::string name = std::string(1, '\0') + "rondo-test-" + std::to_string(::getpid());
  const Address address = Address::of_path(name);
  REQUIRE(::bind(socket.get(), address.get(), address.length()) == 0);
  CHECK(local_address(socket.get()) == address);
}

TEST_CASE("addresses are equal when everything that tells sockets apart is") {
  CHECK(Address("127.0.0.1", 22) == Address("127.0.0.1", 22));
  CHECK(Address("127.0.0.1", 22) != Address("127.0.0.1", 23));
  CHECK(Address("127.0.0.1", 22) != Address("127.0.0.2", 22));
  CHECK(Address("::1", 22) == Address("::1", 22));
  CHECK(Address("::1", 22) != Address("::", 22));
  CHECK(Address("127.0.0.1", 22) != Address("::ffff:127.0.0.1", 22));
  CHECK(Address::of_path("a") == Address::of_path("a"));
  CHECK(Address::of_path("a") != Address::of_path("b"));
  CHECK(Address() == Address());
  Address moved("127.0.0.1", 22);
  moved.set_port(23);
  CHECK(moved == Address("127.0.0.1", 23));
}

}  // namespace
