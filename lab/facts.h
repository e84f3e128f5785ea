// What show commands tell of besides the configuration: neighbours, routes, ARP, MAC addresses,
// serial numbers. All of it follows from the device's state and its description, so that the same
// device always tells the same, and two neighbours tell of each other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/vty.h>

namespace rondo::lab {

// A number that is the device's own.
std::uint32_t identity_of(const Device& device);

// "LAB1A2B3C4D".
std::string serial_of(const Device& device);

// 48 bits; the low byte is the number of an interface.
std::uint64_t mac_of(const Device& device, unsigned interface);
std::string dotted_mac(std::uint64_t mac);  // "0050.5612.3401"
std::string colon_mac(std::uint64_t mac);   // "00:50:56:12:34:01"

// The private number that BGP on the device uses.
unsigned as_number_of(const Device& device);

// The address that others know the device by: of its first loopback, else of any interface.
std::string router_id_of(const Device& device);

// Who is seen at the other ends, through interfaces that are up.
struct SeenNeighbor {
  std::string interface;
  const Device* device = nullptr;
  const Platform* platform = nullptr;
  std::string hostname;
  std::string remote_interface;
  std::string address;  // of the remote interface; empty: it has none
};
std::vector<SeenNeighbor> neighbors_of(const Vty& vty);

struct ArpEntry {
  std::string address;
  std::string mac;  // dotted
  std::string interface;
  bool own = false;  // the device's own address: its entry never ages
  unsigned minutes = 0;
};
std::vector<ArpEntry> arp_of(const Vty& vty);

enum class RouteKind { connected, local, static_route, ospf };
struct Route {
  RouteKind kind = RouteKind::connected;
  InterfaceAddress network;
  std::string next_hop;  // empty: directly connected
  std::string interface;
  std::uint32_t own = 0;  // the interface's address, when directly connected
};
// In the order of their addresses.
std::vector<Route> routes_of(const Vty& vty);

struct MacEntry {
  unsigned vlan = 1;
  std::string mac;  // dotted
  std::string interface;
};
std::vector<MacEntry> mac_table_of(const Vty& vty);

// A few messages, oldest first, that the device has logged since it started.
struct LogMessage {
  std::string time;  // "Mar  2 15:49:32.123"
  std::string interface;
  bool up = true;
};
std::vector<LogMessage> messages_of(const Vty& vty);

// The time of the session's clock, in UTC.
struct ClockParts {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, milliseconds = 0;
  std::string_view weekday, month_name;  // "Tue", "Mar"
};
ClockParts clock_of(const Vty& vty);

// 10.0.0.0/24 of 10.0.0.7/24, as text.
std::string network_text(const InterfaceAddress& address);
std::string prefix_text(const InterfaceAddress& address);  // 10.0.0.7/24
// "10.0.0.7" or, without an address, `otherwise`.
std::string address_text(const DeviceInterface& interface, std::string_view otherwise);

// May the interface carry VLANs? Not loopbacks, tunnels and those for management.
bool is_port(const Vty& vty, const DeviceInterface& interface);

}  // namespace rondo::lab
