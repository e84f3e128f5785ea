#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// known_hosts: which key belongs to which server.
//
// A reader of its own, since libssh2's has holes: it takes a key of another type for an unknown
// host, knows neither wildcards nor @revoked, and matches every port. The format is sshd(8)'s, and
// `ssh-keygen -F` is what it is tested against.

namespace rondo::ssh {

class KnownHosts {
 public:
  /// What the file says about a server's key.
  enum class Verdict {
    trusted,   ///< this key is listed for this host
    unknown,   ///< the host is not listed
    mismatch,  ///< the host is listed, with other keys only
    revoked,   ///< this key is marked @revoked for this host
  };
  struct Answer {
    Verdict verdict;
    std::size_t line;  ///< of the entry that decided, counted from 1; 0 for `unknown`
  };

  /// Reads a file. Throws KnownHostsError when it cannot be read, or is larger than 16 MiB. Lines
  /// that are not understood are skipped, as OpenSSH does; `skipped_lines` names them.
  static KnownHosts load(const std::string& path);
  /// The same from text; `path` is for messages.
  static KnownHosts parse(std::string_view text, std::string path);

  /// What is known of a key of `host` (a name or an address, as the user gave it) at `port`.
  /// `key` is the key's blob as it goes over the wire.
  Answer check(std::string_view host, std::uint16_t port, std::string_view key) const;

  /// The types of key that are listed for a host, without repetition ("ssh-ed25519"): the ones to
  /// ask the server for.
  std::vector<std::string> key_types(std::string_view host, std::uint16_t port) const;

  const std::string& path() const noexcept { return path_; }
  const std::vector<std::size_t>& skipped_lines() const noexcept { return skipped_lines_; }

 private:
  enum class Marker { none, revoked, cert_authority };
  struct Entry {
    Marker marker;
    std::vector<std::string> patterns;  // as written; a hashed name is the only one of its entry
    std::string key_type;
    std::string key;  // the blob
    std::size_t line;
  };

  static bool names(const Entry& entry, std::string_view lookup_name);

  std::string path_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> skipped_lines_;
};

/// How the name of a host is written when a line is added.
enum class HostNames { plain, hashed };

/// Adds a host's key to a file, in one write at its end. A file that is not there is made, for the
/// user alone (0600), and so is its directory (0700). Others who add at the same time are waited
/// for, so that a loop calls this on a thread. A key that is there by then is not added again.
/// Throws KnownHostsError when the file cannot be written, or has another key for the host by then.
void add_known_host(const std::string& path, std::string_view host, std::uint16_t port,
                    std::string_view key, HostNames names = HostNames::plain);

/// "SHA256:…" of a key's blob, as OpenSSH prints it.
std::string fingerprint(std::string_view key);

/// The type that a key's blob names, "ssh-ed25519" for one; empty for a broken blob.
std::string key_type_of(std::string_view key);

}  // namespace rondo::ssh
