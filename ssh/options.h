#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondo/runtime/clock.h>
#include <rondo/ssh/connection.h>

// How to reach a server and who to be there.

namespace rondo::ssh {

/// What to do with a server's key.
enum class HostKeyPolicy {
  strict,    ///< it must be in the known_hosts file
  insecure,  ///< any key will do; whoever sits between can read everything, the password included
};

/// The settings of one connection. (A class with a constructor rather than an aggregate, so that
/// one made inside a co_await expression is safe with g++ 12.)
class Options {
 public:
  /// Port 22, the user who runs the program, ~/.ssh/known_hosts, strict.
  Options();

  std::uint16_t port = 22;
  std::string username;
  std::string password;
  std::string known_hosts;  ///< path of the file that lists the keys of known servers
  HostKeyPolicy host_key_policy = HostKeyPolicy::strict;
  /// A jump host: the server is reached through this connection, which is kept as long as the new
  /// one. Nothing: directly.
  std::optional<Connection> tunnel;
  Duration connect_timeout = std::chrono::seconds(15);  ///< for the TCP connection; 0: no limit
  Duration login_timeout = std::chrono::seconds(60);    ///< for handshake and login; 0: no limit
};

}  // namespace rondo::ssh
