#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rondo/ssh/algorithms.h>
#include <rondo/ssh/known_hosts.h>
#include <rondo/ssh/options.h>

// Which algorithms a session offers to the server, in which order; and what to say when the server
// has none of them.

namespace rondo::ssh::detail {

class Session;

/// What one connection offers: names, best first. Never empty.
class Algorithms {
 public:
  using Names = std::vector<std::string>;

  Names kex;
  Names server_host_key;
  Names encryption;
  Names mac;
  Names compression;
};

/// What this libssh2 can do; `method` is one of LIBSSH2_METHOD_*.
const Algorithms::Names& supported_algorithms(int method);

/// The defaults as the options change them. Throws ValueError, which names the option and what
/// there is, for a name that libssh2 does not know and for a list with nothing in it.
Algorithms algorithms_for(const Options& options);

/// Puts the types of key that are known for the host first, so that the server shows one of them.
void prefer_known_keys(Algorithms& algorithms, const KnownHosts& known, const std::string& host,
                       std::uint16_t port);

/// Sets what is offered; before the handshake.
void offer(Session& session, const Algorithms& algorithms);

/// What two sides that could not agree have not in common, in one line; empty when that was not it.
/// `server_bytes`: what the server has sent from the beginning on.
std::string explain_mismatch(const Algorithms& algorithms, std::string_view server_bytes);

/// What was agreed on.
NegotiatedAlgorithms negotiated_algorithms(Session& session);

}  // namespace rondo::ssh::detail
