#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::ssh::detail {

/// One host of ssh_config's ProxyJump.
class JumpHost {
 public:
  std::string host;
  std::optional<std::string> username;
  std::optional<std::uint16_t> port;
};

/// The hosts of "user@host:port,[2001:db8::1]:22,ssh://host", in the order in which they are gone
/// through. Throws ValueError for what is none.
std::vector<JumpHost> parse_jump_hosts(std::string_view list);

}  // namespace rondo::ssh::detail
