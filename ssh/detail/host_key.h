#pragma once

#include <string>

#include <rondo/ssh/known_hosts.h>
#include <rondo/ssh/options.h>

namespace rondo::ssh::detail {

class Session;

/// What is known of keys under a policy: `accept_new` does without a file.
KnownHosts load_known_hosts(const Options& options);

/// The key that the server has shown, as it goes over the wire.
std::string host_key_of(Session& session);

/// Compares it with what is known. True when it is to be added, which the policy must allow. Throws
/// HostKeyNotVerifiable.
bool check_host_key(Session& session, const KnownHosts& known, const std::string& host,
                    const Options& options);

}  // namespace rondo::ssh::detail
