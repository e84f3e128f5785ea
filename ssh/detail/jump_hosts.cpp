#include <charconv>

#include <rondo/runtime/errors.h>
#include <rondo/ssh/detail/jump_hosts.h>
#include <rondo/ssh/detail/kexinit.h>

namespace rondo::ssh::detail {

namespace {

std::uint16_t parse_port(std::string_view text, const std::string& jump_host) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65'535)
    throw ValueError("\"" + jump_host + "\": \"" + std::string(text) + "\" is no port");
  return static_cast<std::uint16_t>(port);
}

JumpHost parse_jump_host(const std::string& text) {
  JumpHost jump;
  std::string_view rest = text;
  if (rest.starts_with("ssh://")) rest.remove_prefix(6);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    jump.username = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  std::size_t colon = rest.find(':');
  if (rest.starts_with('[')) {
    const std::size_t bracket = rest.find(']');
    if (bracket == rest.npos) throw ValueError("\"" + text + "\": there is no ] to its [");
    jump.host = rest.substr(1, bracket - 1);
    rest.remove_prefix(bracket + 1);
    colon = rest.empty() ? rest.npos : 0;
  } else {
    if (rest.find(':', colon + 1) != rest.npos && colon != rest.npos) colon = rest.npos;  // IPv6
    jump.host = rest.substr(0, colon);
  }
  if (colon != rest.npos) {
    if (rest[colon] != ':') throw ValueError("\"" + text + "\": what stands behind the ]?");
    jump.port = parse_port(rest.substr(colon + 1), text);
  }
  if (jump.host.empty() || (jump.username && jump.username->empty()))
    throw ValueError("\"" + text + "\" is no user@host:port");
  return jump;
}

}  // namespace

std::vector<JumpHost> parse_jump_hosts(std::string_view list) {
  std::vector<JumpHost> hosts;
  for (const std::string& text : split_names(list))
    hosts.push_back(parse_jump_host(text));
  return hosts;
}

}  // namespace rondo::ssh::detail
