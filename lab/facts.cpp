#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <tuple>

#include <fmt/format.h>

#include <rondo/lab/facts.h>

namespace rondo::lab {

namespace {

bool is_up(const DeviceInterface& interface) {
  return interface.status() == InterfaceStatus::up && interface.protocol_up();
}

bool is_loopback(const DeviceInterface& interface) {
  return interface.kind().starts_with("lo") || interface.kind().starts_with("Lo");
}

unsigned index_of(const DeviceState& state, std::string_view interface) {
  const auto found = std::ranges::find(state.interfaces, interface, &DeviceInterface::name);
  return static_cast<unsigned>(found - state.interfaces.begin()) + 1;
}

InterfaceAddress network_of(const InterfaceAddress& address) {
  return {address.address & mask_of(address.prefix_length), address.prefix_length};
}

}  // namespace

std::uint32_t identity_of(const Device& device) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : device.description().hostname)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string serial_of(const Device& device) {
  return fmt::format("LAB{:08X}", parse_ipv4(device.description().address).value_or(0));
}

std::uint64_t mac_of(const Device& device, unsigned interface) {
  constexpr std::uint64_t vendor = 0x005056;
  return vendor << 24 | std::uint64_t{identity_of(device) & 0xFFFF} << 8 | (interface & 0xFF);
}

std::string dotted_mac(std::uint64_t mac) {
  return fmt::format("{:04x}.{:04x}.{:04x}", mac >> 32, mac >> 16 & 0xFFFF, mac & 0xFFFF);
}

std::string colon_mac(std::uint64_t mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac >> 40, mac >> 32 & 0xFF,
                     mac >> 24 & 0xFF, mac >> 16 & 0xFF, mac >> 8 & 0xFF, mac & 0xFF);
}

unsigned as_number_of(const Device& device) {
  constexpr unsigned first_private = 64512;
  constexpr unsigned private_numbers = 1023;
  return first_private + identity_of(device) % private_numbers;
}

std::string router_id_of(const Device& device) {
  const auto interfaces = device.interfaces();
  std::string any = "0.0.0.0";
  for (const DeviceInterface& interface : interfaces) {
    if (!interface.address) continue;
    any = format_ipv4(interface.address->address);
    if (is_loopback(interface)) return any;
  }
  return any;
}

std::vector<SeenNeighbor> neighbors_of(const Vty& vty) {
  std::vector<SeenNeighbor> seen;
  DeviceState state = vty.state();
  for (const Neighbor& neighbor : vty.device.neighbors()) {
    const DeviceInterface* const interface = state.find_interface(neighbor.interface);
    DeviceState other = neighbor.device->state();
    const DeviceInterface* const remote = other.find_interface(neighbor.remote_interface);
    if (interface == nullptr || remote == nullptr || !is_up(*interface) || !is_up(*remote))
      continue;
    seen.push_back({neighbor.interface, neighbor.device,
                    &platform_of(neighbor.device->description().platform), other.hostname,
                    neighbor.remote_interface, address_text(*remote, "")});
  }
  return seen;
}

std::vector<ArpEntry> arp_of(const Vty& vty) {
  std::vector<ArpEntry> entries;
  const DeviceState state = vty.state();
  const auto neighbors = neighbors_of(vty);
  for (const DeviceInterface& interface : state.interfaces) {
    if (!interface.address || !is_up(interface) || is_loopback(interface)) continue;
    entries.push_back({format_ipv4(interface.address->address),
                       dotted_mac(mac_of(vty.device, index_of(state, interface.name()))),
                       interface.name(), true, 0});
    for (const SeenNeighbor& neighbor : neighbors) {
      if (neighbor.interface != interface.name() || neighbor.address.empty()) continue;
      const unsigned index = index_of(neighbor.device->state(), neighbor.remote_interface);
      entries.push_back({neighbor.address, dotted_mac(mac_of(*neighbor.device, index)),
                         interface.name(), false, identity_of(*neighbor.device) % 200 + 3});
    }
  }
  return entries;
}

std::vector<Route> routes_of(const Vty& vty) {
  std::vector<Route> routes;
  const DeviceState state = vty.state();
  for (const DeviceInterface& interface : state.interfaces) {
    if (!interface.address || !is_up(interface)) continue;
    const InterfaceAddress own = *interface.address;
    routes.push_back({RouteKind::connected, network_of(own), "", interface.name(), own.address});
    if (own.prefix_length < 32) {
      routes.push_back({RouteKind::local, {own.address, 32}, "", interface.name(), own.address});
    }
  }
  for (const SeenNeighbor& neighbor : neighbors_of(vty)) {
    if (neighbor.address.empty()) continue;
    const bool first = std::ranges::none_of(
        routes, [](const Route& route) { return route.kind == RouteKind::static_route; });
    if (first) {
      routes.push_back({RouteKind::static_route, {0, 0}, neighbor.address, neighbor.interface});
    }
    for (const DeviceInterface& remote : neighbor.device->interfaces()) {
      if (!remote.address || !is_up(remote) || !is_loopback(remote)) continue;
      routes.push_back(
          {RouteKind::ospf, network_of(*remote.address), neighbor.address, neighbor.interface});
    }
  }
  const auto order = [](const Route& route) {
    return std::tuple(route.network.address, route.network.prefix_length, route.kind);
  };
  std::ranges::sort(routes, {}, order);
  return routes;
}

std::vector<MacEntry> mac_table_of(const Vty& vty) {
  std::vector<MacEntry> entries;
  const DeviceState state = vty.state();
  for (const DeviceInterface& interface : state.interfaces) {
    const bool switches = is_port(vty, interface) && !interface.address;
    if (!switches || !is_up(interface)) continue;
    const auto number = static_cast<unsigned>(entries.size());
    const unsigned vlan = state.vlans[number % state.vlans.size()].number;
    entries.push_back({vlan, dotted_mac(mac_of(vty.device, 200 + number % 50)), interface.name()});
  }
  return entries;
}

std::vector<LogMessage> messages_of(const Vty& vty) {
  std::vector<LogMessage> messages;
  for (const DeviceInterface& interface : vty.state().interfaces) {
    const auto number = static_cast<int>(messages.size());
    messages.push_back({fmt::format("Mar  1 00:{:02}:{:02}.{:03}", number / 6 % 60,
                                    number * 10 % 60, number * 37 % 1000),
                        interface.name(), is_up(interface)});
  }
  return messages;
}

ClockParts clock_of(const Vty& vty) {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto now = vty.now();
  const auto second = floor<seconds>(now);
  const std::time_t time = system_clock::to_time_t(second);
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) parts = std::tm{};
  return {parts.tm_year + 1900,
          parts.tm_mon + 1,
          parts.tm_mday,
          parts.tm_hour,
          parts.tm_min,
          parts.tm_sec,
          static_cast<int>(floor<milliseconds>(now - second).count()),
          weekdays.at(static_cast<std::size_t>(parts.tm_wday)),
          months.at(static_cast<std::size_t>(parts.tm_mon))};
}

std::string network_text(const InterfaceAddress& address) {
  return prefix_text(network_of(address));
}

std::string prefix_text(const InterfaceAddress& address) {
  return fmt::format("{}/{}", format_ipv4(address.address), address.prefix_length);
}

std::string address_text(const DeviceInterface& interface, std::string_view otherwise) {
  return interface.address ? format_ipv4(interface.address->address) : std::string(otherwise);
}

bool is_port(const Vty& vty, const DeviceInterface& interface) {
  if (is_loopback(interface) || interface.name() == vty.platform.hardware.management) return false;
  return interface.kind().ends_with("thernet") || interface.kind().find("e-") == 1;
}

}  // namespace rondo::lab
