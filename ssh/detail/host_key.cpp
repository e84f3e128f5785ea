#include <rondo/ssh/detail/host_key.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

void check_host_key(Session& session, const KnownHosts& known, const std::string& host,
                    std::uint16_t port) {
  std::size_t length = 0;
  int type = 0;
  const char* bytes = libssh2_session_hostkey(session.get(), &length, &type);
  const std::string_view key(bytes, bytes == nullptr ? 0 : length);
  const KnownHosts::Answer answer = known.check(host, port, key);
  const std::string which = key_type_of(key) + " " + fingerprint(key);
  const std::string line = known.path() + ":" + std::to_string(answer.line);
  switch (answer.verdict) {
    case KnownHosts::Verdict::trusted:
      return;
    case KnownHosts::Verdict::unknown:
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
}

}  // namespace rondo::ssh::detail
