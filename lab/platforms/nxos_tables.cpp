#include <string_view>

#include <fmt/format.h>

#include <rondo/lab/facts.h>
#include <rondo/lab/platforms/nxos_show.h>

namespace rondo::lab::nxos {

namespace {

constexpr std::string_view age = "1d02h";

std::string via(const Vty& vty, const Route& route) {
  const std::string interface = short_name(vty.platform, route.interface);
  switch (route.kind) {
    case RouteKind::connected:
    case RouteKind::local:
      return fmt::format("    *via {}, {}, [0/0], {}, {}\n", format_ipv4(route.own), interface, age,
                         route.kind == RouteKind::local ? "local" : "direct");
    case RouteKind::static_route:
      return fmt::format("    *via {}, {}, [1/0], {}, static\n", route.next_hop, interface, age);
    case RouteKind::ospf:
      break;
  }
  return fmt::format("    *via {}, {}, [110/41], {}, ospf-1, intra\n", route.next_hop, interface,
                     age);
}

}  // namespace

std::string show_ip_route(const Vty& vty) {
  std::string text =
      "IP Route Table for VRF \"default\"\n"
      "'*' denotes best ucast next-hop\n"
      "'**' denotes best mcast next-hop\n"
      "'[x/y]' denotes [preference/metric]\n"
      "'%<string>' in via output denotes VRF <string>\n"
      "\n";
  for (const Route& route : routes_of(vty)) {
    text += fmt::format("{}, ubest/mbest: 1/0{}\n{}", prefix_text(route.network),
                        route.next_hop.empty() ? ", attached" : "", via(vty, route));
  }
  return text;
}

std::string show_ip_arp(const Vty& vty) {
  std::string lines;
  unsigned count = 0;
  for (const ArpEntry& entry : arp_of(vty)) {
    if (entry.own) continue;
    ++count;
    lines += fmt::format("{:<15} 00:{:02}:{:02}  {}  {}\n", entry.address, entry.minutes % 60, 20,
                         entry.mac, entry.interface);
  }
  return fmt::format(
      "\n"
      "Flags: * - Adjacencies learnt on non-active FHRP router\n"
      "       + - Adjacencies synced via CFSoE\n"
      "       # - Adjacencies Throttled for Glean\n"
      "       D - Static Adjacencies attached to down interface\n"
      "\n"
      "IP ARP Table for context default\n"
      "Total number of entries: {}\n"
      "Address         Age       MAC Address     Interface       Flags\n"
      "{}",
      count, lines);
}

std::string show_cdp_neighbors(const Vty& vty) {
  std::string text =
      "Capability Codes: R - Router, T - Trans-Bridge, B - Source-Route-Bridge\n"
      "                  S - Switch, H - Host, I - IGMP, r - Repeater,\n"
      "                  V - VoIP-Phone, D - Remotely-Managed-Device,\n"
      "                  s - Supports-STP-Dispute\n"
      "\n"
      "Device-ID          Local Intrfce  Hldtme Capability  Platform      Port ID\n";
  const auto neighbors = neighbors_of(vty);
  for (const SeenNeighbor& neighbor : neighbors) {
    text += fmt::format("{:<18} {:<14} {:<6} {:<11} {:<13} {}\n", neighbor.hostname,
                        short_name(vty.platform, neighbor.interface),
                        120 + identity_of(*neighbor.device) % 60, "R S",
                        neighbor.platform->hardware.model,
                        short_name(*neighbor.platform, neighbor.remote_interface));
  }
  return text + fmt::format("\nTotal entries displayed: {}\n", neighbors.size());
}

std::string show_cdp_neighbors_detail(const Vty& vty) {
  std::string text;
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    text += fmt::format(
        "----------------------------------------\n"
        "Device ID:{0}({1})\n"
        "System Name: {0}\n"
        "\n"
        "Interface address(es):\n"
        "    IPv4 Address: {2}\n"
        "Platform: {3}, Capabilities: Router Switch\n"
        "Interface: {4}, Port ID (outgoing port): {5}\n"
        "Holdtime: {6} sec\n"
        "\n"
        "Version:\n"
        "Software of the rondo lab, Version {7}\n"
        "\n"
        "Advertisement Version: 2\n"
        "Mgmt address(es):\n"
        "    IPv4 Address: {2}\n"
        "\n",
        neighbor.hostname, serial_of(*neighbor.device), neighbor.address,
        neighbor.platform->hardware.model, neighbor.interface, neighbor.remote_interface,
        120 + identity_of(*neighbor.device) % 60, neighbor.device->description().version);
  }
  return text;
}

std::string show_lldp_neighbors(const Vty& vty) {
  std::string text =
      "Capability codes:\n"
      "  (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n"
      "  (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n"
      "Device ID            Local Intf      Hold-time  Capability  Port ID  \n";
  const auto neighbors = neighbors_of(vty);
  for (const SeenNeighbor& neighbor : neighbors) {
    text += fmt::format("{:<20} {:<15} {:<10} {:<11} {}\n", neighbor.hostname,
                        short_name(vty.platform, neighbor.interface), 120, "BR",
                        neighbor.remote_interface);
  }
  return text + fmt::format("Total entries displayed: {}\n", neighbors.size());
}

std::string show_mac_address_table(const Vty& vty) {
  std::string text =
      "Legend: \n"
      "        * - primary entry, G - Gateway MAC, (R) - Routed MAC, O - Overlay MAC\n"
      "        age - seconds since last seen,+ - primary entry using vPC Peer-Link,\n"
      "        (T) - True, (F) - False, C - ControlPlane MAC, ~ - vsan\n"
      "   VLAN     MAC Address      Type      age     Secure NTFY Ports\n"
      "---------+-----------------+--------+---------+------+----+------------------\n";
  for (const MacEntry& entry : mac_table_of(vty)) {
    text += fmt::format("* {:>4}     {}   dynamic  0         F      F    {}\n", entry.vlan,
                        entry.mac, short_name(vty.platform, entry.interface));
  }
  return text;
}

std::string show_ip_bgp_summary(const Vty& vty) {
  std::string lines;
  unsigned peers = 0;
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    if (neighbor.address.empty()) continue;
    ++peers;
    lines += fmt::format("{:<15} 4 {:>5} {:>7} {:>7} {:>8} {:>4} {:>4} {:>8} {}\n",
                         neighbor.address, as_number_of(*neighbor.device), 4120, 4118, 7, 0, 0,
                         "2d21h", 1 + identity_of(*neighbor.device) % 9);
  }
  return fmt::format(
      "BGP summary information for VRF default, address family IPv4 Unicast\n"
      "BGP router identifier {0}, local AS number {1}\n"
      "BGP table version is 7, IPv4 Unicast config peers {2}, capable peers {2}\n"
      "2 network entries and 2 paths using 488 bytes of memory\n"
      "BGP attribute entries [1/164], BGP AS path entries [0/0]\n"
      "BGP community entries [0/0], BGP clusterlist entries [0/0]\n"
      "\n"
      "Neighbor        V    AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n"
      "{3}",
      router_id_of(vty.device), as_number_of(vty.device), peers, lines);
}

}  // namespace rondo::lab::nxos
