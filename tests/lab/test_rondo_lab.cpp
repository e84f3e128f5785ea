// The program rondo-lab itself, and the fixture that runs it.
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "running_lab.h"

namespace {

using namespace rondo::tests;

// Connects and reads the first bytes: what is said before anybody logs in.
std::string greeting_of(const RunningLab::Endpoint& endpoint) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = ::inet_addr(endpoint.host.c_str());
  char buffer[256];
  ssize_t size = -1;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    size = ::recv(socket, buffer, sizeof buffer, 0);
  }
  ::close(socket);
  return size < 0 ? "nothing" : std::string(buffer, static_cast<std::size_t>(size));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

// The exit status and the output of rondo-lab with these arguments.
std::pair<int, std::string> run(const std::vector<std::string>& arguments) {
  const TemporaryDirectory here;
  Program program(RONDO_LAB, arguments, here.path());
  const Ending ending = program.wait();
  CHECK(ending.in_time);
  return {ending.exit_status(), ending.output};
}

}  // namespace

TEST_CASE("a made-up lab listens, and leaves its host keys and its inventory") {
  RunningLab lab(10, {"--transport", "mixed"});
  REQUIRE(lab.endpoints().size() == 10);
  CHECK(greeting_of(lab.endpoint("r1")).starts_with("SSH-2.0-"));
  CHECK(greeting_of(lab.endpoint("sw2")).starts_with("\xFF\xFB"));
  CHECK(count(contents(lab.known_hosts()), "ssh-ed25519") == 5);
  const std::string inventory = contents(lab.inventory());
  CHECK(count(inventory, "  - name: ") == 10);
  CHECK(count(inventory, "transport: telnet") == 5);
  CHECK(count(inventory, "port: " + std::to_string(lab.endpoint("edge10").port) + "\n") >= 1);
  const RunningLab::Endpoint first = lab.endpoints()[0];
  lab.stop();
  CHECK(greeting_of(first) == "nothing");
}

TEST_CASE("a described lab has the devices of its text, faults and all") {
  const RunningLab lab(
      "routers:\n"
      "  - {hostname: a, address: 127.0.0.1, port: 0, username: u, password: p, transport: "
      "telnet,\n"
      "     platform: juniper_junos, interfaces: [{name: ge-0/0/0, neighbor: b Ethernet1}]}\n"
      "  - {hostname: b, address: 127.0.0.1, port: 0, username: u, password: p,\n"
      "     platform: arista_eos, faults: [closed_port], interfaces: [{name: Ethernet1}]}\n");
  CHECK(greeting_of(lab.endpoint("a")).starts_with("\xFF\xFB"));
  CHECK(greeting_of(lab.endpoint("b")) == "nothing");
  CHECK_THROWS_AS(lab.endpoint("c"), std::out_of_range);
}

TEST_CASE("a lab that cannot start says why") {
  CHECK_THROWS_WITH_AS(RunningLab("routers: []\n"), doctest::Contains("list of 1 to"),
                       std::runtime_error);
}

TEST_CASE("wrong arguments are told apart from a lab that cannot start") {
  CHECK(run({"--help"}).first == 0);
  CHECK(run({"--help"}).second.find("--devices") != std::string::npos);
  CHECK(run({"--for", "0", "--devices", "3", "--ssh-port", "0"}).first == 0);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--frobnicate"},
        {"--devices", "many"},
        {"--delay", "1"},
        {"--devices", "3", "--routers", "x.yaml"},
        {"--devices", "3", "--faults", "lots"},
        {"--devices", "3", "--transport", "carrier-pigeon"},
        {"--for", "-1"}}) {
    const auto [status, output] = run(arguments);
    CAPTURE(arguments[0]);
    CHECK(status == 2);
    CHECK(output.starts_with("rondo-lab: "));
    CHECK(count(output, "\n") == 1);
  }
  CHECK(run({"--routers", "/nowhere.yaml"}).first == 1);
}
