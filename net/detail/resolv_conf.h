#pragma once

#include <string>
#include <vector>

#include <rondo/net/address.h>
#include <rondo/runtime/clock.h>

// What resolv.conf(5) says: whom to ask, for what, how often.

namespace rondo::detail {

class ResolvConf {
 public:
  /// Whom to ask when no file says so: the server of this machine; names below its own domain.
  ResolvConf();
  /// What the text of the file says. Lines that make no sense are skipped, as resolv.conf(5) has
  /// it.
  static ResolvConf parse(const std::string& text);
  /// The same for a file; what `ResolvConf()` says when it cannot be read.
  static ResolvConf read(const std::string& path);

  /// The names to ask for in turn, when `host` is looked for: itself first if it has at least
  /// `ndots` dots, last otherwise; alone if it ends in a dot.
  std::vector<std::string> names_to_ask(const std::string& host) const;

  std::vector<Address> servers;     // at least one, at most three
  std::vector<std::string> search;  // domains, without a dot at either end
  int ndots = 1;
  int attempts = 2;                            // of each server, 1 to 5
  Duration timeout = std::chrono::seconds(5);  // of one attempt, 1 s to 30 s
  bool use_vc = false;                         // TCP from the start
};

/// A name server as people write it: an address, or "address:port" with brackets around an IPv6
/// address; port 53 if it has none. Throws ValueError for anything else.
Address parse_name_server(const std::string& text);

}  // namespace rondo::detail
