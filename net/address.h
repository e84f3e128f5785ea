#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

// Addresses: a host and a port, or a path in the file system, as people write them and as the
// kernel takes them.

namespace rondo {

/// The address of a socket: IPv4 or IPv6 with a port, or a Unix socket's.
class Address {
 public:
  /// No address; `empty()`.
  Address() noexcept = default;
  /// From what the kernel filled in. Families other than AF_INET, AF_INET6 and AF_UNIX become "".
  Address(const sockaddr_storage& storage, socklen_t length) noexcept
      : storage_(storage), length_(length) {}
  /// "127.0.0.1", "::1" or "fe80::1%eth0". Throws ValueError for what is not an address; names are
  /// not looked up here.
  Address(std::string_view host, std::uint16_t port);

  /// From "127.0.0.1:22" or "[::1]:22", as `text` writes it. Throws ValueError for anything else.
  static Address parse(std::string_view text);
  /// A Unix socket's: its path, which takes at most 107 bytes; or, when the first byte is '\0', an
  /// abstract name, which is no file. Throws ValueError when it is empty, too long, or a path with
  /// a '\0' in it. See unix(7).
  static Address of_path(std::string_view path);

  bool empty() const noexcept { return length_ == 0; }
  int family() const noexcept { return storage_.ss_family; }
  /// 0 for a Unix socket.
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  /// "127.0.0.1" or "::1"; empty for a Unix socket.
  std::string host() const;
  /// Of a Unix socket, as `of_path` takes it; empty for one without a name, and for other families.
  std::string path() const;
  /// For people: "127.0.0.1:22" or "[::1]:22"; a path; "@name" for an abstract name; empty for a
  /// Unix socket without a name.
  std::string text() const;

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t length() const noexcept { return length_; }

  /// The same family, host (with its scope, such as an interface) and port, or path.
  friend bool operator==(const Address& a, const Address& b) noexcept;

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;  // bytes of storage_ that count; 0: no address
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
