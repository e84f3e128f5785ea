#pragma once

#include <cstdint>
#include <string>

#include <rondo/ssh/known_hosts.h>

// Which algorithms a session offers to the server, in which order.

namespace rondo::ssh::detail {

class Session;

/// The types of key to ask for: those that are known for the host, or else any.
std::string host_keys_to_ask_for(const KnownHosts& known, const std::string& host,
                                 std::uint16_t port);

/// Sets what is offered; before the handshake. `host_keys`: from `host_keys_to_ask_for`.
void choose_algorithms(Session& session, const std::string& host_keys);

/// What is offered, for messages.
std::string offered();

}  // namespace rondo::ssh::detail
