#pragma once

#include <cstdint>
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
  void set_port(std::uint16_t port) noexcept;
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

/// The addresses that `host` stands for, in the order in which they are to be tried: itself if it
/// is an address, what the hosts file (`hosts_file`, as hosts(5) describes it) lists for the name
/// otherwise. Never asks a name server and never blocks on the network. Throws OSError(ENOENT) when
/// the name is not known.
std::vector<Address> addresses_of(const std::string& host, std::uint16_t port,
                                  const std::string& hosts_file = "/etc/hosts");

/// The address that a socket is bound to, or its peer's. Throws OSError.
Address local_address(int socket);
Address peer_address(int socket);

}  // namespace rondo
