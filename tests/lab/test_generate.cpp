// Labs that are made up, and their inventory.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/lab/generate.h>
#include <rondo/lab/inventory.h>
#include <rondo/lab/platform.h>

namespace {

using namespace rondo::lab;
using namespace std::chrono_literals;

LabPlan plan_of(unsigned devices, std::vector<FaultShare> faults = {}) {
  LabPlan plan;
  plan.devices = devices;
  plan.faults = std::move(faults);
  return plan;
}

std::string complaint(const LabPlan& plan) {
  try {
    generate_routers(plan);
  } catch (const PlanError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a lab of hundreds has names, addresses and cables of its own for each") {
  LabPlan plan = plan_of(500);
  plan.transports = TransportMix::mixed;
  plan.delay = 20ms;
  const auto routers = generate_routers(plan);
  REQUIRE(routers.size() == 500);
  std::set<std::string> hostnames;
  std::set<std::string> listening;
  std::set<std::uint32_t> addresses;
  for (const Router& router : routers) {
    CHECK(hostnames.insert(router.hostname).second);
    CHECK(listening.insert(router.address).second);
    CHECK(router.address.starts_with("127."));
    CHECK(router.delay == 20ms);
    unsigned cables = 0;
    for (const Interface& interface : router.interfaces) {
      if (interface.address) CHECK(addresses.insert(interface.address->address).second);
      if (interface.neighbor.empty()) continue;
      ++cables;
      const auto other = std::ranges::find(routers, interface.neighbor, &Router::hostname);
      REQUIRE(other != routers.end());
      const auto end =
          std::ranges::find(other->interfaces, interface.neighbor_interface, &Interface::name);
      REQUIRE(end != other->interfaces.end());
      CHECK(end->neighbor == router.hostname);
      CHECK(end->neighbor_interface == interface.name);
    }
    CHECK(cables == 2);
  }
  CHECK(std::ranges::count(routers, Transport::telnet, &Router::transport) == 250);
  for (const std::string_view platform : platform_names()) {
    CHECK(std::ranges::count(routers, platform, &Router::platform) == 100);
  }
  CHECK(routers[499].address == "127.1.1.250");
}

TEST_CASE("faults are dealt out by share, the same for the same seed") {
  const auto with_faults = [](const std::vector<Router>& routers) {
    std::vector<std::string> names;
    for (const Router& router : routers) {
      if (!router.faults.empty()) names.push_back(router.hostname);
      CHECK(router.faults.size() <= 1);
    }
    return names;
  };
  LabPlan plan = plan_of(200, parse_fault_shares("5%"));
  const auto first = with_faults(generate_routers(plan));
  CHECK(first.size() == 10);
  CHECK(with_faults(generate_routers(plan)) == first);
  plan.seed = 2;
  CHECK(with_faults(generate_routers(plan)) != first);

  const auto routers =
      generate_routers(plan_of(100, parse_fault_shares("hang=2%,unknown_key=0.1")));
  const auto count = [&](Fault fault) {
    return std::ranges::count_if(
        routers, [&](const Router& router) { return router.faults.contains(fault); });
  };
  CHECK(count(Fault::hang) == 2);
  CHECK(count(Fault::unknown_key) == 10);
  CHECK(std::ranges::count(routers, false, &Router::trusted) == 10);
}

TEST_CASE("a fault goes only to devices that it suits") {
  const auto routers = generate_routers(plan_of(50, parse_fault_shares("two_line_prompt=100%")));
  for (const Router& router : routers)
    CHECK(router.faults.empty() == (router.platform != "juniper_junos"));
}

TEST_CASE("one device has no neighbour, and two have each other") {
  CHECK(generate_routers(plan_of(1))[0].interfaces[0].neighbor.empty());
  const auto pair = generate_routers(plan_of(2));
  CHECK(pair[0].interfaces[0].neighbor == pair[1].hostname);
  CHECK(pair[1].interfaces[0].neighbor == pair[0].hostname);
}

TEST_CASE("a plan that cannot be is refused with what would be right") {
  CHECK(complaint(plan_of(0)) == "--devices must be from 1 to 10000");
  CHECK(complaint(plan_of(10001)) == "--devices must be from 1 to 10000");
  LabPlan plan = plan_of(300);
  for (const char* address : {"10.0.0.1", "127.0.0", "127.255.255.200"}) {
    plan.first_address = address;
    CHECK(complaint(plan).find("must be an address of 127.0.0.0/8, with room for 300") !=
          std::string::npos);
  }
  plan = plan_of(3);
  plan.platforms = {"cisco_iosxe", "vax"};
  CHECK(complaint(plan).starts_with("--platforms: there is no 'vax'; there are cisco_iosxe, "));
  for (const char* text : {"5", "-1%", "101%", "x%", "hang", "hang=", "hang=nan", "%"}) {
    CHECK_THROWS_AS(parse_fault_shares(text), PlanError);
  }
  CHECK_THROWS_WITH_AS(parse_fault_shares("hunger=5%"),
                       doctest::Contains("there is no 'hunger'; there are banner, "), PlanError);
  CHECK(parse_fault_shares("").empty());
}

TEST_CASE("the inventory says where the devices are and how to log in") {
  LabPlan plan = plan_of(2);
  plan.transports = TransportMix::mixed;
  plan.password = "1234";
  auto routers = generate_routers(plan);
  routers[1].faults = {Fault::banner, Fault::hang};
  const std::vector<LabEndpoint> endpoints = {
      {"r1", "127.1.0.1", 2222, Transport::ssh, "ssh-ed25519", "AAAA", true},
      {"sw2", "127.1.0.2", 40123, Transport::telnet, "", "", true}};
  CHECK(inventory_text(routers, endpoints, {"known_hosts", ""}) ==
        "devices:\n"
        "  - name: r1\n"
        "    host: 127.1.0.1\n"
        "    port: 2222\n"
        "    platform: cisco_iosxe\n"
        "    transport: ssh\n"
        "    username: cisco\n"
        "    password: \"1234\"\n"
        "    secret: \"1234\"\n"
        "    known_hosts: known_hosts\n"
        "    groups: [cisco_iosxe, ssh, site1]\n"
        "  - name: sw2\n"
        "    host: 127.1.0.2\n"
        "    port: 40123\n"
        "    platform: cisco_nxos\n"
        "    transport: telnet\n"
        "    username: cisco\n"
        "    password: \"1234\"\n"
        "    secret: \"1234\"\n"
        "    groups: [cisco_nxos, telnet, site1, banner, hang]\n");
  const std::string hidden = inventory_text(routers, endpoints, {"", "LAB_PASSWORD"});
  CHECK(hidden.find("1234") == std::string::npos);
  CHECK(hidden.find("    password: env:LAB_PASSWORD\n    secret: env:LAB_PASSWORD\n") !=
        std::string::npos);
  CHECK(hidden.find("known_hosts") == std::string::npos);
}
