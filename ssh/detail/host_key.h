#pragma once

#include <cstdint>
#include <string>

#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh::detail {

class Session;

/// Compares the key that the server has shown with what is known. Throws HostKeyNotVerifiable.
void check_host_key(Session& session, const KnownHosts& known, const std::string& host,
                    std::uint16_t port);

}  // namespace rondo::ssh::detail
