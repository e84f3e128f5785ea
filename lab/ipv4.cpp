#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>

#include <fmt/format.h>

#include <rondo/lab/ipv4.h>

namespace rondo::lab {

namespace {

std::optional<unsigned> parse_number(std::string_view text, std::size_t most_digits,
                                     unsigned most) {
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto value = parse_number(text.substr(0, dot), 3, 255);
    if (!value) return std::nullopt;
    address = address << 8 | *value;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return address;
}

std::string format_ipv4(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xFF, address >> 8 & 0xFF,
                     address & 0xFF);
}

std::optional<InterfaceAddress> parse_interface_address(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, slash));
  const auto prefix_length = parse_number(text.substr(slash + 1), 2, 32);
  if (!address || !prefix_length) return std::nullopt;
  return InterfaceAddress{*address, *prefix_length};
}

std::uint32_t mask_of(unsigned prefix_length) {
  // A shift by the full width is undefined, so /0 needs its own answer.
  return prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix_length);
}

std::optional<unsigned> prefix_length_of(std::uint32_t mask) {
  const auto length = static_cast<unsigned>(std::countl_one(mask));
  if (mask != mask_of(length)) return std::nullopt;
  return length;
}

bool overlap(const InterfaceAddress& one, const InterfaceAddress& other) {
  const std::uint32_t mask = mask_of(std::min(one.prefix_length, other.prefix_length));
  return (one.address & mask) == (other.address & mask);
}

}  // namespace rondo::lab
