#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

// Addresses: a host and a port, as people write them and as the kernel takes them.

namespace rondo {

/// An IPv4 or IPv6 address with a port.
class Address {
 public:
  Address() noexcept = default;
  /// From what the kernel filled in. Families other than AF_INET and AF_INET6 become "".
  Address(const sockaddr_storage& storage, socklen_t length) noexcept
      : storage_(storage), length_(length) {}

  int family() const noexcept { return storage_.ss_family; }
  std::uint16_t port() const noexcept;
  /// "127.0.0.1" or "::1".
  std::string host() const;
  /// "127.0.0.1:22" or "[::1]:22".
  std::string text() const;

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t length() const noexcept { return length_; }

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

/// "host:port", with brackets around an IPv6 address; for messages.
std::string host_and_port(std::string_view host, std::uint16_t port);

/// The address that `text` spells ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"); nothing if it is a
/// name.
std::optional<Address> numeric_address(const std::string& text, std::uint16_t port);

/// The addresses that `host` stands for, in the order in which they are to be tried: itself if it
/// is an address, what the hosts file (`hosts_file`, as hosts(5) describes it) lists for the name
/// otherwise. Never asks a name server, as `getaddrinfo` (resolver.h) does, and never blocks on the
/// network. Throws OSError(ENOENT) when the name is not known.
std::vector<Address> addresses_of(const std::string& host, std::uint16_t port,
                                  const std::string& hosts_file = "/etc/hosts");

namespace detail {

/// What the hosts file lists for a name, in its order; the loopback for "localhost" and what ends
/// in ".localhost" if it lists nothing (RFC 6761, 6.3). Empty: it is not known without a server.
std::vector<Address> listed_addresses(const std::string& host, std::uint16_t port,
                                      const std::string& hosts_file);
/// The first name that the hosts file has for an address; empty if there is none.
std::string listed_name(const Address& address, const std::string& hosts_file);

}  // namespace detail

/// The address that a socket is bound to, or its peer's. Throws OSError.
Address local_address(int socket);
Address peer_address(int socket);

}  // namespace rondo
