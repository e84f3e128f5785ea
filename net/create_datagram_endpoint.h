#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <rondo/net/datagram_transport.h>
#include <rondo/runtime/coroutine.h>

// create_datagram_endpoint: a UDP or Unix datagram socket with a protocol.

namespace rondo {

/// What a datagram socket is bound to, whom it talks to, and how:
/// `DatagramOptions().remote_addr("192.0.2.1", 161)`. Each method returns the options themselves.
class DatagramOptions {
 public:
  struct Place {
    std::string host;  // or the path
    std::uint16_t port = 0;
    bool is_path = false;
    bool is_given = false;
  };

  DatagramOptions();

  /// Where datagrams for us go: an address or a name, "" for all interfaces of one family; port 0:
  /// a free one.
  DatagramOptions& local_addr(std::string host, std::uint16_t port);
  /// To whom all datagrams go; those of others are not received.
  DatagramOptions& remote_addr(std::string host, std::uint16_t port);
  /// The same for Unix sockets; for paths see Address::of_path. A socket that is at the local path
  /// already is removed.
  DatagramOptions& local_path(std::string path);
  DatagramOptions& remote_path(std::string path);
  /// AF_INET, AF_INET6 or AF_UNIX: the only family to use; needed when no address is given.
  DatagramOptions& family(int family);
  /// Other sockets may be bound to the same address, if they say so too; the kernel deals the
  /// datagrams out among them (SO_REUSEPORT).
  DatagramOptions& reuse_port(bool on = true);
  /// Datagrams may go to a broadcast address. The socket is then not connected to its remote
  /// address: what others send is received as well, and ICMP reports are not.
  DatagramOptions& allow_broadcast(bool on = true);
  /// The longest datagram that is received whole, in bytes, more than 0. No UDP datagram is longer
  /// than the default of 64 KiB; each endpoint has that much memory.
  DatagramOptions& max_size(std::size_t bytes);
  /// Of a DatagramEndpoint: how many datagrams may wait to be received, 1 or more; 1024 by default.
  DatagramOptions& queue_limit(std::size_t datagrams);

  // For those who make the socket.
  const Place& local() const noexcept { return local_; }
  const Place& remote() const noexcept { return remote_; }
  int family() const noexcept { return family_; }
  bool reuses_port() const noexcept { return reuse_port_; }
  bool allows_broadcast() const noexcept { return allow_broadcast_; }
  std::size_t max_size() const noexcept { return max_size_; }
  std::size_t queue_limit() const noexcept { return queue_limit_; }

 private:
  Place local_;
  Place remote_;
  int family_ = AF_UNSPEC;
  bool reuse_port_ = false;
  bool allow_broadcast_ = false;
  std::size_t max_size_ = 64 * 1024;
  std::size_t queue_limit_ = 1024;
};

/// Makes a datagram socket, binds and connects it as the options say, and yields its transport.
/// When there are several local or remote addresses, those of one family are paired, and the first
/// pair that will do is taken. Throws OSError, whose text names the address; ValueError when the
/// options name no address and no family, or addresses of different families. See asyncio's
/// loop.create_datagram_endpoint.
Coroutine<detail::Ref<DatagramTransport>> create_datagram_endpoint(
    std::shared_ptr<DatagramProtocol> protocol, DatagramOptions options);

}  // namespace rondo
