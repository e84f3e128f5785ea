#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The first packet of an SSH connection, in which a side says what it can do. It comes in the
// clear, so it can be read from the bytes that have arrived; libssh2 does not hand it out.

namespace rondo::ssh::detail {

/// A side's offer (RFC 4253, section 7.1): names, best first.
class KexInit {
 public:
  using Names = std::vector<std::string>;

  Names kex;
  Names server_host_key;
  Names send_encryption;  // from the client to the server
  Names recv_encryption;
  Names send_mac;
  Names recv_mac;
  Names send_compression;
  Names recv_compression;
};

/// Finds the offer in what a side has sent from the beginning of the connection on: lines, the last
/// of which begins with "SSH-", then packets. Nothing when it is not all there, or broken; the
/// bytes may be anything.
std::optional<KexInit> find_kexinit(std::string_view stream);

/// The way to exchange keys that the two sides agree on (RFC 4253, section 7.1); empty: none.
std::string agreed_kex(const KexInit::Names& client, const KexInit::Names& server);

/// The names of a list as it is written: "a,b".
std::vector<std::string> split_names(std::string_view list);
std::string join_names(const std::vector<std::string>& names);
bool holds(const std::vector<std::string>& names, const std::string& name);

}  // namespace rondo::ssh::detail
