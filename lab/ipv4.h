// IPv4 addresses as a router's interfaces have them: a host address with a prefix length. Only
// what the lab needs: reading and writing dotted quads and masks, and asking whether two networks
// overlap. Values are in host byte order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondo::lab {

struct InterfaceAddress {
  std::uint32_t address = 0;
  unsigned prefix_length = 32;  // 0..32

  bool operator==(const InterfaceAddress&) const = default;
};

// Four decimal numbers of at most three digits with dots between them, nothing else.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);

std::string format_ipv4(std::uint32_t address);

// "10.0.0.1/24".
std::optional<InterfaceAddress> parse_interface_address(std::string_view text);

std::uint32_t mask_of(unsigned prefix_length);

// The length of a mask whose ones all stand in front; nothing for any other mask.
std::optional<unsigned> prefix_length_of(std::uint32_t mask);

bool overlap(const InterfaceAddress& one, const InterfaceAddress& other);

}  // namespace rondo::lab
