#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/ssh/detail/config_reader.h>
#include <rondo/ssh/options.h>

// ConfigFile: ~/.ssh/config, in the format of ssh_config(5).
//
// It is read only when a program asks for it: `ssh::connect` looks into no such file by itself.
// Understood are Host (with wildcards and negation), `Match all`, Include, HostName, Port, User,
// IdentityFile, IdentityAgent, ProxyJump, KexAlgorithms, Ciphers, MACs, HostKeyAlgorithms,
// UserKnownHostsFile, StrictHostKeyChecking, HashKnownHosts, ConnectTimeout, ServerAliveInterval,
// ServerAliveCountMax and PreferredAuthentications. Of each the first value that holds for a host
// counts, and all IdentityFiles. Other keywords are passed over.

namespace rondo::ssh {

/// What a file says of one host.
class HostConfig {
 public:
  std::string hostname;  ///< where to connect to
  Options options;       ///< how, and as whom
  std::string
      proxy_jump;  ///< "user@host:port,…" to go by; empty: straight to the host. See connect
};

class ConfigFile {
 public:
  /// Reads a file and those that it includes (relative to ~/.ssh, wildcards allowed). Throws
  /// ConfigParseError, which names file and line, for what cannot be understood, and for `Match`
  /// with anything but `all`: what stands behind it might matter.
  static ConfigFile load(const std::string& path);
  /// The same of a text; `path` is for messages.
  static ConfigFile parse(std::string_view text, const std::string& path);

  /// The settings of `host`, as the user gave it, upon those of `base`. Algorithms that libssh2
  /// does not have are left out. `StrictHostKeyChecking no` is taken for accept-new, which does not
  /// follow it to a key that has changed. Throws ConfigParseError for a value that makes no sense.
  HostConfig options_for(const std::string& host, const Options& base = Options()) const;

 private:
  explicit ConfigFile(std::vector<detail::ConfigLine> lines);

  std::vector<detail::ConfigLine> lines_;
};

}  // namespace rondo::ssh
