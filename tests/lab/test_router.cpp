// Reading the description of the routers, and what is said when it is wrong.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include <rondo/lab/router.h>

namespace {

using namespace rondo::lab;
using namespace std::chrono_literals;

struct TemporaryFile {
  explicit TemporaryFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "routers.XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    REQUIRE(descriptor >= 0);
    ::close(descriptor);
    path = name;
    std::ofstream(path) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

const std::string good =
    "routers:\n"                                // 1
    "  - hostname: r1\n"                        // 2
    "    address: 127.0.100.1\n"                // 3
    "    port: 2222\n"                          // 4
    "    username: cisco\n"                     // 5
    "    password: hunter2\n"                   // 6
    "    enable_secret: hunter3\n"              // 7
    "    delay: 0.25\n"                         // 8
    "    interfaces:\n"                         // 9
    "      - name: Ethernet0/0\n"               // 10
    "        ip: 10.0.0.1/24\n"                 // 11
    "      - name: Serial0\n"                   // 12
    "        status: administratively down\n";  // 13

std::string replaced(std::string text, const std::string& old, const std::string& with) {
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), with);
}

// What is said about the text, without the name of the file.
std::string complaint(const std::string& text) {
  const TemporaryFile file(text);
  try {
    load_routers(file.path);
  } catch (const RouterFileError& error) {
    const std::string what = error.what();
    CHECK(what.starts_with(file.path.string() + ":"));
    CHECK(what.find("hunter") == std::string::npos);
    return what.substr(file.path.string().size() + 1);
  }
  return "no complaint";
}

std::string complaint(const std::string& old, const std::string& with) {
  return complaint(replaced(good, old, with));
}

}  // namespace

TEST_CASE("a good description is read whole") {
  const TemporaryFile file(good);
  const auto routers = load_routers(file.path);
  REQUIRE(routers.size() == 1);
  const Router& router = routers[0];
  CHECK(router.hostname == "r1");
  CHECK(router.address == "127.0.100.1");
  CHECK(router.port == 2222);
  CHECK(router.password == "hunter2");
  CHECK(router.enable_secret == "hunter3");
  CHECK(router.delay == 250ms);
  CHECK(router.trusted);
  REQUIRE(router.interfaces.size() == 2);
  CHECK(router.interfaces[0].address == parse_interface_address("10.0.0.1/24"));
  CHECK(router.interfaces[0].status == InterfaceStatus::up);
  CHECK(router.interfaces[0].protocol_up);
  CHECK_FALSE(router.interfaces[1].address.has_value());
  CHECK(router.interfaces[1].status == InterfaceStatus::administratively_down);
  CHECK_FALSE(router.interfaces[1].protocol_up);
}

TEST_CASE("an unknown key is named with its line and the keys there are") {
  const std::string text = complaint("port: 2222", "prot: 2222");
  CHECK(text.starts_with("4: router 'r1' has the unknown key 'prot'; the keys are hostname, "));
  CHECK(complaint("ip: 10", "ipv4: 10").starts_with("11: an interface of router 'r1' has the "));
  CHECK(complaint("routers:", "router:").starts_with("1: the file has the unknown key 'router'"));
}

TEST_CASE("a missing key is named") {
  CHECK(complaint("    username: cisco\n", "") ==
        "2: router 'r1': 'username' is missing; every one needs it");
  CHECK(complaint("    password: hunter2\n", "")
            .starts_with("2: router 'r1': 'password' is missing"));
  CHECK(complaint("  - hostname: r1\n    address", "  - address")
            .starts_with("2: a router: 'hostname' is"));
  CHECK(complaint("name: Serial0\n        ", "")
            .starts_with("12: an interface of router 'r1': 'name'"));
}

TEST_CASE("a bad value is named with what would be right, but never repeated when it is secret") {
  CHECK(
      complaint("127.0.100.1", "127.0.0").starts_with("3: router 'r1': 'address' must be an IPv4"));
  CHECK(complaint("127.0.100.1", "10.0.0.1").find("within 127.0.0.0/8") != std::string::npos);
  for (const char* port : {"65536", "-1", "ssh", "22.5", "99999999999", "[22]"}) {
    CHECK(complaint("2222", port).starts_with("4: router 'r1': 'port' must be"));
  }
  CHECK(
      complaint("0.25", "61").starts_with("8: router 'r1': 'delay' must be seconds, from 0 to 60"));
  CHECK(complaint("0.25", ".nan").find("'delay' must be") != std::string::npos);
  CHECK(complaint("0.25", "fast").find("'delay' must be") != std::string::npos);
  CHECK(complaint("hostname: r1", "hostname: r 1").find("'hostname' must be") != std::string::npos);
  CHECK(complaint("10.0.0.1/24", "10.0.0.1").find("such as 10.0.0.1/24") != std::string::npos);
  CHECK(complaint("Ethernet0/0", "0/0").find("'name' must be letters") != std::string::npos);
  CHECK(complaint("administratively down", "broken").starts_with("13: "));
  CHECK(complaint("status: administratively down", "protocol: sideways").find("'protocol'") !=
        std::string::npos);
  CHECK(complaint("administratively down", "down\n        protocol: up").find("cannot be up") !=
        std::string::npos);
  CHECK(complaint("delay: 0.25", "trusted: maybe").find("must be true or false") !=
        std::string::npos);
  CHECK(complaint("hunter2", "[hunter2]").starts_with("6: router 'r1': 'password' must be a text"));
  CHECK(complaint("hunter2", "\"hunter2\\n\"").find("printable") != std::string::npos);
  CHECK(complaint("hunter2", "\"\"").find("'password' must be a text") != std::string::npos);
}

TEST_CASE(
    "platform, transport, faults, VLANs and neighbours are read, and what is wrong is named") {
  const std::string all = replaced(good, "    delay: 0.25\n",
                                   "    platform: arista_eos\n"
                                   "    transport: telnet\n"
                                   "    faults: [slow_login, unknown_key]\n"
                                   "    vlans: {10: users}\n");
  const TemporaryFile file(replaced(all, "10.0.0.1/24", "10.0.0.1/24\n        neighbor: r2 Et1"));
  const Router router = load_routers(file.path).at(0);
  CHECK(router.platform == "arista_eos");
  CHECK(router.version == "4.29.2F");
  CHECK(router.transport == Transport::telnet);
  CHECK(router.faults == Faults{Fault::slow_login, Fault::unknown_key});
  CHECK(router.login_delay == 3s);
  CHECK_FALSE(router.trusted);
  CHECK(router.vlans.at(10) == "users");
  CHECK(router.interfaces[0].neighbor == "r2");
  CHECK(router.interfaces[0].neighbor_interface == "Et1");

  CHECK(complaint(replaced(all, "arista_eos", "vax"))
            .starts_with("8: router 'r1': 'platform' must be one of cisco_iosxe, "));
  CHECK(complaint(replaced(all, "telnet", "http")).find("must be ssh or telnet") !=
        std::string::npos);
  CHECK(complaint(replaced(all, "slow_login", "hunger"))
            .starts_with("10: a fault must be one of banner, "));
  CHECK(complaint(replaced(all, "[slow_login, unknown_key]", "hang")).find("must be a list") !=
        std::string::npos);
  for (const char* vlans : {"1: users", "4095: users", "x: users", "10: two words", "10: []"}) {
    CHECK(complaint(replaced(all, "10: users", vlans)).find("VLAN must be a number from 2 to") !=
          std::string::npos);
  }
  CHECK(complaint("ip: 10.0.0.1/24", "neighbor: r2").find("must be a hostname and its interface") !=
        std::string::npos);
}

TEST_CASE("names and addresses must differ") {
  const std::string second = good.substr(good.find("  - hostname"));
  CHECK(complaint(good + second).starts_with("14: hostname 'r1' is taken"));
  CHECK(complaint(good + replaced(second, "r1", "r2"))
            .starts_with("14: router 'r2': 127.0.100.1:2222 is taken"));
  CHECK(complaint(good + replaced(replaced(second, "r1", "r2"), "2222", "2223")) == "no complaint");
  const std::string free_port = replaced(good, "2222", "0");
  CHECK(complaint(free_port + replaced(free_port.substr(free_port.find("  - ")), "r1", "r2")) ==
        "no complaint");
  CHECK(complaint("name: Serial0", "name: Ethernet0/0").find("twice") != std::string::npos);
  CHECK(complaint("    delay: 0.25", "    port: 1")
            .starts_with("8: router 'r1' has the key 'port' twice"));
}

TEST_CASE("a file that is no description at all is refused") {
  CHECK(complaint("").starts_with("1: the file must be a mapping"));
  CHECK(complaint("just text").starts_with("1: the file must be a mapping"));
  CHECK(complaint("routers: []").find("list of 1 to") != std::string::npos);
  CHECK(complaint("routers: {a: b}").find("list of 1 to") != std::string::npos);
  CHECK(complaint("routers:\n  - r1\n").starts_with("2: a router must be a mapping"));
  CHECK(complaint("routers: [\n").find("not YAML") != std::string::npos);
  CHECK(complaint("password: hunter2", "password: *hunter2").find("6: not YAML") == 0);
  CHECK(complaint("password: hunter2", "password: !hunter2").find("'password' must be") !=
        std::string::npos);
  CHECK(complaint(std::string(2'000'000, '#')).find("is larger than 1024 KiB") !=
        std::string::npos);
  CHECK(complaint("routers: " + std::string(100'000, '[')).find("not YAML") != std::string::npos);
}

TEST_CASE("a file that is not there is named") {
  CHECK_THROWS_WITH_AS(load_routers("/nowhere/routers.yaml"),
                       "/nowhere/routers.yaml: cannot be opened for reading", RouterFileError);
}

TEST_CASE("addresses are read strictly") {
  CHECK(parse_ipv4("1.2.3.4") == 0x01020304U);
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", "1..2.3", "a.b.c.d",
                           "1.2.3.-4", "1.2.3.4.", "0001.2.3.4"}) {
    CHECK_MESSAGE(!parse_ipv4(text).has_value(), text);
  }
  for (const char* text : {"1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "/24"}) {
    CHECK_MESSAGE(!parse_interface_address(text).has_value(), text);
  }
  CHECK(prefix_length_of(0xFFFFFF00) == 24U);
  CHECK(prefix_length_of(0) == 0U);
  CHECK(prefix_length_of(0xFFFFFFFF) == 32U);
  CHECK_FALSE(prefix_length_of(0xFF00FF00).has_value());
  CHECK(format_ipv4(mask_of(30)) == "255.255.255.252");
}
