#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

#include <rondo/net/address.h>
#include <rondo/runtime/clock.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/errors.h>

// getaddrinfo: the addresses of a name, without blocking the loop.
//
// asyncio calls the C library's getaddrinfo on its thread pool. There it cannot be called off: a
// lookup that was cancelled or timed out keeps its thread for up to half a minute, a dead name
// server and a thousand names hold the whole pool, and time is not the loop's. So names are looked
// up here by c-ares, which is a state machine and no more: it says which sockets it wants, those
// are waited for through the loop's one door, the deadlines are timers of the loop, and a
// cancellation closes the sockets. No thread is needed, and no answer is kept: each lookup asks.
//
// In what order: an address stands for itself; then comes the hosts file (and "localhost", which is
// known everywhere); then the name servers of resolv.conf, with its search domains. The two files
// are small and local, and are read on the spot.

namespace rondo {

/// The category of a ResolveError's code. Its values are getaddrinfo(3)'s: EAI_NONAME, EAI_AGAIN,
/// ...
const std::error_category& resolve_category() noexcept;

/// A name has no address, or none that could be found out; Python's socket.gaierror. `what()` names
/// the host and, if any were asked, the name servers. `code()` is one of
///
/// | code           | means                                                                    |
/// |----------------|--------------------------------------------------------------------------|
/// | EAI_NONAME     | there is no such host, or it is not a host's name                        |
/// | EAI_ADDRFAMILY | there is, but it has no address (of the family that was asked for)       |
/// | EAI_AGAIN      | no name server answered in time; later it may                            |
/// | EAI_FAIL       | the name servers refuse, or their answers make no sense                  |
class ResolveError : public OSError {
 public:
  ResolveError(int eai_code, const std::string& what)
      : OSError(std::error_code(eai_code, resolve_category()), what) {}
};

/// How names are looked up.
class ResolverOptions {
 public:
  ResolverOptions();

  /// AF_INET or AF_INET6: only such addresses; AF_UNSPEC: both.
  int family = AF_UNSPEC;
  /// Whom to ask instead of resolv.conf's servers: addresses, with or without a port
  /// ("192.0.2.1", "127.0.0.1:5353", "[::1]:5353").
  std::vector<std::string> servers;
  /// How long a lookup may take in all, more than 0. (A thousand at once wait for one another, see
  /// `getaddrinfo`; that time does not count.)
  Duration timeout = std::chrono::seconds(10);
  /// How often each server is asked, if it does not answer, 1 or more; 0: as often as resolv.conf
  /// says.
  int tries = 0;
  std::string hosts_file = "/etc/hosts";         ///< see hosts(5)
  std::string resolv_conf = "/etc/resolv.conf";  ///< see resolv.conf(5)
};

/// `co_await getaddrinfo("router1.lab", 22)` yields the addresses of a host, each with this port,
/// in the order in which they are to be tried: what the hosts file lists, in its order; of what
/// servers say IPv6 comes first, unless this machine has no route there (RFC 6724, rules 1 and 6,
/// without the rest). Never empty, nothing twice.
///
/// Each server is asked in turn, `tries` times round, for an equal part of the time that is left,
/// and no longer at a time than resolv.conf's "timeout" (5 s); one that fails is followed by the
/// next at once. What resolv.conf(5) says about search domains, "ndots", "attempts" and "use-vc"
/// holds; other options are ignored. On each thread at most 128 lookups ask servers at the same
/// time, with two sockets each; more wait for their turn.
///
/// Throws ResolveError; ValueError for options out of range; CancelledError when the task is
/// cancelled, at once and with all sockets closed. See asyncio's loop.getaddrinfo.
Coroutine<std::vector<Address>> getaddrinfo(std::string host, std::uint16_t port,
                                            ResolverOptions options);
Coroutine<std::vector<Address>> getaddrinfo(std::string host, std::uint16_t port);

/// `co_await getnameinfo(address)` yields the name of an address: what the hosts file lists it as
/// first, or else what the name servers say; the address itself, spelled out, when they know no
/// name. All else is as above. See asyncio's loop.getnameinfo.
Coroutine<std::string> getnameinfo(Address address, ResolverOptions options);
Coroutine<std::string> getnameinfo(Address address);

}  // namespace rondo
