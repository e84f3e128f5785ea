#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include <rondo/lab/platforms/common.h>

namespace rondo::lab {

namespace {

bool begins_ignoring_case(std::string_view word, std::string_view beginning) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return word.size() >= beginning.size() &&
         std::ranges::equal(word.substr(0, beginning.size()), beginning, {}, lower, lower);
}

// "7" for "007"; nothing when it is not the number of a virtual interface.
std::optional<std::string> virtual_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || last != text.data() + text.size() || number > INT32_MAX) {
    return std::nullopt;
  }
  return std::to_string(number);
}

// What `interface gi0/1` or `interface GigabitEthernet 0/1` means.
struct NamedInterface {
  std::string name;                       // in full; empty: there is none
  std::optional<std::size_t> invalid_at;  // or where the caret goes
  bool incomplete = false;
};

NamedInterface find_interface(const Vty& vty, const Argument& argument) {
  const std::size_t digit =
      std::min(argument.text.find_first_of("0123456789"), argument.text.size());
  std::string_view kind = std::string_view(argument.text).substr(0, digit);
  while (kind.ends_with(' '))
    kind.remove_suffix(1);
  const std::string_view number = std::string_view(argument.text).substr(digit);
  if (number.empty()) return {"", std::nullopt, true};

  bool kind_known = false;
  if (kind.empty()) return {"", argument.offset};
  const DeviceState state = vty.state();
  for (const DeviceInterface& known : state.interfaces) {
    if (!begins_ignoring_case(known.kind(), kind)) continue;
    kind_known = true;
    if (known.number() == number) return {known.name(), std::nullopt};
  }
  for (const std::string_view made : vty.platform.virtual_interfaces) {
    if (!begins_ignoring_case(made, kind)) continue;
    const auto counted = virtual_number(number);
    if (!counted) return {"", argument.offset + digit};
    return {std::string(made) + *counted, std::nullopt};
  }
  return {"", argument.offset + (kind_known ? digit : 0)};
}

Reply give_address(Vty& vty, InterfaceAddress given) {
  const std::uint32_t mask = mask_of(given.prefix_length);
  const std::uint32_t first_byte = given.address >> 24;
  if (first_byte == 0 || first_byte == 127 || first_byte >= 224) {
    return says(fmt::format("Not a valid host address - {}\n", format_ipv4(given.address)));
  }
  // The first and the last address of a network belong to no host, unless it has only two.
  const std::uint32_t host = given.address & ~mask;
  if (given.prefix_length < 31 && (host == 0 || host == ~mask)) {
    return says(fmt::format("Bad mask /{} for address {}\n", given.prefix_length,
                            format_ipv4(given.address)));
  }
  const std::string name = vty.interface();
  if (vty.candidate) {  // the commit will say whether it overlaps
    vty.change_interface([given](DeviceInterface& interface) {
      interface.address = given;
      interface.method = AddressMethod::manual;
    });
    return {};
  }
  std::optional<std::string> other;
  vty.device.change([&](DeviceState& state) { other = state.assign_address(name, given); });
  if (!other) return {};
  return says(fmt::format("% {} overlaps with {}\n", format_ipv4(given.address & mask), *other));
}

// "ntp server 10.0.0.1" of "no ntp server 10.0.0.1".
std::string_view without_no(std::string_view line) {
  return line.substr(line.find(' ') + 1);
}

// The lines of the place where the user is.
std::vector<std::string>* lines_of(DeviceState& state, const std::string& place) {
  constexpr std::string_view keyword = "interface ";
  if (!place.starts_with(keyword)) return &state.section(place).lines;
  DeviceInterface* const interface = state.find_interface(place.substr(keyword.size()));
  return interface == nullptr ? nullptr : &interface->lines;
}

}  // namespace

Reply end(Vty& vty, Arguments) {
  vty.leave_configuration();
  return {};
}

Reply leave_section(Vty& vty, Arguments) {
  vty.mode = configuration_mode;
  vty.place.clear();
  return {};
}

Reply hostname(Vty& vty, Arguments arguments) {
  const std::string& name = arguments[0].text;
  if (!valid_hostname(name)) return says("% Hostname contains one or more illegal characters.\n");
  vty.change(vty.line, [name](DeviceState& state) { state.hostname = name; });
  return {};
}

Reply no_hostname(Vty& vty, Arguments) {
  vty.change(vty.line, [](DeviceState& state) { state.hostname = "Router"; });
  return {};
}

Reply interface(Vty& vty, Arguments arguments) {
  const NamedInterface named = find_interface(vty, arguments[0]);
  if (named.incomplete) return says("% Incomplete command.\n\n");
  if (named.invalid_at) return {"", named.invalid_at};
  bool added = vty.state().add_interface(named.name);
  if (added) {
    vty.change("interface " + named.name,
               [name = named.name](DeviceState& state) { state.add_interface(name); });
  }
  if (!added) return says("% Maximum number of interfaces reached\n");
  vty.mode = interface_mode;
  vty.place = "interface " + named.name;
  return {};
}

Reply no_interface(Vty& vty, Arguments arguments) {
  const NamedInterface named = find_interface(vty, arguments[0]);
  if (named.incomplete) return says("% Incomplete command.\n\n");
  if (named.invalid_at) return {"", named.invalid_at};
  const auto is_virtual = [&](std::string_view kind) { return named.name.starts_with(kind); };
  if (std::ranges::none_of(vty.platform.virtual_interfaces, is_virtual)) {
    return says("% Removal of physical interfaces is not permitted\n");
  }
  vty.change("no interface " + named.name, [name = named.name](DeviceState& state) {
    std::erase_if(state.interfaces,
                  [&](const DeviceInterface& interface) { return interface.name() == name; });
  });
  return {};
}

Reply vlan(Vty& vty, Arguments arguments) {
  const unsigned number = number_of(arguments[0]);
  vty.change(vty.line, [number](DeviceState& state) { state.keep_vlan(number); });
  vty.mode = section_mode;
  vty.place = vty.line;
  return {};
}

Reply no_vlan(Vty& vty, Arguments arguments) {
  const unsigned number = number_of(arguments[0]);
  if (number == 1) return says("%Default VLAN 1 may not be deleted.\n");
  vty.change(vty.line, [number](DeviceState& state) {
    std::erase_if(state.vlans, [number](const Vlan& known) { return known.number == number; });
  });
  return {};
}

Reply vlan_name(Vty& vty, Arguments arguments) {
  if (!vty.place.starts_with("vlan ")) return {"", 0};
  const unsigned number = number_of({vty.place.substr(5), 0});
  vty.change(vty.line, [number, name = arguments[0].text](DeviceState& state) {
    for (Vlan& known : state.vlans) {
      if (known.number == number) known.name = name;
    }
  });
  return {};
}

Reply section(Vty& vty, Arguments) {
  vty.change(vty.line, [header = vty.line](DeviceState& state) { state.section(header); });
  vty.mode = section_mode;
  vty.place = vty.line;
  return {};
}

Reply no_section(Vty& vty, Arguments) {
  vty.change(vty.line, [header = std::string(without_no(vty.line))](DeviceState& state) {
    std::erase_if(state.sections, [&](const auto& section) { return section.header == header; });
  });
  return {};
}

Reply keep_line(Vty& vty, Arguments) {
  vty.change(vty.line, [place = vty.place, line = vty.line](DeviceState& state) {
    std::vector<std::string>* const lines = lines_of(state, place);
    if (lines == nullptr || std::ranges::find(*lines, line) != lines->end()) return;
    lines->push_back(line);
  });
  return {};
}

Reply drop_line(Vty& vty, Arguments) {
  vty.change(vty.line,
             [place = vty.place, line = std::string(without_no(vty.line))](DeviceState& state) {
               std::vector<std::string>* const lines = lines_of(state, place);
               if (lines == nullptr) return;
               std::erase_if(*lines, [&](const std::string& kept) {
                 return kept == line || kept.starts_with(line + " ");
               });
             });
  return {};
}

Reply address_and_mask(Vty& vty, Arguments arguments) {
  const std::uint32_t address = parse_ipv4(arguments[0].text).value_or(0);
  const std::uint32_t mask = parse_ipv4(arguments[1].text).value_or(0);
  const auto length = prefix_length_of(mask);
  if (!length || *length == 0) {
    return says(fmt::format("Bad mask 0x{:X} for address {}\n", mask, format_ipv4(address)));
  }
  return give_address(vty, {address, *length});
}

Reply address_and_length(Vty& vty, Arguments arguments) {
  const auto address = parse_interface_address(arguments[0].text);
  return give_address(vty, address.value_or(InterfaceAddress{}));
}

Reply no_address(Vty& vty, Arguments) {
  vty.change_interface([](DeviceInterface& interface) {
    interface.address.reset();
    interface.method = AddressMethod::manual;
  });
  return {};
}

Reply description(Vty& vty, Arguments arguments) {
  vty.change_interface(
      [text = arguments[0].text](DeviceInterface& interface) { interface.description = text; });
  return {};
}

Reply no_description(Vty& vty, Arguments) {
  vty.change_interface([](DeviceInterface& interface) { interface.description.clear(); });
  return {};
}

Reply shut_down(Vty& vty, Arguments) {
  vty.change_interface([](DeviceInterface& interface) { interface.shutdown = true; });
  return {};
}

Reply no_shutdown(Vty& vty, Arguments) {
  vty.change_interface([](DeviceInterface& interface) { interface.shutdown = false; });
  return {};
}

}  // namespace rondo::lab
