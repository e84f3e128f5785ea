#include <filesystem>

#include <rondo/ssh/detail/host_key.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

KnownHosts load_known_hosts(const Options& options) {
  if (options.host_key_policy == HostKeyPolicy::insecure) return {};
  std::error_code ignored;
  if (options.host_key_policy == HostKeyPolicy::accept_new &&
      !std::filesystem::exists(options.known_hosts, ignored)) {
    return KnownHosts::parse("", options.known_hosts);
  }
  return KnownHosts::load(options.known_hosts);
}

std::string host_key_of(Session& session) {
  std::size_t length = 0;
  int type = 0;
  const char* bytes = libssh2_session_hostkey(session.get(), &length, &type);
  return std::string(bytes, bytes == nullptr ? 0 : length);
}

bool check_host_key(Session& session, const KnownHosts& known, const std::string& host,
                    const Options& options) {
  if (options.host_key_policy == HostKeyPolicy::insecure) return false;
  const std::string key = host_key_of(session);
  const KnownHosts::Answer answer = known.check(host, options.port, key);
  const std::string which = key_type_of(key) + " " + fingerprint(key);
  const std::string line = known.path() + ":" + std::to_string(answer.line);
  switch (answer.verdict) {
    case KnownHosts::Verdict::trusted:
      return false;
    case KnownHosts::Verdict::unknown:
      if (options.host_key_policy == HostKeyPolicy::accept_new) return true;
      throw HostKeyNotVerifiable(session.peer() + ": the host key " + which + " is not in " +
                                 known.path() + "; compare it with the device's own and add it");
    case KnownHosts::Verdict::mismatch:
      throw HostKeyNotVerifiable(session.peer() + ": the host key is " + which + ", but " + line +
                                 " lists another one; either the device was given a new key or "
                                 "somebody sits in between");
    case KnownHosts::Verdict::revoked:
      throw HostKeyNotVerifiable(session.peer() + ": the host key " + which +
                                 " is marked as revoked in " + line);
  }
  return false;
}

}  // namespace rondo::ssh::detail
