#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <rondo/ssh/detail/kexinit.h>
#include <rondo/ssh/detail/scanner.h>

namespace rondo::ssh::detail {

namespace {

constexpr unsigned char message_ignore = 2;
constexpr unsigned char message_debug = 4;
constexpr unsigned char message_kexinit = 20;
constexpr std::size_t cookie_size = 16;
constexpr std::size_t largest_packet = 35'000;  // bytes; what every side must bear

/// One packet's payload.
std::string_view take_packet(Scanner& scanner) noexcept {
  const std::uint32_t length = scanner.number();
  const unsigned char padding = scanner.byte();
  if (length > largest_packet || length < padding + 1U) scanner.mark_bad();
  const std::string_view payload = scanner.take(length - padding - 1);
  scanner.take(padding);
  return payload;
}

/// Up to the line that names the protocol's version, and that line too.
void skip_greeting(Scanner& scanner) noexcept {
  while (!scanner.bad()) {
    const std::size_t end = scanner.rest().find('\n');
    if (end == std::string_view::npos) scanner.mark_bad();
    if (scanner.take(end + 1).starts_with("SSH-")) return;
  }
}

}  // namespace

std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(std::ranges::count(list, ',')) + 1);
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
  skip_greeting(scanner);
  std::string_view payload = take_packet(scanner);
  while (!payload.empty() &&
         (payload.front() == message_ignore || payload.front() == message_debug))
    payload = take_packet(scanner);
  if (scanner.bad()) return std::nullopt;

  Scanner fields(payload);
  if (fields.byte() != message_kexinit) return std::nullopt;
  fields.take(cookie_size);
  KexInit offer;
  for (KexInit::Names* names :
       {&offer.kex, &offer.server_host_key, &offer.send_encryption, &offer.recv_encryption,
        &offer.send_mac, &offer.recv_mac, &offer.send_compression, &offer.recv_compression}) {
    *names = split_names(fields.string());
  }
  if (fields.bad()) return std::nullopt;
  return offer;
}

std::string agreed_kex(const KexInit::Names& client, const KexInit::Names& server) {
  const auto agreed =
      std::ranges::find_if(client, [&](const std::string& name) { return holds(server, name); });
  return agreed == client.end() ? "" : *agreed;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace rondo::ssh::detail
