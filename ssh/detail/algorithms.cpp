#include <algorithm>
#include <vector>

#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

// What is offered, best first. Left out of what libssh2 can do: everything with SHA-1, MD5, CBC,
// arcfour or DSS, and the groups whose computation would hold up the loop for a quarter of a
// second.
constexpr const char* key_exchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group14-sha256";
constexpr const char* ciphers = "aes256-ctr,aes192-ctr,aes128-ctr";
constexpr const char* macs = "hmac-sha2-256,hmac-sha2-512";
const std::vector<std::string> host_key_types = {"ssh-ed25519", "ecdsa-sha2-nistp256",
                                                 "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};

}  // namespace

std::string host_keys_to_ask_for(const KnownHosts& known, const std::string& host,
                                 std::uint16_t port) {
  std::string list;
  const auto append = [&list](const std::string& type) {
    if (!list.empty()) list += ',';
    list += type;
  };
  const std::vector<std::string> known_types = known.key_types(host, port);
  const auto is_known = [&known_types](const std::string& type) {
    return std::ranges::find(known_types, type) != known_types.end();
  };
  for (const std::string& type : host_key_types) {
    if (is_known(type)) append(type);
  }
  for (const std::string& type : host_key_types) {
    if (!is_known(type)) append(type);
  }
  return list;
}

void choose_algorithms(Session& session, const std::string& host_keys) {
  LIBSSH2_SESSION* raw = session.get();
  const auto choose = [&](int method, const std::string& list) {
    if (libssh2_session_method_pref(raw, method, list.c_str()) != 0) {
      throw KeyExchangeFailed(session.peer() + ": libssh2 knows none of " + list);
    }
  };
  choose(LIBSSH2_METHOD_KEX, key_exchanges);
  choose(LIBSSH2_METHOD_HOSTKEY, host_keys);
  for (const int method : {LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC}) {
    choose(method, ciphers);
  }
  for (const int method : {LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC})
    choose(method, macs);
}

std::string offered() {
  return std::string("key exchange ") + key_exchanges + "; ciphers " + ciphers + "; MACs " + macs +
         "; Ed25519 and ECDSA host keys";
}

}  // namespace rondo::ssh::detail
