#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/facts.h>
#include <rondo/lab/platforms/ios_show.h>

namespace rondo::lab::ios {

namespace {

std::string_view status_word(InterfaceStatus status, std::string_view when_shut) {
  switch (status) {
    case InterfaceStatus::up:
      return "up";
    case InterfaceStatus::down:
      return "down";
    case InterfaceStatus::administratively_down:
      break;
  }
  return when_shut;
}

std::string_view method_word(AddressMethod method) {
  switch (method) {
    case AddressMethod::nvram:
      return "NVRAM";
    case AddressMethod::manual:
      return "manual";
    case AddressMethod::unset:
      break;
  }
  return "unset";
}

std::string interface_configuration(const DeviceInterface& interface) {
  std::string text = fmt::format("interface {}\n", interface.name());
  if (!interface.description.empty()) {
    text += fmt::format(" description {}\n", interface.description);
  }
  if (interface.address) {
    text += fmt::format(" ip address {} {}\n", format_ipv4(interface.address->address),
                        format_ipv4(mask_of(interface.address->prefix_length)));
  } else {
    text += " no ip address\n";
  }
  for (const std::string& line : interface.lines)
    text += " " + line + "\n";
  if (interface.shutdown) text += " shutdown\n";
  if (interface.kind().ends_with("Ethernet")) text += " duplex auto\n speed auto\n";
  return text + "!\n";
}

// What was configured and is kept as it was typed, and the VLANs.
std::string other_configuration(const DeviceState& state) {
  std::string text;
  for (const Vlan& vlan : state.vlans) {
    if (vlan.number != 1) text += fmt::format("vlan {}\n name {}\n!\n", vlan.number, vlan.name);
  }
  for (const ConfigurationSection& section : state.sections) {
    const bool top = section.header.empty();
    if (!top) text += section.header + "\n";
    for (const std::string& line : section.lines)
      text += (top ? "" : " ") + line + "\n";
    text += "!\n";
  }
  return text;
}

// Of "15.2(4)M1", what the first line of a configuration says: "15.2".
std::string_view release(std::string_view version) {
  return version.substr(0, version.find('('));
}

}  // namespace

std::string show_ip_interface_brief(const Vty& vty) {
  std::string text = fmt::format("{:<26} {:<15} OK? Method {:<21} {}\n", "Interface", "IP-Address",
                                 "Status", "Protocol");
  for (const DeviceInterface& interface : vty.state().interfaces) {
    text += fmt::format("{:<26} {:<15} YES {:<6} {:<21} {:<8}\n", interface.name(),
                        interface.address ? format_ipv4(interface.address->address) : "unassigned",
                        method_word(interface.method),
                        status_word(interface.status(), "administratively down"),
                        interface.protocol_up() ? "up" : "down");
  }
  return text;
}

std::string show_interfaces_description(const Vty& vty) {
  std::string text =
      fmt::format("{:<30} {:<14} {:<8} {}\n", "Interface", "Status", "Protocol", "Description");
  for (const DeviceInterface& interface : vty.state().interfaces) {
    text += fmt::format("{:<30} {:<14} {:<8} {}\n", short_name(vty.platform, interface.name()),
                        status_word(interface.status(), "admin down"),
                        interface.protocol_up() ? "up" : "down", interface.description);
  }
  return text;
}

std::string show_running_config(const Vty& vty) {
  const Router& described = vty.device.description();
  const DeviceState state = vty.state();
  std::string text = fmt::format(
      "!\n"
      "version {}\n"
      "service timestamps debug datetime msec\n"
      "service timestamps log datetime msec\n"
      "no service password-encryption\n"
      "!\n"
      "hostname {}\n"
      "!\n"
      "enable secret 5 <removed>\n"
      "!\n"
      "no aaa new-model\n"
      "!\n"
      "no ip domain lookup\n"
      "ip cef\n"
      "!\n"
      "username {} password 0 <removed>\n"
      "!\n",
      release(described.version), state.hostname, described.username);
  for (const DeviceInterface& interface : state.interfaces) {
    text += interface_configuration(interface);
  }
  text +=
      "ip forward-protocol nd\n"
      "!\n"
      "no ip http server\n"
      "!\n";
  text += other_configuration(state);
  text += fmt::format(
      "line con 0\n"
      "line vty 0 4\n"
      " login local\n"
      " transport input {}\n"
      "!\n"
      "end\n",
      described.transport == Transport::ssh ? "ssh" : "telnet");
  return fmt::format("Building configuration...\n\nCurrent configuration : {} bytes\n{}\n",
                     text.size(), text);
}

std::string show_version(const Vty& vty) {
  const Router& described = vty.device.description();
  const auto interfaces = vty.state().interfaces;
  const auto count = [&](std::string_view kind) {
    return std::ranges::count(interfaces, kind, &DeviceInterface::kind);
  };
  std::string text = fmt::format(
      "Cisco IOS Software, C2900 Software (C2900-UNIVERSALK9-M), Version {}, RELEASE SOFTWARE "
      "(fc1)\n"
      "This is a virtual router of the rondo lab; no Cisco software runs here.\n"
      "\n"
      "ROM: System Bootstrap, Version 15.0(1r)M15, RELEASE SOFTWARE (fc1)\n"
      "\n"
      "{} uptime is {}\n"
      "System returned to ROM by power-on\n"
      "System image file is \"flash0:c2900-universalk9-mz.SPA.bin\"\n"
      "Last reload type: Normal Reload\n"
      "\n"
      "Cisco CISCO2911/K9 (revision 1.0) with 483328K/40960K bytes of memory.\n"
      "Processor board ID LAB{:08X}\n",
      described.version, vty.device.hostname(), described.uptime,
      parse_ipv4(described.address).value_or(0));
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kinds = {{
      {"FastEthernet", "FastEthernet"},
      {"GigabitEthernet", "Gigabit Ethernet"},
      {"TenGigabitEthernet", "Ten Gigabit Ethernet"},
      {"Serial", "Serial(sync/async)"},
  }};
  for (const auto& [kind, words] : kinds) {
    const auto interfaces_of_kind = count(kind);
    if (interfaces_of_kind == 0) continue;
    text += fmt::format("{} {} interface{}\n", interfaces_of_kind, words,
                        interfaces_of_kind == 1 ? "" : "s");
  }
  return text +
         "255K bytes of non-volatile configuration memory.\n"
         "250880K bytes of ATA System CompactFlash 0 (Read/Write)\n"
         "\n"
         "Configuration register is 0x2102\n"
         "\n";
}

std::string show_clock(const Vty& vty) {
  const ClockParts now = clock_of(vty);
  // The asterisk is IOS's word for a clock that no time server has set.
  return fmt::format("*{:02}:{:02}:{:02}.{:03} UTC {} {} {} {}\n", now.hour, now.minute, now.second,
                     now.milliseconds, now.weekday, now.month_name, now.day, now.year);
}

std::string show_inventory(const Vty& vty) {
  std::string text = fmt::format(
      "NAME: \"Chassis\", DESCR: \"CISCO2911 chassis of the rondo lab\"\n"
      "PID: CISCO2911/K9      , VID: V01  , SN: {}\n"
      "\n",
      serial_of(vty.device));
  unsigned number = 0;
  for (const DeviceInterface& interface : vty.state().interfaces) {
    if (!is_port(vty, interface)) continue;
    text += fmt::format(
        "NAME: \"{}\", DESCR: \"SFP transceiver\"\n"
        "PID: GLC-T             , VID: V03  , SN: {}{:02}\n"
        "\n",
        interface.name(), serial_of(vty.device), ++number);
  }
  return text;
}

std::string show_interfaces(const Vty& vty) {
  std::string text;
  unsigned index = 0;
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const std::string mac = dotted_mac(mac_of(vty.device, ++index));
    const bool is_up = interface.status() == InterfaceStatus::up;
    text += fmt::format("{} is {}, line protocol is {}\n", interface.name(),
                        status_word(interface.status(), "administratively down"),
                        interface.protocol_up() ? "up" : "down");
    text += interface.kind().ends_with("Ethernet")
                ? fmt::format("  Hardware is CN Gigabit Ethernet, address is {0} (bia {0})\n", mac)
                : fmt::format("  Hardware is {}\n", interface.kind());
    if (!interface.description.empty()) {
      text += fmt::format("  Description: {}\n", interface.description);
    }
    if (interface.address) {
      text += fmt::format("  Internet address is {}\n", prefix_text(*interface.address));
    }
    const unsigned packets = is_up ? 1000 + index * 37 : 0;
    text += fmt::format(
        "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec,\n"
        "     reliability 255/255, txload 1/255, rxload 1/255\n"
        "  Encapsulation ARPA, loopback not set\n"
        "  Last input {0}, output {0}, output hang never\n"
        "  Queueing strategy: fifo\n"
        "  5 minute input rate 0 bits/sec, 0 packets/sec\n"
        "  5 minute output rate 0 bits/sec, 0 packets/sec\n"
        "     {1} packets input, {2} bytes, 0 no buffer\n"
        "     0 runts, 0 giants, 0 throttles\n"
        "     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored\n"
        "     {1} packets output, {2} bytes, 0 underruns\n"
        "     0 output errors, 0 collisions, 1 interface resets\n",
        is_up ? "00:00:01" : "never", packets, packets * 90);
  }
  return text;
}

std::string show_logging(const Vty& vty) {
  std::string text =
      "Syslog logging: enabled (0 messages dropped, 0 messages rate-limited)\n"
      "\n"
      "    Console logging: disabled\n"
      "    Monitor logging: level debugging, 0 messages logged\n"
      "    Buffer logging:  level debugging, 8192 bytes\n"
      "\n"
      "Log Buffer (8192 bytes):\n"
      "\n";
  for (const LogMessage& message : messages_of(vty)) {
    text += fmt::format("*{}: %LINK-3-UPDOWN: Interface {}, changed state to {}\n", message.time,
                        message.interface, message.up ? "up" : "down");
  }
  return text;
}

}  // namespace rondo::lab::ios
