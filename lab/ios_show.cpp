#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/ios_show.h>

namespace rondo::lab {

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

std::string interface_configuration(const IosInterface& interface) {
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
  if (interface.shutdown) text += " shutdown\n";
  if (interface.kind().ends_with("Ethernet")) text += " duplex auto\n speed auto\n";
  return text + "!\n";
}

// Of "15.2(4)M1", what the first line of a configuration says: "15.2".
std::string_view release(std::string_view version) {
  return version.substr(0, version.find('('));
}

}  // namespace

std::string show_ip_interface_brief(const IosDevice& device) {
  std::string text = fmt::format("{:<26} {:<15} OK? Method {:<21} {}\n", "Interface", "IP-Address",
                                 "Status", "Protocol");
  for (const IosInterface& interface : device.interfaces()) {
    text += fmt::format("{:<26} {:<15} YES {:<6} {:<21} {:<8}\n", interface.name(),
                        interface.address ? format_ipv4(interface.address->address) : "unassigned",
                        method_word(interface.method),
                        status_word(interface.status(), "administratively down"),
                        interface.protocol_up() ? "up" : "down");
  }
  return text;
}

std::string show_interfaces_description(const IosDevice& device) {
  std::string text =
      fmt::format("{:<30} {:<14} {:<8} {}\n", "Interface", "Status", "Protocol", "Description");
  for (const IosInterface& interface : device.interfaces()) {
    text += fmt::format("{:<30} {:<14} {:<8} {}\n", interface.short_name(),
                        status_word(interface.status(), "admin down"),
                        interface.protocol_up() ? "up" : "down", interface.description);
  }
  return text;
}

std::string show_running_config(const IosDevice& device) {
  const Router& described = device.description();
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
      release(described.version), device.hostname(), described.username);
  for (const IosInterface& interface : device.interfaces()) {
    text += interface_configuration(interface);
  }
  text +=
      "ip forward-protocol nd\n"
      "!\n"
      "no ip http server\n"
      "!\n"
      "line con 0\n"
      "line vty 0 4\n"
      " login local\n"
      " transport input ssh\n"
      "!\n"
      "end\n";
  return fmt::format("Building configuration...\n\nCurrent configuration : {} bytes\n{}\n",
                     text.size(), text);
}

std::string show_version(const IosDevice& device) {
  const Router& described = device.description();
  const auto interfaces = device.interfaces();
  const auto count = [&](std::string_view kind) {
    return std::ranges::count(interfaces, kind, &IosInterface::kind);
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
      described.version, device.hostname(), described.uptime,
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

std::string show_clock(std::chrono::system_clock::time_point now) {
  using namespace std::chrono;
  constexpr std::array weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto second = floor<seconds>(now);
  const std::time_t time = system_clock::to_time_t(second);
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return "*00:00:00.000 UTC Thu Jan 1 1970\n";
  // The asterisk is IOS's word for a clock that no time server has set.
  return fmt::format("*{:02}:{:02}:{:02}.{:03} UTC {} {} {} {}\n", parts.tm_hour, parts.tm_min,
                     parts.tm_sec, floor<milliseconds>(now - second).count(),
                     weekdays.at(static_cast<std::size_t>(parts.tm_wday)),
                     months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_mday,
                     parts.tm_year + 1900);
}

}  // namespace rondo::lab
