#include <string_view>

#include <fmt/format.h>

#include <rondo/lab/facts.h>
#include <rondo/lab/platforms/eos_show.h>
#include <rondo/lab/platforms/sessions.h>

namespace rondo::lab::eos {

namespace {

constexpr ConfigurationStyle style = {.indent = "   ",
                                      .separator = "!\n",
                                      .address = "ip address {prefix}",
                                      .port = "no switchport",
                                      .tells_no_shutdown = false};

std::string_view link_word(const DeviceInterface& interface) {
  if (interface.shutdown) return "admin down";
  return interface.status() == InterfaceStatus::up ? "up" : "down";
}

std::string_view protocol_word(const DeviceInterface& interface) {
  return interface.protocol_up() ? "up" : "down";
}

std::string route_line(const Route& route) {
  const std::string network = prefix_text(route.network);
  switch (route.kind) {
    case RouteKind::connected:
      return fmt::format(" C        {} is directly connected, {}\n", network, route.interface);
    case RouteKind::static_route:
      return fmt::format(" S        {} [1/0] via {}, {}\n", network, route.next_hop,
                         route.interface);
    case RouteKind::ospf:
      return fmt::format(" O        {} [110/20] via {}, {}\n", network, route.next_hop,
                         route.interface);
    case RouteKind::local:
      break;
  }
  return "";  // EOS does not show its own addresses
}

}  // namespace

std::string show_version(const Vty& vty) {
  const Router& described = vty.device.description();
  const std::string mac = dotted_mac(mac_of(vty.device, 0));
  return fmt::format(
      "Arista vEOS-lab\n"
      "Hardware version: 1.0\n"
      "Serial number: {0}\n"
      "Hardware MAC address: {1}\n"
      "System MAC address: {1}\n"
      "\n"
      "Software image version: {2}\n"
      "Architecture: x86_64\n"
      "Internal build version: {2}-rondo.lab\n"
      "Image format version: 1.0\n"
      "\n"
      "Uptime: {3}\n"
      "Total memory: 4002284 kB\n"
      "Free memory: 2801548 kB\n"
      "\n",
      serial_of(vty.device), mac, described.version, described.uptime);
}

std::string show_running_config(const Vty& vty) {
  const DeviceState state = vty.state();
  const Router& described = vty.device.description();
  return fmt::format(
      "! Command: show running-config\n"
      "! device: {0} (vEOS-lab, EOS-{1})\n"
      "!\n"
      "! boot system flash:/vEOS-lab.swi\n"
      "!\n"
      "no aaa root\n"
      "!\n"
      "username {2} privilege 15 role network-admin secret sha512 <removed>\n"
      "!\n"
      "service routing protocols model multi-agent\n"
      "!\n"
      "hostname {0}\n"
      "!\n"
      "spanning-tree mode mstp\n"
      "!\n"
      "{3}{4}ip routing\n"
      "!\n"
      "{5}end\n",
      state.hostname, described.version, described.username, vlans_text(state, style),
      interfaces_text(state, style), sections_text(state, style));
}

std::string show_inventory(const Vty& vty) {
  return fmt::format(
      "System information\n"
      "    Model                    Description\n"
      "    ------------------------ ----------------------------------------------------\n"
      "    vEOS-lab                 vEOS of the rondo lab\n"
      "\n"
      "    HW Version  Serial Number  Mfg Date   Epoch\n"
      "    ----------- -------------- ---------- -----\n"
      "    01.00       {:<14} 2021-03-02 01.00\n"
      "\n",
      serial_of(vty.device));
}

std::string show_clock(const Vty& vty) {
  const ClockParts now = clock_of(vty);
  return fmt::format("{} {} {:2} {:02}:{:02}:{:02} {}\nTimezone: UTC\nClock source: local\n",
                     now.weekday, now.month_name, now.day, now.hour, now.minute, now.second,
                     now.year);
}

std::string show_logging(const Vty& vty) {
  std::string text =
      "Syslog logging: enabled\n"
      "    Buffer logging: level debugging\n"
      "\n"
      "Log Buffer:\n";
  const std::string hostname = vty.device.hostname();
  for (const LogMessage& message : messages_of(vty)) {
    text += fmt::format(
        "{} {} Ebra: %LINEPROTO-5-UPDOWN: Line protocol on Interface {}, changed state to {}\n",
        message.time.substr(0, message.time.find('.')), hostname, message.interface,
        message.up ? "up" : "down");
  }
  return text;
}

std::string show_interfaces_description(const Vty& vty) {
  std::string text =
      fmt::format("{:<30} {:<14} {:<18} {}\n", "Interface", "Status", "Protocol", "Description");
  for (const DeviceInterface& interface : vty.state().interfaces) {
    text += fmt::format("{:<30} {:<14} {:<18} {}\n", short_name(vty.platform, interface.name()),
                        link_word(interface), protocol_word(interface), interface.description);
  }
  return text;
}

std::string show_interfaces_status(const Vty& vty) {
  std::string text =
      fmt::format("{:<10} {:<18} {:<12} {:<8} {:<6} {:<6} {:<15} {}\n", "Port", "Name", "Status",
                  "Vlan", "Duplex", "Speed", "Type", "Flags Encapsulation");
  for (const DeviceInterface& interface : vty.state().interfaces) {
    if (!is_port(vty, interface)) continue;
    const std::string_view status = interface.shutdown        ? "disabled"
                                    : interface.protocol_up() ? "connected"
                                                              : "notconnect";
    text +=
        fmt::format("{:<10} {:<18} {:<12} {:<8} {:<6} {:<6} {:<15}\n",
                    short_name(vty.platform, interface.name()), interface.description.substr(0, 18),
                    status, interface.address ? "routed" : "1", "full", "1G", "EbraTestPhyPort");
  }
  return text;
}

std::string show_ip_interface_brief(const Vty& vty) {
  std::string text = fmt::format("{:<22} {:<18} {:<10} {:<14} {:>5}\n", "Interface", "IP Address",
                                 "Status", "Protocol", "MTU");
  for (const DeviceInterface& interface : vty.state().interfaces) {
    if (!interface.address) continue;
    text += fmt::format("{:<22} {:<18} {:<10} {:<14} {:>5}\n", interface.name(),
                        prefix_text(*interface.address), link_word(interface),
                        protocol_word(interface), 1500);
  }
  return text;
}

std::string show_ip_route(const Vty& vty) {
  std::string gateway = "Gateway of last resort is not set\n";
  std::string lines;
  for (const Route& route : routes_of(vty)) {
    if (route.kind == RouteKind::static_route) {
      gateway = "Gateway of last resort:\n" + route_line(route);
    } else {
      lines += route_line(route);
    }
  }
  return fmt::format(
      "\n"
      "VRF: default\n"
      "Codes: C - connected, S - static, K - kernel, \n"
      "       O - OSPF, IA - OSPF inter area, E1 - OSPF external type 1,\n"
      "       B - Other BGP Routes, B I - iBGP, B E - eBGP, R - RIP\n"
      "\n"
      "{}\n{}\n",
      gateway, lines);
}

std::string show_ip_arp(const Vty& vty) {
  std::string text = "Address         Age (sec)  Hardware Addr   Interface\n";
  for (const ArpEntry& entry : arp_of(vty)) {
    if (entry.own) continue;
    text += fmt::format("{:<15} {:>9}  {}  {}\n", entry.address,
                        fmt::format("0:{:02}:20", entry.minutes % 60), entry.mac, entry.interface);
  }
  return text;
}

std::string show_lldp_neighbors(const Vty& vty) {
  const auto neighbors = neighbors_of(vty);
  std::string text = fmt::format(
      "Last table change time   : 1 day, 2:00:00 ago\n"
      "Number of table inserts  : {}\n"
      "Number of table deletes  : 0\n"
      "Number of table drops    : 0\n"
      "Number of table age-outs : 0\n"
      "\n"
      "Port          Neighbor Device ID       Neighbor Port ID    TTL\n"
      "---------- ------------------------ ---------------------- ---\n",
      neighbors.size());
  for (const SeenNeighbor& neighbor : neighbors) {
    text += fmt::format("{:<13} {:<24} {:<19} {}\n", short_name(vty.platform, neighbor.interface),
                        neighbor.hostname, neighbor.remote_interface, 120);
  }
  return text;
}

std::string show_lldp_neighbors_detail(const Vty& vty) {
  std::string text;
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    text += fmt::format(
        "Interface {0} detected 1 LLDP neighbors:\n"
        "\n"
        "  Neighbor {1}/\"{2}\", age 12 seconds\n"
        "  Discovered 1 day, 2:00:00 ago; Last changed 1 day, 2:00:00 ago\n"
        "  - Chassis ID type: MAC address (4)\n"
        "    Chassis ID     : {1}\n"
        "  - Port ID type: Interface name (5)\n"
        "    Port ID     : \"{2}\"\n"
        "  - Time To Live: 120 seconds\n"
        "  - System Name: \"{3}\"\n"
        "  - System Description: \"{4} of the rondo lab, version {5}\"\n"
        "  - Management Address Subtype: IPv4 (1)\n"
        "    Management Address        : {6}\n"
        "\n",
        neighbor.interface, dotted_mac(mac_of(*neighbor.device, 0)), neighbor.remote_interface,
        neighbor.hostname, neighbor.platform->hardware.model,
        neighbor.device->description().version, neighbor.address);
  }
  return text;
}

std::string show_mac_address_table(const Vty& vty) {
  std::string text =
      "          Mac Address Table\n"
      "------------------------------------------------------------------\n"
      "\n"
      "Vlan    Mac Address       Type        Ports      Moves   Last Move\n"
      "----    -----------       ----        -----      -----   ---------\n";
  const auto table = mac_table_of(vty);
  for (const MacEntry& entry : table) {
    text += fmt::format("{:>4}    {}    DYNAMIC     {:<10} 1       1 day, 2:00:00 ago\n",
                        entry.vlan, entry.mac, short_name(vty.platform, entry.interface));
  }
  return text + fmt::format("Total Mac Addresses for this criterion: {}\n", table.size());
}

std::string show_ip_bgp_summary(const Vty& vty) {
  std::string text = fmt::format(
      "BGP summary information for VRF default\n"
      "Router identifier {}, local AS number {}\n"
      "Neighbor Status Codes: m - Under maintenance\n"
      "  Neighbor         V  AS           MsgRcvd   MsgSent  InQ OutQ  Up/Down State   PfxRcd "
      "PfxAcc\n",
      router_id_of(vty.device), as_number_of(vty.device));
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    if (neighbor.address.empty()) continue;
    const unsigned prefixes = 1 + identity_of(*neighbor.device) % 9;
    text += fmt::format("  {:<16} 4  {:<12} {:>7} {:>9} {:>4} {:>4} {:>8} {:<7} {:<6} {}\n",
                        neighbor.address, as_number_of(*neighbor.device), 4120, 4118, 0, 0, "2d21h",
                        "Estab", prefixes, prefixes);
  }
  return text;
}

}  // namespace rondo::lab::eos
