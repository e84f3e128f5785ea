#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <rondo/lab/facts.h>
#include <rondo/lab/platforms/junos_show.h>

namespace rondo::lab::junos {

namespace {

std::string colons(const std::string& dotted) {
  std::string text;
  for (const char c : dotted) {
    if (c == '.') continue;
    if (text.size() % 3 == 2) text += ':';
    text += c;
  }
  return text;
}

std::string route_text(const Route& route) {
  const std::string network = prefix_text(route.network);
  constexpr std::string_view age = "1d 02:40:07";
  const auto line = [&](std::string_view protocol, std::string_view metric) {
    return fmt::format("{:<18} *[{}] {}{}\n", network, protocol, age, metric);
  };
  switch (route.kind) {
    case RouteKind::connected:
      return line("Direct/0", "") +
             fmt::format("                    >  via {}.0\n", route.interface);
    case RouteKind::local:
      return line("Local/0", "") +
             fmt::format("                       Local via {}.0\n", route.interface);
    case RouteKind::static_route:
      return line("Static/5", "") + fmt::format("                    >  to {} via {}.0\n",
                                                route.next_hop, route.interface);
    case RouteKind::ospf:
      break;
  }
  return line("OSPF/10", ", metric 1") +
         fmt::format("                    >  to {} via {}.0\n", route.next_hop, route.interface);
}

}  // namespace

std::string show_version(const Vty& vty) {
  const std::string& version = vty.device.description().version;
  return fmt::format(
      "Hostname: {}\n"
      "Model: vmx\n"
      "Junos: {}\n"
      "JUNOS OS Kernel 64-bit of the rondo lab [{}]\n"
      "JUNOS Online Documentation [{}]\n",
      vty.device.hostname(), version, version, version);
}

std::string show_chassis_hardware(const Vty& vty) {
  return fmt::format(
      "Hardware inventory:\n"
      "Item             Version  Part number  Serial number     Description\n"
      "Chassis                                {0:<17} VMX\n"
      "Midplane        \n"
      "Routing Engine 0                                         RE-VMX\n"
      "CB 0                                                     VMX SCB\n"
      "FPC 0                                                    Virtual FPC\n"
      "  CPU            Rev. 1.0 RIOT-LITE    BUILTIN          \n"
      "  MIC 0                                                  Virtual\n"
      "    PIC 0                 BUILTIN      BUILTIN           Virtual\n",
      serial_of(vty.device));
}

std::string show_system_uptime(const Vty& vty) {
  const ClockParts now = clock_of(vty);
  const std::string time = fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02} UTC", now.year, now.month,
                                       now.day, now.hour, now.minute, now.second);
  return fmt::format(
      "Current time: {}\n"
      "Time Source:  LOCAL CLOCK \n"
      "System booted: 2021-03-01 13:09:25 UTC ({} ago)\n"
      "Protocols started: 2021-03-01 13:10:01 UTC ({} ago)\n",
      time, vty.device.description().uptime, vty.device.description().uptime);
}

std::string show_log_messages(const Vty& vty) {
  std::string text;
  unsigned number = 500;
  for (const LogMessage& message : messages_of(vty)) {
    text += fmt::format("{}  {} mib2d[5318]: SNMP_TRAP_LINK_{}: ifIndex {}, ifName {}\n",
                        message.time.substr(0, message.time.find('.')), vty.device.hostname(),
                        message.up ? "UP" : "DOWN", ++number, message.interface);
  }
  return text;
}

std::string show_interfaces_terse(const Vty& vty) {
  std::string text = "Interface               Admin Link Proto    Local                 Remote\n";
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const std::string_view admin = interface.shutdown ? "down" : "up";
    const std::string_view link = interface.protocol_up() ? "up" : "down";
    text += fmt::format("{:<23} {:<5} {}\n", interface.name(), admin, link);
    if (!interface.address) continue;
    text += fmt::format("{:<23} {:<5} {:<4} {:<8} {:<21} \n", interface.name() + ".0", admin, link,
                        "inet", prefix_text(*interface.address));
  }
  return text;
}

std::string show_interfaces_descriptions(const Vty& vty) {
  std::string text = "Interface       Admin Link Description\n";
  for (const DeviceInterface& interface : vty.state().interfaces) {
    if (interface.description.empty()) continue;
    text +=
        fmt::format("{:<15} {:<5} {:<4} {}\n", interface.name(), interface.shutdown ? "down" : "up",
                    interface.protocol_up() ? "up" : "down", interface.description);
  }
  return text;
}

std::string show_route(const Vty& vty) {
  const auto routes = routes_of(vty);
  std::string text = fmt::format(
      "\n"
      "inet.0: {0} destinations, {0} routes ({0} active, 0 holddown, 0 hidden)\n"
      "+ = Active Route, - = Last Active, * = Both\n"
      "\n",
      routes.size());
  for (const Route& route : routes)
    text += route_text(route);
  return text;
}

std::string show_arp(const Vty& vty) {
  std::string text = "MAC Address       Address         Interface                Flags\n";
  unsigned count = 0;
  for (const ArpEntry& entry : arp_of(vty)) {
    if (entry.own) continue;
    ++count;
    text += fmt::format("{:<17} {:<15} {:<24} none\n", colons(entry.mac), entry.address,
                        entry.interface + ".0");
  }
  return text + fmt::format("Total entries: {}\n", count);
}

std::string show_lldp_neighbors(const Vty& vty) {
  std::string text =
      "Local Interface    Parent Interface    Chassis Id          Port info          System Name\n";
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    text += fmt::format("{:<18} {:<19} {:<19} {:<18} {}\n", neighbor.interface, "-",
                        colon_mac(mac_of(*neighbor.device, 0)), neighbor.remote_interface,
                        neighbor.hostname);
  }
  return text;
}

std::string show_vlans(const Vty& vty) {
  std::string text = "\nRouting instance        VLAN name             Tag          Interfaces\n";
  const auto table = mac_table_of(vty);
  for (const Vlan& vlan : vty.state().vlans) {
    text += fmt::format("{:<23} {:<21} {:<12} \n", "default-switch", vlan.name, vlan.number);
    for (const MacEntry& entry : table) {
      if (entry.vlan == vlan.number) text += fmt::format("{:59}{}.0*\n", "", entry.interface);
    }
  }
  return text;
}

std::string show_ethernet_switching_table(const Vty& vty) {
  const auto table = mac_table_of(vty);
  const auto vlans = vty.state().vlans;
  std::string text = fmt::format(
      "\n"
      "MAC flags (S - static MAC, D - dynamic MAC, L - locally learned, P - Persistent static\n"
      "           SE - statistics enabled, NM - non configured MAC, R - remote PE MAC, O - ovsdb "
      "MAC)\n"
      "\n"
      "\n"
      "Ethernet switching table : {0} entries, {0} learned\n"
      "Routing instance : default-switch\n"
      "   Vlan                MAC                 MAC      Logical                Active\n"
      "   name                address             flags    interface              source\n",
      table.size());
  for (const MacEntry& entry : table) {
    const auto vlan = std::ranges::find(vlans, entry.vlan, &Vlan::number);
    text +=
        fmt::format("   {:<19} {:<19} {:<8} {:<22}\n", vlan == vlans.end() ? "default" : vlan->name,
                    colons(entry.mac), "D", entry.interface + ".0");
  }
  return text;
}

std::string show_bgp_summary(const Vty& vty) {
  std::string lines;
  unsigned peers = 0;
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    if (neighbor.address.empty()) continue;
    ++peers;
    const unsigned prefixes = 1 + identity_of(*neighbor.device) % 9;
    lines += fmt::format("{:<21} {:>5} {:>10} {:>10} {:>7} {:>7} {:>12} {}\n", neighbor.address,
                         as_number_of(*neighbor.device), 4120, 4118, 0, 0, "2d 21:07:43",
                         fmt::format("{0}/{0}/{0}/0              0/0/0/0", prefixes));
  }
  return fmt::format(
      "Groups: 1 Peers: {} Down peers: 0\n"
      "Table          Tot Paths  Act Paths Suppressed    History Damp State    Pending\n"
      "inet.0               \n"
      "                       3          3          0          0          0          0\n"
      "Peer                     AS      InPkt     OutPkt    OutQ   Flaps Last Up/Dwn "
      "State|#Active/Received/Accepted/Damped...\n"
      "{}",
      peers, lines);
}

std::string show_ospf_neighbor(const Vty& vty) {
  std::string text =
      "Address          Interface              State           ID               Pri  Dead\n";
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    if (neighbor.address.empty()) continue;
    text += fmt::format("{:<16} {:<22} {:<15} {:<16} {:>3} {:>5}\n", neighbor.address,
                        neighbor.interface + ".0", "Full", router_id_of(*neighbor.device), 128, 34);
  }
  return text;
}

}  // namespace rondo::lab::junos
