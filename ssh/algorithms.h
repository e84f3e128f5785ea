#pragma once

#include <string>

namespace rondo::ssh {

/// What client and server have agreed on, by the names that go over the wire; `send` is from the
/// client to the server. See Connection::algorithms.
class NegotiatedAlgorithms {
 public:
  std::string kex;              ///< key exchange: "curve25519-sha256"
  std::string server_host_key;  ///< "ssh-ed25519"
  std::string send_cipher;
  std::string recv_cipher;
  std::string send_mac;
  std::string recv_mac;
  std::string send_compression;  ///< "none" for one
  std::string recv_compression;
};

}  // namespace rondo::ssh
