#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include <rondo/runtime/errors.h>
#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/kexinit.h>
#include <rondo/ssh/detail/scanner.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

using Names = Algorithms::Names;

/// One of the five lists: its option, its word for messages, what is offered by default, and what
/// `legacy` adds. Left out of what libssh2 can do is everything with SHA-1, MD5, CBC, arcfour or
/// DSS, and the groups whose computation would hold up the loop for a quarter of a second.
struct Kind {
  int method;
  const char* option;
  const char* word;
  const char* defaults;
  const char* legacy;
};
constexpr Kind key_exchange = {
    LIBSSH2_METHOD_KEX, "kex_algs", "key exchange",
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group14-sha256",
    "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"};
constexpr Kind host_key = {
    LIBSSH2_METHOD_HOSTKEY, "server_host_key_algs", "host key",
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,"
    "rsa-sha2-256",
    "ssh-rsa"};
constexpr Kind encryption = {LIBSSH2_METHOD_CRYPT_CS, "encryption_algs", "cipher",
                             "aes256-ctr,aes192-ctr,aes128-ctr",
                             "aes256-cbc,aes192-cbc,aes128-cbc,3des-cbc"};
constexpr Kind mac = {LIBSSH2_METHOD_MAC_CS, "mac_algs", "MAC", "hmac-sha2-256,hmac-sha2-512",
                      "hmac-sha1"};
constexpr Kind compression = {LIBSSH2_METHOD_COMP_CS, "compression_algs", "compression", "none",
                              ""};
constexpr std::array all_kinds = {&key_exchange, &host_key, &encryption, &mac, &compression};

/// All that this libssh2 can do. Version 1.10 has no rsa-sha2, for one.
Names ask_libssh2(LIBSSH2_SESSION* session, int method) {
  const char** list = nullptr;
  const int count = libssh2_session_supported_algs(session, method, &list);
  Names names(list, list + std::max(count, 0));
  libssh2_free(session, static_cast<void*>(list));
  return names;
}

void append(Names& names, const Names& more) {
  for (const std::string& name : more) {
    if (!holds(names, name)) names.push_back(name);
  }
}

void remove(Names& names, const Names& unwanted) {
  std::erase_if(names, [&](const std::string& name) { return holds(unwanted, name); });
}

/// What is offered by default, of what libssh2 can do. Worked out once: a program may connect to
/// thousands of devices.
const Names& default_list(const Kind& kind, bool legacy) {
  using Lists = std::map<std::pair<int, bool>, Names>;
  static const Lists lists = [] {
    Lists made;
    for (const Kind* each : all_kinds) {
      const Names& known = supported_algorithms(each->method);
      for (const bool with_legacy : {false, true}) {
        Names names = split_names(each->defaults);
        if (with_legacy) append(names, split_names(each->legacy));
        std::erase_if(names, [&](const std::string& name) { return !holds(known, name); });
        made[{each->method, with_legacy}] = std::move(names);
      }
    }
    return made;
  }();
  return lists.at({kind.method, legacy});
}

Names list_for(const Kind& kind, std::string_view wanted, bool legacy) {
  if (wanted.empty()) return default_list(kind, legacy);

  const Names& known = supported_algorithms(kind.method);
  const char sign = wanted.front();
  const bool relative = sign == '+' || sign == '-' || sign == '^';
  if (relative) wanted.remove_prefix(1);
  const Names given = split_names(wanted);
  for (const std::string& name : given) {
    if (holds(known, name)) continue;
    throw ValueError(std::string("Options::") + kind.option + ": \"" + name + "\" is none of " +
                     join_names(known));
  }
  Names names = sign == '+' || sign == '-' ? default_list(kind, legacy) : given;
  if (sign == '+') append(names, given);
  if (sign == '-') remove(names, given);
  if (sign == '^') append(names, default_list(kind, legacy));
  if (names.empty()) throw ValueError(std::string("Options::") + kind.option + ": nothing is left");
  return names;
}

bool is_rsa(const std::string& algorithm) {
  return algorithm == "ssh-rsa" || algorithm.starts_with("rsa-sha2-");
}

/// The type of key, as it stands in known_hosts, that an algorithm needs.
std::string key_type_for(const std::string& algorithm) {
  return is_rsa(algorithm) ? "ssh-rsa" : algorithm;
}

bool have_common(const Names& ours, const Names& theirs) {
  return std::ranges::any_of(ours, [&](const std::string& name) { return holds(theirs, name); });
}

/// What helps against a missing algorithm of this kind.
std::string way_out(const Kind& kind, const Names& ours, const Names& theirs) {
  const bool legacy_would_do = have_common(split_names(kind.legacy), theirs);
  if (kind.method == LIBSSH2_METHOD_HOSTKEY && !theirs.empty() &&
      std::ranges::all_of(theirs, is_rsa) && !std::ranges::any_of(ours, is_rsa)) {
    const std::string why = "; the server has nothing but an RSA key, which libssh2 " +
                            std::string(libssh2_version(0)) + " can check with SHA-1 only: ";
    if (!legacy_would_do) return why + "give the server an Ed25519 or ECDSA key";
    return why + "give the server an Ed25519 or ECDSA key, or set Options::legacy";
  }
  return legacy_would_do ? "; Options::legacy would allow what an old device needs" : "";
}

}  // namespace

const Names& supported_algorithms(int method) {
  static const std::map<int, Names> of_method = [] {
    set_up_libssh2();
    const std::unique_ptr<LIBSSH2_SESSION, int (*)(LIBSSH2_SESSION*)> session(
        libssh2_session_init_ex(nullptr, nullptr, nullptr, nullptr), libssh2_session_free);
    if (!session) throw Error("libssh2 could not be set up");
    libssh2_session_flag(session.get(), LIBSSH2_FLAG_COMPRESS, 1);
    std::map<int, Names> names;
    for (const Kind* kind : all_kinds)
      names[kind->method] = ask_libssh2(session.get(), kind->method);
    return names;
  }();
  return of_method.at(method);
}

Algorithms algorithms_for(const Options& options) {
  Algorithms algorithms;
  algorithms.kex = list_for(key_exchange, options.kex_algs, options.legacy);
  algorithms.server_host_key = list_for(host_key, options.server_host_key_algs, options.legacy);
  algorithms.encryption = list_for(encryption, options.encryption_algs, options.legacy);
  algorithms.mac = list_for(mac, options.mac_algs, options.legacy);
  algorithms.compression = list_for(compression, options.compression_algs, options.legacy);
  return algorithms;
}

void prefer_known_keys(Algorithms& algorithms, const KnownHosts& known, const std::string& host,
                       std::uint16_t port) {
  const Names types = known.key_types(host, port);
  Names first = algorithms.server_host_key;
  std::erase_if(first, [&](const std::string& name) { return !holds(types, key_type_for(name)); });
  append(first, algorithms.server_host_key);
  algorithms.server_host_key = std::move(first);
}

void offer(Session& session, const Algorithms& algorithms) {
  LIBSSH2_SESSION* raw = session.get();
  const auto choose = [&](int method, const Names& names) {
    const std::string list = join_names(names);
    if (libssh2_session_method_pref(raw, method, list.c_str()) != 0) {
      throw KeyExchangeFailed(session.peer() + ": libssh2 knows none of " + list);
    }
  };
  const bool compresses = algorithms.compression != Names{"none"};
  libssh2_session_flag(raw, LIBSSH2_FLAG_COMPRESS, compresses ? 1 : 0);
  choose(LIBSSH2_METHOD_KEX, algorithms.kex);
  choose(LIBSSH2_METHOD_HOSTKEY, algorithms.server_host_key);
  for (const int method : {LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC})
    choose(method, algorithms.encryption);
  for (const int method : {LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC})
    choose(method, algorithms.mac);
  for (const int method : {LIBSSH2_METHOD_COMP_CS, LIBSSH2_METHOD_COMP_SC})
    choose(method, algorithms.compression);
}

std::string explain_mismatch(const Algorithms& algorithms, std::string_view server_bytes) {
  const std::optional<KexInit> server = find_kexinit(server_bytes);
  std::string text;
  const auto compare = [&](const Kind& kind, const Names& ours, const Names& theirs) {
    if (!text.empty() || have_common(ours, theirs)) return;
    text = std::string("no ") + kind.word + " algorithm in common: the server offers " +
           printable(join_names(theirs)) + ", this side " + join_names(ours) +
           way_out(kind, ours, theirs);
  };
  if (server) {
    compare(key_exchange, algorithms.kex, server->kex);
    compare(host_key, algorithms.server_host_key, server->server_host_key);
    compare(encryption, algorithms.encryption, server->send_encryption);
    compare(encryption, algorithms.encryption, server->recv_encryption);
    compare(mac, algorithms.mac, server->send_mac);
    compare(mac, algorithms.mac, server->recv_mac);
    compare(compression, algorithms.compression, server->send_compression);
    compare(compression, algorithms.compression, server->recv_compression);
  }
  return text;
}

NegotiatedAlgorithms negotiated_algorithms(Session& session) {
  const auto method = [&](int kind) {
    const char* name = libssh2_session_methods(session.get(), kind);
    return std::string(name == nullptr ? "" : name);
  };
  NegotiatedAlgorithms agreed;
  agreed.kex = method(LIBSSH2_METHOD_KEX);
  agreed.server_host_key = method(LIBSSH2_METHOD_HOSTKEY);
  agreed.send_cipher = method(LIBSSH2_METHOD_CRYPT_CS);
  agreed.recv_cipher = method(LIBSSH2_METHOD_CRYPT_SC);
  agreed.send_mac = method(LIBSSH2_METHOD_MAC_CS);
  agreed.recv_mac = method(LIBSSH2_METHOD_MAC_SC);
  agreed.send_compression = method(LIBSSH2_METHOD_COMP_CS);
  agreed.recv_compression = method(LIBSSH2_METHOD_COMP_SC);
  return agreed;
}

}  // namespace rondo::ssh::detail
