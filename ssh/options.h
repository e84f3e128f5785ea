#pragma once

#include <cstdint>
#include <string>

#include <rondo/runtime/clock.h>
#include <rondo/ssh/secret.h>

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
  Secret password;
  std::string known_hosts;  ///< path of the file that lists the keys of known servers
  HostKeyPolicy host_key_policy = HostKeyPolicy::strict;
  Duration connect_timeout = std::chrono::seconds(15);  ///< for the TCP connection; 0: no limit
  Duration login_timeout = std::chrono::seconds(60);    ///< for handshake and login; 0: no limit

  // Algorithms: names with commas between them, best first, as they go over the wire. Empty: the
  // defaults, in which nothing is weak. "+a,b" adds to the defaults, "-a" takes away from them,
  // "^a" puts in front of them.
  std::string kex_algs;
  std::string encryption_algs;
  std::string mac_algs;
  std::string server_host_key_algs;
  std::string compression_algs;
  /// Adds what old devices need to the defaults: SHA-1 in key exchange and MAC, ssh-rsa, CBC. Who
  /// records such a connection may be able to read it one day.
  bool legacy = false;
};

}  // namespace rondo::ssh
