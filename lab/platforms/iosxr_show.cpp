#include <string_view>

#include <fmt/format.h>

#include <rondo/lab/facts.h>
#include <rondo/lab/platforms/iosxr_show.h>
#include <rondo/lab/platforms/sessions.h>

namespace rondo::lab::iosxr {

namespace {

constexpr ConfigurationStyle style = {.indent = " ",
                                      .separator = "!\n",
                                      .address = "ipv4 address {address} {mask}",
                                      .port = "",
                                      .tells_no_shutdown = false};

constexpr std::string_view rule =
    "-------------------------------------------------------------------------------\n";

std::string route_line(const Route& route) {
  const std::string network = prefix_text(route.network);
  switch (route.kind) {
    case RouteKind::connected:
      return fmt::format("C    {} is directly connected, 1d02h, {}\n", network, route.interface);
    case RouteKind::local:
      return fmt::format("L    {} is directly connected, 1d02h, {}\n", network, route.interface);
    case RouteKind::static_route:
      return fmt::format("S*   {} [1/0] via {}, 1d02h\n", network, route.next_hop);
    case RouteKind::ospf:
      break;
  }
  return fmt::format("O    {} [110/2] via {}, 1d02h, {}\n", network, route.next_hop,
                     route.interface);
}

}  // namespace

std::string stamp(const Vty& vty) {
  const ClockParts now = clock_of(vty);
  return fmt::format("{} {} {:2} {:02}:{:02}:{:02}.{:03} UTC\n", now.weekday, now.month_name,
                     now.day, now.hour, now.minute, now.second, now.milliseconds);
}

std::string show_version(const Vty& vty) {
  const Router& described = vty.device.description();
  return fmt::format(
      "Cisco IOS XR Software, Version {0}\n"
      "Copyright: this is a virtual router of the rondo lab; no Cisco software runs here.\n"
      "\n"
      "Build Information:\n"
      " Built By     : rondo\n"
      " Built On     : Tue Mar  2 15:49:32 UTC 2021\n"
      " Built Host   : lab\n"
      " Workspace    : /rondo/lab\n"
      " Version      : {0}\n"
      " Location     : /opt/rondo/lab\n"
      " Label        : {0}\n"
      "\n"
      "cisco NCS-5500 () processor\n"
      "System uptime is {1}\n"
      "\n",
      described.version, described.uptime);
}

std::string show_running_config(const Vty& vty) {
  const DeviceState state = vty.device.state();  // what is not committed does not run
  const Router& described = vty.device.description();
  return fmt::format(
      "Building configuration...\n"
      "!! IOS XR Configuration {}\n"
      "!\n"
      "hostname {}\n"
      "username {}\n"
      " group root-lr\n"
      " secret 10 <removed>\n"
      "!\n"
      "cdp\n"
      "lldp\n"
      "!\n"
      "{}{}end\n"
      "\n",
      described.version, state.hostname, described.username, interfaces_text(state, style),
      sections_text(state, style));
}

std::string show_inventory(const Vty& vty) {
  return fmt::format(
      "NAME: \"Rack 0\", DESCR: \"NCS 5500 chassis of the rondo lab\"\n"
      "PID: NCS-5501          , VID: V01, SN: {0}\n"
      "\n"
      "NAME: \"0/RP0\", DESCR: \"NCS 5501 Route Processor\"\n"
      "PID: NCS-5501          , VID: V01, SN: {0}01\n"
      "\n",
      serial_of(vty.device));
}

std::string show_platform(const Vty&) {
  return "Node              Type                       State             Config state\n"
         "--------------------------------------------------------------------------------\n"
         "0/RP0/CPU0        NCS-5501(Active)           IOS XR RUN        NSHUT\n"
         "0/FT0             NCS-1RU-FAN-FW             OPERATIONAL       NSHUT\n";
}

std::string show_clock(const Vty& vty) {
  const ClockParts now = clock_of(vty);
  return fmt::format("{:02}:{:02}:{:02}.{:03} UTC {} {} {} {}\n", now.hour, now.minute, now.second,
                     now.milliseconds, now.weekday, now.month_name, now.day, now.year);
}

std::string show_logging(const Vty& vty) {
  std::string text =
      "Syslog logging: enabled (0 messages dropped, 0 flushes, 0 overruns)\n"
      "    Console logging: Disabled\n"
      "    Buffer logging: level debugging, 2097152 bytes\n"
      "\n"
      "Log Buffer (2097152 bytes):\n"
      "\n";
  for (const LogMessage& message : messages_of(vty)) {
    text += fmt::format(
        "RP/0/RP0/CPU0:{} UTC: ifmgr[381]: %PKT_INFRA-LINK-3-UPDOWN : Interface {}, changed state "
        "to {} \n",
        message.time, message.interface, message.up ? "Up" : "Down");
  }
  return text;
}

std::string show_interfaces_description(const Vty& vty) {
  std::string text = fmt::format("\n{:<18} {:<11} {:<11} {}\n{}", "Interface", "Status", "Protocol",
                                 "Description", rule);
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const std::string_view status = interface.shutdown                          ? "admin-down"
                                    : interface.status() == InterfaceStatus::up ? "up"
                                                                                : "down";
    text +=
        fmt::format("{:<18} {:<11} {:<11} {}\n", short_name(vty.platform, interface.name()), status,
                    interface.shutdown        ? "admin-down"
                    : interface.protocol_up() ? "up"
                                              : "down",
                    interface.description);
  }
  return text;
}

std::string show_ip_interface_brief(const Vty& vty) {
  std::string text = fmt::format("\n{:<30} {:<15} {:<15} {} {}\n", "Interface", "IP-Address",
                                 "Status", "Protocol", "Vrf-Name");
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const std::string_view status = interface.shutdown                          ? "Shutdown"
                                    : interface.status() == InterfaceStatus::up ? "Up"
                                                                                : "Down";
    text += fmt::format("{:<30} {:<15} {:<15} {:<8} {:<8}\n", interface.name(),
                        address_text(interface, "unassigned"), status,
                        interface.protocol_up() ? "Up" : "Down", "default");
  }
  return text;
}

std::string show_route(const Vty& vty) {
  std::string gateway = "not set";
  std::string lines;
  for (const Route& route : routes_of(vty)) {
    if (route.kind == RouteKind::static_route) gateway = route.next_hop + " to network 0.0.0.0";
    lines += route_line(route);
  }
  return fmt::format(
      "\n"
      "Codes: C - connected, S - static, R - RIP, B - BGP, (>) - Diversion path\n"
      "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area\n"
      "       i - ISIS, L1 - IS-IS level-1, L2 - IS-IS level-2\n"
      "       L - local, G - DAGR, l - LISP\n"
      "\n"
      "Gateway of last resort is {}\n"
      "\n"
      "{}",
      gateway, lines);
}

std::string show_arp(const Vty& vty) {
  std::string text = fmt::format(
      "\n{0}0/RP0/CPU0\n{0}Address         Age        Hardware Addr   State      Type  Interface\n",
      rule);
  for (const ArpEntry& entry : arp_of(vty)) {
    text += fmt::format("{:<15} {:<10} {}  {:<10} ARPA  {}\n", entry.address,
                        entry.own ? "-" : fmt::format("00:{:02}:20", entry.minutes % 60), entry.mac,
                        entry.own ? "Interface" : "Dynamic", entry.interface);
  }
  return text;
}

std::string show_cdp_neighbors(const Vty& vty) {
  std::string text =
      "Capability Codes: R - Router, T - Trans Bridge, B - Source Route Bridge\n"
      "                  S - Switch, H - Host, I - IGMP, r - Repeater\n"
      "\n"
      "Device ID       Local Intrfce    Holdtme Capability Platform  Port ID\n";
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    text += fmt::format("{:<15} {:<16} {:<7} {:<10} {:<9} {}\n", neighbor.hostname,
                        short_name(vty.platform, neighbor.interface),
                        120 + identity_of(*neighbor.device) % 60, "R",
                        neighbor.platform->hardware.model,
                        short_name(*neighbor.platform, neighbor.remote_interface));
  }
  return text;
}

std::string show_cdp_neighbors_detail(const Vty& vty) {
  std::string text;
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    text += fmt::format(
        "\n-------------------------\n"
        "Device ID: {0}\n"
        "SysName : {0}\n"
        "Entry address(es): \n"
        "  IPv4 address: {1}\n"
        "Platform: {2},  Capabilities: Router \n"
        "Interface: {3}\n"
        "Port ID (outgoing port): {4}\n"
        "Holdtime : {5} sec\n"
        "\n"
        "Version :\n"
        "Software of the rondo lab, Version {6}\n"
        "\n"
        "advertisement version: 2\n"
        "Duplex: full\n",
        neighbor.hostname, neighbor.address, neighbor.platform->hardware.model, neighbor.interface,
        neighbor.remote_interface, 120 + identity_of(*neighbor.device) % 60,
        neighbor.device->description().version);
  }
  return text;
}

std::string show_lldp_neighbors(const Vty& vty) {
  std::string text =
      "Capability codes:\n"
      "        (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n"
      "        (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n"
      "\n"
      "Device ID       Local Intf               Hold-time  Capability      Port ID\n";
  const auto neighbors = neighbors_of(vty);
  for (const SeenNeighbor& neighbor : neighbors) {
    text += fmt::format("{:<15} {:<24} {:<10} {:<15} {}\n", neighbor.hostname, neighbor.interface,
                        120, "R", neighbor.remote_interface);
  }
  return text + fmt::format("\nTotal entries displayed: {}\n", neighbors.size());
}

std::string show_bgp_summary(const Vty& vty) {
  std::string text = fmt::format(
      "BGP router identifier {}, local AS number {}\n"
      "BGP generic scan interval 60 secs\n"
      "BGP main routing table version 7\n"
      "\n"
      "Process       RcvTblVer   bRIB/RIB   LabelVer  ImportVer  SendTblVer  StandbyVer\n"
      "Speaker               7          7          7          7           7           0\n"
      "\n"
      "Neighbor        Spk    AS MsgRcvd MsgSent   TblVer  InQ OutQ  Up/Down  St/PfxRcd\n",
      router_id_of(vty.device), as_number_of(vty.device));
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    if (neighbor.address.empty()) continue;
    text += fmt::format("{:<15} {:>3} {:>5} {:>7} {:>7} {:>8} {:>4} {:>4} {:>8} {:>10}\n",
                        neighbor.address, 0, as_number_of(*neighbor.device), 4120, 4118, 7, 0, 0,
                        "2d21h", 1 + identity_of(*neighbor.device) % 9);
  }
  return text;
}

}  // namespace rondo::lab::iosxr
