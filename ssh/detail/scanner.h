#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The data types of SSH's packets, agents and key files (RFC 4251, section 5).

namespace rondo::ssh::detail {

/// Takes values off the front of bytes that may be anything. Once there were too few it is `bad`,
/// and all that it yields is empty.
class Scanner {
 public:
  explicit Scanner(std::string_view bytes) noexcept : bytes_(bytes) {}

  bool bad() const noexcept { return bad_; }
  void mark_bad() noexcept { bad_ = true; }
  std::string_view rest() const noexcept { return bytes_; }

  std::string_view take(std::size_t count) noexcept {
    if (count > bytes_.size()) bad_ = true;
    if (bad_) return {};
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  unsigned char byte() noexcept {
    const std::string_view taken = take(1);
    return taken.empty() ? 0 : static_cast<unsigned char>(taken.front());
  }
  std::uint32_t number() noexcept {
    std::uint32_t value = 0;
    for (const char c : take(4))
      value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  /// Bytes behind their number.
  std::string_view string() noexcept {
    const std::uint32_t length = number();
    return take(length);
  }

 private:
  std::string_view bytes_;
  bool bad_ = false;
};

/// A number, and bytes behind their number, as they are written.
inline std::string wire_number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}
inline std::string wire_string(std::string_view bytes) {
  std::string written = wire_number(static_cast<std::uint32_t>(bytes.size()));
  written += bytes;
  return written;
}

/// What the other side wrote, fit for messages, which go to terminals and logs: without control
/// characters, and not too long.
std::string printable(std::string_view text);

}  // namespace rondo::ssh::detail
