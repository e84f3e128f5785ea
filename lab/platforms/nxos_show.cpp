#include <string_view>

#include <fmt/format.h>

#include <rondo/lab/facts.h>
#include <rondo/lab/platforms/nxos_show.h>
#include <rondo/lab/platforms/sessions.h>

namespace rondo::lab::nxos {

namespace {

constexpr ConfigurationStyle style = {.indent = "  ",
                                      .separator = "\n",
                                      .address = "ip address {prefix}",
                                      .port = "no switchport",
                                      .tells_no_shutdown = true};

constexpr std::string_view rule =
    "--------------------------------------------------------------------------------\n";

std::string_view up_or_down(const DeviceInterface& interface) {
  return interface.protocol_up() ? "up" : "down";
}

std::string_view reason(const DeviceInterface& interface) {
  if (interface.shutdown) return "Administratively down";
  return interface.protocol_up() ? "none" : "Link not connected";
}

std::string description_or_dashes(const DeviceInterface& interface) {
  return interface.description.empty() ? "--" : interface.description;
}

bool is_management(const Vty& vty, const DeviceInterface& interface) {
  return interface.name() == vty.platform.hardware.management;
}

}  // namespace

std::string show_version(const Vty& vty) {
  const Router& described = vty.device.description();
  return fmt::format(
      "Cisco Nexus Operating System (NX-OS) Software\n"
      "This is a virtual switch of the rondo lab; no Cisco software runs here.\n"
      "\n"
      "Software\n"
      "  BIOS: version 07.69\n"
      "  NXOS: version {}\n"
      "  NXOS image file is: bootflash:///nxos.lab.bin\n"
      "\n"
      "Hardware\n"
      "  cisco Nexus9000 C9300v Chassis \n"
      "  Intel(R) CPU with 8192000 kB of memory.\n"
      "  Processor Board ID {}\n"
      "\n"
      "  Device name: {}\n"
      "  bootflash:    4287040 kB\n"
      "Kernel uptime is {}\n"
      "\n"
      "Last reset \n"
      "  Reason: Unknown\n"
      "  System version: \n"
      "  Service: \n"
      "\n",
      described.version, serial_of(vty.device), vty.device.hostname(), described.uptime);
}

std::string show_running_config(const Vty& vty) {
  const DeviceState state = vty.state();
  const Router& described = vty.device.description();
  const ClockParts now = clock_of(vty);
  return fmt::format(
      "\n"
      "!Command: show running-config\n"
      "!Time: {} {} {:2} {:02}:{:02}:{:02} {}\n"
      "\n"
      "version {} Bios:version 07.69\n"
      "hostname {}\n"
      "\n"
      "feature telnet\n"
      "feature lldp\n"
      "\n"
      "username {} password 5 <removed>  role network-admin\n"
      "no ip domain-lookup\n"
      "\n"
      "{}{}{}"
      "line console\n"
      "line vty\n"
      "\n",
      now.weekday, now.month_name, now.day, now.hour, now.minute, now.second, now.year,
      described.version, state.hostname, described.username, vlans_text(state, style),
      interfaces_text(state, style), sections_text(state, style));
}

std::string show_inventory(const Vty& vty) {
  const std::string serial = serial_of(vty.device);
  return fmt::format(
      "NAME: \"Chassis\",  DESCR: \"Nexus9000 C9300v Chassis\"\n"
      "PID: N9K-C9300v          ,  VID: V02 ,  SN: {0}\n"
      "\n"
      "NAME: \"Slot 1\",  DESCR: \"Nexus 9300v Ethernet Module\"\n"
      "PID: N9K-C9300v          ,  VID: V02 ,  SN: {0}01\n"
      "\n"
      "NAME: \"Fan 1\",  DESCR: \"Nexus9000 C9300v Chassis Fan Module\"\n"
      "PID: N9K-C9300v-FAN      ,  VID: V01 ,  SN: N/A\n"
      "\n",
      serial);
}

std::string show_clock(const Vty& vty) {
  const ClockParts now = clock_of(vty);
  return fmt::format("{:02}:{:02}:{:02}.{:03} UTC {} {} {:02} {}\nTime source is NTP\n", now.hour,
                     now.minute, now.second, now.milliseconds, now.weekday, now.month_name, now.day,
                     now.year);
}

std::string show_logging(const Vty& vty) {
  std::string text;
  const std::string hostname = vty.device.hostname();
  for (const LogMessage& message : messages_of(vty)) {
    text += fmt::format("2021 {} {} %ETHPORT-5-{}: Interface {} is {}\n",
                        message.time.substr(0, message.time.find('.')), hostname,
                        message.up ? "IF_UP" : "IF_DOWN_LINK_FAILURE", message.interface,
                        message.up ? "up" : "down (Link failure)");
  }
  return text;
}

std::string show_interface_brief(const Vty& vty) {
  std::string management;
  std::string ports;
  std::string loopbacks;
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const std::string name = short_name(vty.platform, interface.name());
    if (is_management(vty, interface)) {
      management += fmt::format("{:<6} {:<12} {:<6} {:<39} {:<8} {}\n", name, "--",
                                up_or_down(interface), address_text(interface, "--"), 1000, 1500);
    } else if (is_port(vty, interface)) {
      ports += fmt::format(
          "{:<15} {:<7} {:<4} {:<6} {:<7} {:<24} {:>7} {}\n", name, interface.address ? "--" : "1",
          "eth", interface.address ? "routed" : "access", up_or_down(interface), reason(interface),
          interface.protocol_up() ? "1000(D)" : "auto(D)", "--");
    } else {
      loopbacks += fmt::format("{:<10} {:<10} {}\n", name, up_or_down(interface),
                               description_or_dashes(interface));
    }
  }
  std::string text;
  if (!management.empty()) {
    text += fmt::format(
        "\n{0}Port   VRF          Status IP Address                              Speed    MTU\n"
        "{0}{1}",
        rule, management);
  }
  if (!ports.empty()) {
    text += fmt::format(
        "\n{0}"
        "Ethernet        VLAN    Type Mode   Status  Reason                   Speed     Port\n"
        "Interface                                                                    Ch #\n"
        "{0}{1}",
        rule, ports);
  }
  if (!loopbacks.empty()) {
    text += fmt::format("\n{0}Interface  Status     Description\n{0}{1}", rule, loopbacks);
  }
  return text;
}

std::string show_interface_description(const Vty& vty) {
  std::string ports;
  std::string others;
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const std::string name = short_name(vty.platform, interface.name());
    if (is_port(vty, interface)) {
      ports += fmt::format("{:<13} {:<6} {:<7} {}\n", name, "eth", "1000",
                           description_or_dashes(interface));
    } else {
      others += fmt::format("{:<13} {}\n", name, description_or_dashes(interface));
    }
  }
  return fmt::format(
      "\n{0}Port          Type   Speed   Description\n{0}{1}"
      "\n{0}Interface     Description\n{0}{2}",
      rule, ports, others);
}

std::string show_interface_status(const Vty& vty) {
  std::string text = fmt::format(
      "\n{0}Port          Name               Status    Vlan      Duplex  Speed   Type\n{0}", rule);
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const std::string_view status = interface.shutdown        ? "disabled"
                                    : interface.protocol_up() ? "connected"
                                                              : "notconnec";
    text += fmt::format("{:<13} {:<18} {:<9} {:<9} {:<7} {:<7} {}\n",
                        short_name(vty.platform, interface.name()),
                        description_or_dashes(interface).substr(0, 18), status,
                        interface.address ? "routed" : "1", "full", "1000", "10g");
  }
  return text;
}

std::string show_ip_interface_brief(const Vty& vty) {
  std::string text =
      "IP Interface Status for VRF \"default\"(1)\n"
      "Interface            IP Address      Interface Status\n";
  for (const DeviceInterface& interface : vty.state().interfaces) {
    if (!interface.address || is_management(vty, interface)) continue;
    text += fmt::format("{:<20} {:<15} protocol-{}/link-{}/admin-{}\n",
                        short_name(vty.platform, interface.name()), address_text(interface, ""),
                        up_or_down(interface),
                        interface.status() == InterfaceStatus::up ? "up" : "down",
                        interface.shutdown ? "down" : "up");
  }
  return text;
}

}  // namespace rondo::lab::nxos
