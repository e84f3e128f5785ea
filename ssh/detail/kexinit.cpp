#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <rondo/ssh/detail/kexinit.h>

namespace rondo::ssh::detail {

namespace {

constexpr unsigned char message_ignore = 2;
constexpr unsigned char message_debug = 4;
constexpr unsigned char message_kexinit = 20;
constexpr std::size_t cookie_size = 16;
constexpr std::size_t largest_packet = 35'000;  // bytes; what every side must bear

/// Takes bytes off the front; `bad` once there were too few of them.
class Scanner {
 public:
  explicit Scanner(std::string_view bytes) noexcept : bytes_(bytes) {}
  bool bad() const noexcept { return bad_; }

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
  /// One packet's payload.
  std::string_view packet() noexcept {
    const std::uint32_t length = number();
    const unsigned char padding = byte();
    if (length > largest_packet || length < padding + 1U) bad_ = true;
    const std::string_view payload = take(length - padding - 1);
    take(padding);
    return payload;
  }
  /// Up to the line that names the protocol's version, and that line too.
  void skip_greeting() noexcept {
    while (!bad_) {
      const std::size_t end = bytes_.find('\n');
      if (end == std::string_view::npos) bad_ = true;
      if (take(end + 1).starts_with("SSH-")) return;
    }
  }

 private:
  std::string_view bytes_;
  bool bad_ = false;
};

}  // namespace

std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) names.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return names;
}

std::string join_names(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ',';
    list += name;
  }
  return list;
}

std::optional<KexInit> find_kexinit(std::string_view stream) {
  Scanner scanner(stream);
  scanner.skip_greeting();
  std::string_view payload = scanner.packet();
  while (!payload.empty() &&
         (payload.front() == message_ignore || payload.front() == message_debug))
    payload = scanner.packet();
  if (scanner.bad()) return std::nullopt;

  Scanner fields(payload);
  if (fields.byte() != message_kexinit) return std::nullopt;
  fields.take(cookie_size);
  KexInit offer;
  for (KexInit::Names* names :
       {&offer.kex, &offer.server_host_key, &offer.send_encryption, &offer.recv_encryption,
        &offer.send_mac, &offer.recv_mac, &offer.send_compression, &offer.recv_compression}) {
    const std::uint32_t length = fields.number();
    *names = split_names(fields.take(length));
  }
  if (fields.bad()) return std::nullopt;
  return offer;
}

}  // namespace rondo::ssh::detail
