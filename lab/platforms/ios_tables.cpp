#include <string_view>

#include <fmt/format.h>

#include <rondo/lab/facts.h>
#include <rondo/lab/platforms/ios_show.h>

namespace rondo::lab::ios {

namespace {

constexpr std::string_view route_codes =
    "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n"
    "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area \n"
    "       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2\n"
    "       * - candidate default, U - per-user static route\n"
    "\n";

std::string route_line(const Route& route) {
  const std::string network = prefix_text(route.network);
  switch (route.kind) {
    case RouteKind::connected:
      return fmt::format("C        {} is directly connected, {}\n", network, route.interface);
    case RouteKind::local:
      return fmt::format("L        {} is directly connected, {}\n", network, route.interface);
    case RouteKind::static_route:
      return fmt::format("S*    {} [1/0] via {}\n", network, route.next_hop);
    case RouteKind::ospf:
      break;
  }
  return fmt::format("O        {} [110/2] via {}, 1d02h, {}\n", network, route.next_hop,
                     route.interface);
}

// CDP has a blank there: "Gig 0/0". Junos's names, as ge-0/0/0, stay as they are.
std::string cdp_name(std::string_view interface) {
  if (interface.find('-') != std::string_view::npos) return std::string(interface);
  const std::size_t digit = std::min(interface.find_first_of("0123456789"), interface.size());
  return fmt::format("{} {}", interface.substr(0, std::min<std::size_t>(3, digit)),
                     interface.substr(digit));
}

std::string capability(const SeenNeighbor& neighbor) {
  return neighbor.platform->hardware.management.empty() ? "R" : "R S";
}

}  // namespace

std::string show_interfaces_status(const Vty& vty) {
  std::string text = "\nPort      Name               Status       Vlan       Duplex  Speed Type\n";
  for (const DeviceInterface& interface : vty.state().interfaces) {
    if (!is_port(vty, interface)) continue;
    const std::string_view status = interface.shutdown        ? "disabled"
                                    : interface.protocol_up() ? "connected"
                                                              : "notconnect";
    text += fmt::format(
        "{:<9} {:<18} {:<12} {:<10} {:>6} {:>6} {}\n", short_name(vty.platform, interface.name()),
        interface.description.substr(0, 18), status, interface.address ? "routed" : "1", "a-full",
        "a-1000", "10/100/1000BaseTX");
  }
  return text;
}

std::string show_ip_route(const Vty& vty) {
  std::string gateway = "not set";
  std::string lines;
  for (const Route& route : routes_of(vty)) {
    if (route.kind == RouteKind::static_route) {
      gateway = fmt::format("{} to network 0.0.0.0", route.next_hop);
    }
    lines += route_line(route);
  }
  return fmt::format("{}Gateway of last resort is {}\n\n{}", route_codes, gateway, lines);
}

std::string show_ip_arp(const Vty& vty) {
  std::string text = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n";
  for (const ArpEntry& entry : arp_of(vty)) {
    text +=
        fmt::format("Internet  {:<15}  {:>9}  {}  ARPA   {}\n", entry.address,
                    entry.own ? "-" : std::to_string(entry.minutes), entry.mac, entry.interface);
  }
  return text;
}

std::string show_cdp_neighbors(const Vty& vty) {
  std::string text =
      "Capability Codes: R - Router, T - Trans Bridge, B - Source Route Bridge\n"
      "                  S - Switch, H - Host, I - IGMP, r - Repeater\n"
      "\n"
      "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID\n";
  const auto neighbors = neighbors_of(vty);
  for (const SeenNeighbor& neighbor : neighbors) {
    text += fmt::format("{:<16} {:<17} {:<10} {:<11} {:<9} {}\n", neighbor.hostname,
                        cdp_name(neighbor.interface), 120 + identity_of(*neighbor.device) % 60,
                        capability(neighbor), neighbor.platform->hardware.model,
                        cdp_name(neighbor.remote_interface));
  }
  return text + fmt::format("\nTotal cdp entries displayed : {}\n", neighbors.size());
}

std::string show_cdp_neighbors_detail(const Vty& vty) {
  std::string text;
  const auto neighbors = neighbors_of(vty);
  for (const SeenNeighbor& neighbor : neighbors) {
    text += fmt::format(
        "-------------------------\n"
        "Device ID: {0}\n"
        "Entry address(es): \n"
        "  IP address: {1}\n"
        "Platform: {2},  Capabilities: Router \n"
        "Interface: {3},  Port ID (outgoing port): {4}\n"
        "Holdtime : {5} sec\n"
        "\n"
        "Version :\n"
        "Software of the rondo lab, {2} Software, Version {6}\n"
        "\n"
        "advertisement version: 2\n"
        "Management address(es): \n"
        "  IP address: {1}\n"
        "\n",
        neighbor.hostname, neighbor.address, neighbor.platform->hardware.model, neighbor.interface,
        neighbor.remote_interface, 120 + identity_of(*neighbor.device) % 60,
        neighbor.device->description().version);
  }
  return text + fmt::format("\nTotal cdp entries displayed : {}\n", neighbors.size());
}

std::string show_lldp_neighbors(const Vty& vty) {
  std::string text =
      "Capability codes:\n"
      "    (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n"
      "    (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n"
      "\n"
      "Device ID           Local Intf     Hold-time  Capability      Port ID\n";
  const auto neighbors = neighbors_of(vty);
  for (const SeenNeighbor& neighbor : neighbors) {
    text += fmt::format("{:<20.20}{:<15}{:<11}{:<16}{}\n", neighbor.hostname,
                        short_name(vty.platform, neighbor.interface), 120, "R",
                        short_name(*neighbor.platform, neighbor.remote_interface));
  }
  return text + fmt::format("\nTotal entries displayed: {}\n", neighbors.size());
}

std::string show_vlan_brief(const Vty& vty) {
  std::string text =
      "\n"
      "VLAN Name                             Status    Ports\n"
      "---- -------------------------------- --------- -------------------------------\n";
  const auto table = mac_table_of(vty);
  for (const Vlan& vlan : vty.state().vlans) {
    std::string ports;
    for (const MacEntry& entry : table) {
      if (entry.vlan != vlan.number) continue;
      ports.append(ports.empty() ? "" : ", ").append(short_name(vty.platform, entry.interface));
    }
    text += fmt::format("{:<4} {:<32} {:<9} {}\n", vlan.number, vlan.name, "active", ports);
  }
  return text;
}

std::string show_mac_address_table(const Vty& vty) {
  std::string text =
      "          Mac Address Table\n"
      "-------------------------------------------\n"
      "\n"
      "Vlan    Mac Address       Type        Ports\n"
      "----    -----------       --------    -----\n";
  const auto table = mac_table_of(vty);
  for (const MacEntry& entry : table) {
    text += fmt::format("{:>4}    {}    DYNAMIC     {}\n", entry.vlan, entry.mac,
                        short_name(vty.platform, entry.interface));
  }
  return text + fmt::format("Total Mac Addresses for this criterion: {}\n", table.size());
}

std::string show_ip_bgp_summary(const Vty& vty) {
  std::string text = fmt::format(
      "BGP router identifier {}, local AS number {}\n"
      "BGP table version is 7, main routing table version 7\n"
      "\n"
      "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n",
      router_id_of(vty.device), as_number_of(vty.device));
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    if (neighbor.address.empty()) continue;
    text += fmt::format("{:<15} 4 {:>12} {:>7} {:>7} {:>8} {:>4} {:>4} {:<8} {:>12}\n",
                        neighbor.address, as_number_of(*neighbor.device), 4120, 4118, 7, 0, 0,
                        "2d21h", 1 + identity_of(*neighbor.device) % 9);
  }
  return text;
}

}  // namespace rondo::lab::ios
