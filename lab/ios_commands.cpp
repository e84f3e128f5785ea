#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include <rondo/lab/ios_commands.h>
#include <rondo/lab/ios_show.h>

namespace rondo::lab {

namespace {

using Arguments = std::span<const IosArgument>;

// For arguments whose range the grammar has checked.
unsigned number_of(const IosArgument& argument) {
  unsigned value = 0;
  std::from_chars(argument.text.data(), argument.text.data() + argument.text.size(), value);
  return value;
}

void leave_configuration(IosVty& vty) {
  vty.mode = privileged_mode;
  vty.interface.clear();
}

IosReply leave_interface(IosVty& vty, Arguments) {
  vty.mode = configuration_mode;
  vty.interface.clear();
  return {};
}

// --- exec -------------------------------------------------------------------------------------

IosReply enable(IosVty& vty, Arguments) {
  vty.wants_secret = vty.mode == exec_mode;
  return {};
}

IosReply enable_level(IosVty& vty, Arguments arguments) {
  const unsigned level = number_of(arguments[0]);
  if (level == 15) return enable(vty, {});
  if (level == 1) {
    vty.mode = exec_mode;
    return {};
  }
  return {"% No password set\n", std::nullopt};
}

IosReply disable(IosVty& vty, Arguments) {
  vty.mode = exec_mode;
  return {};
}

IosReply leave(IosVty& vty, Arguments) {
  vty.closed = true;
  return {};
}

IosReply terminal_length(IosVty& vty, Arguments arguments) {
  vty.length = number_of(arguments[0]);
  vty.length_typed = true;
  return {};
}

IosReply terminal_width(IosVty& vty, Arguments arguments) {
  vty.width = number_of(arguments[0]);
  return {};
}

IosReply configure_terminal(IosVty& vty, Arguments) {
  vty.mode = configuration_mode;
  return {"Enter configuration commands, one per line.  End with CNTL/Z.\n", std::nullopt};
}

IosReply write_memory(IosVty&, Arguments) {
  return {"Building configuration...\n[OK]\n", std::nullopt};
}

// --- show -------------------------------------------------------------------------------------

IosReply show_brief(IosVty& vty, Arguments) {
  return {show_ip_interface_brief(vty.device), std::nullopt};
}

IosReply show_descriptions(IosVty& vty, Arguments) {
  return {show_interfaces_description(vty.device), std::nullopt};
}

IosReply show_configuration(IosVty& vty, Arguments) {
  return {show_running_config(vty.device), std::nullopt};
}

IosReply show_software(IosVty& vty, Arguments) {
  return {show_version(vty.device), std::nullopt};
}

IosReply show_time(IosVty& vty, Arguments) {
  return {show_clock(vty.now()), std::nullopt};
}

// --- configuration ----------------------------------------------------------------------------

IosReply end(IosVty& vty, Arguments) {
  leave_configuration(vty);
  return {};
}

// As every command of the whole router, it also works from within an interface, and leaves it.
IosReply hostname(IosVty& vty, Arguments arguments) {
  leave_interface(vty, {});
  const std::string& name = arguments[0].text;
  if (!valid_hostname(name)) {
    return {"% Hostname contains one or more illegal characters.\n", std::nullopt};
  }
  vty.device.set_hostname(name);
  return {};
}

IosReply no_hostname(IosVty& vty, Arguments) {
  leave_interface(vty, {});
  vty.device.set_hostname("Router");
  return {};
}

bool begins_ignoring_case(std::string_view word, std::string_view beginning) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return word.size() >= beginning.size() &&
         std::ranges::equal(word.substr(0, beginning.size()), beginning, {}, lower, lower);
}

// "7" for "007"; nothing when it is not the number of a loopback interface.
std::optional<std::string> loopback_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || last != text.data() + text.size() || number > INT32_MAX) {
    return std::nullopt;
  }
  return std::to_string(number);
}

// `interface gi0/1`, `interface GigabitEthernet 0/1`; a loopback that is missing is made.
IosReply interface(IosVty& vty, Arguments arguments) {
  const IosArgument& argument = arguments[0];
  const std::size_t digit =
      std::min(argument.text.find_first_of("0123456789"), argument.text.size());
  std::string_view kind = std::string_view(argument.text).substr(0, digit);
  while (kind.ends_with(' '))
    kind.remove_suffix(1);
  const std::string_view number = std::string_view(argument.text).substr(digit);
  if (number.empty()) return {"% Incomplete command.\n\n", std::nullopt};

  std::string found;
  bool kind_known = begins_ignoring_case("Loopback", kind);
  for (const IosInterface& known : vty.device.interfaces()) {
    if (!begins_ignoring_case(known.kind(), kind)) continue;
    kind_known = true;
    if (known.number() == number) found = known.name();
  }
  if (kind.empty() || !kind_known) return {"", argument.offset};
  if (found.empty()) {
    const auto loopback = loopback_number(number);
    if (!begins_ignoring_case("Loopback", kind) || !loopback) {
      return {"", argument.offset + digit};
    }
    if (!vty.device.add_loopback(*loopback)) {
      return {"% Maximum number of interfaces reached\n", std::nullopt};
    }
    found = "Loopback" + *loopback;
  }
  vty.mode = interface_mode;
  vty.interface = found;
  return {};
}

// --- configuration of one interface -----------------------------------------------------------

IosReply ip_address(IosVty& vty, Arguments arguments) {
  const std::uint32_t address = parse_ipv4(arguments[0].text).value_or(0);
  const std::uint32_t mask = parse_ipv4(arguments[1].text).value_or(0);
  const std::uint32_t first_byte = address >> 24;
  if (first_byte == 0 || first_byte == 127 || first_byte >= 224) {
    return {fmt::format("Not a valid host address - {}\n", format_ipv4(address)), std::nullopt};
  }
  const auto length = prefix_length_of(mask);
  if (!length || *length == 0) {
    return {fmt::format("Bad mask 0x{:X} for address {}\n", mask, format_ipv4(address)),
            std::nullopt};
  }
  // The first and the last address of a network belong to no host, unless it has only two.
  const std::uint32_t host = address & ~mask;
  if (*length < 31 && (host == 0 || host == ~mask)) {
    return {fmt::format("Bad mask /{} for address {}\n", *length, format_ipv4(address)),
            std::nullopt};
  }
  if (const auto other = vty.device.assign_address(vty.interface, {address, *length})) {
    return {fmt::format("% {} overlaps with {}\n", format_ipv4(address & mask), *other),
            std::nullopt};
  }
  return {};
}

IosReply no_ip_address(IosVty& vty, Arguments) {
  vty.device.change_interface(vty.interface, [](IosInterface& interface) {
    interface.address.reset();
    interface.method = AddressMethod::manual;
  });
  return {};
}

IosReply description(IosVty& vty, Arguments arguments) {
  vty.device.change_interface(
      vty.interface, [&](IosInterface& interface) { interface.description = arguments[0].text; });
  return {};
}

IosReply no_description(IosVty& vty, Arguments) {
  vty.device.change_interface(vty.interface,
                              [](IosInterface& interface) { interface.description.clear(); });
  return {};
}

IosReply shut_down(IosVty& vty, Arguments) {
  vty.device.change_interface(vty.interface,
                              [](IosInterface& interface) { interface.shutdown = true; });
  return {};
}

IosReply no_shutdown(IosVty& vty, Arguments) {
  vty.device.change_interface(vty.interface,
                              [](IosInterface& interface) { interface.shutdown = false; });
  return {};
}

// --- the table --------------------------------------------------------------------------------

constexpr unsigned any_exec = exec_mode | privileged_mode;
constexpr unsigned any_configuration = configuration_mode | interface_mode;

constexpr IosCommand commands[] = {
    {"enable", any_exec, enable},
    {"enable <0-15>", any_exec, enable_level},
    {"disable", any_exec, disable},
    {"exit", any_exec, leave},
    {"logout", any_exec, leave},
    {"quit", any_exec, leave},
    {"terminal length <0-512>", any_exec, terminal_length},
    {"terminal width <0-512>", any_exec, terminal_width},
    {"configure terminal", privileged_mode, configure_terminal},
    {"write", privileged_mode | behind_do, write_memory},
    {"write memory", privileged_mode | behind_do, write_memory},

    {"show clock", any_exec | behind_do, show_time, true},
    {"show interfaces description", any_exec | behind_do, show_descriptions, true},
    {"show ip interface brief", any_exec | behind_do, show_brief, true},
    {"show running-config", privileged_mode | behind_do, show_configuration, true},
    {"show version", any_exec | behind_do, show_software, true},

    {"hostname <word>", configuration_mode, hostname},
    {"no hostname", configuration_mode, no_hostname},
    {"interface <line>", configuration_mode, interface},
    {"exit", configuration_mode, end},
    // Has no function: what stands behind it is looked up again, with behind_do.
    {"do <line>", any_configuration, nullptr},
    {"end", any_configuration, end},

    {"description <line>", interface_mode, description},
    {"exit", interface_mode, leave_interface},
    {"ip address <address> <mask>", interface_mode, ip_address},
    {"no description", interface_mode, no_description},
    {"no ip address", interface_mode, no_ip_address},
    {"no ip address <address> <mask>", interface_mode, no_ip_address},
    {"no shutdown", interface_mode, no_shutdown},
    {"shutdown", interface_mode, shut_down},
};

}  // namespace

std::span<const IosCommand> ios_commands() {
  return commands;
}

}  // namespace rondo::lab
