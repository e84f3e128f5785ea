#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>

#include <rondo/net/address.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/file_descriptor.h>

#include "../runtime/test_stream_fixture.h"

// Peers made of plain sockets, which do what a well-behaved stream would not.

namespace rondo::test {

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr)
    ++count;
  ::closedir(directory);
  return count;
}

inline FileDescriptor bare_socket(int family = AF_INET) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw_os_error(errno, "socket");
  return FileDescriptor(fd);
}

/// Listens at a free port of the loopback.
inline FileDescriptor bare_listener(int backlog = 100) {
  FileDescriptor socket = bare_socket();
  const Address address = addresses_of("127.0.0.1", 0).front();
  if (::bind(socket.get(), address.get(), address.length()) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    throw_os_error(errno, "listen");
  }
  return socket;
}

/// Connects to a listener; the kernel does that alone, whether it is accepting or not.
inline void connect_now(const FileDescriptor& socket, const Address& address) {
  if (::connect(socket.get(), address.get(), address.length()) != 0) {
    throw_os_error(errno, "connect");
  }
}
inline FileDescriptor connect_now(const Address& address) {
  FileDescriptor socket = bare_socket(address.family());
  connect_now(socket, address);
  return socket;
}

/// A connection that waits to be accepted; none: an empty descriptor.
inline FileDescriptor accept_now(const FileDescriptor& listener) {
  pollfd waiting{listener.get(), POLLIN, 0};
  if (::poll(&waiting, 1, 0) != 1) return FileDescriptor();
  return FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

/// Ends the connection by a reset instead of an orderly end.
inline void reset_now(FileDescriptor socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/// True when the peer has ended the connection, whichever way.
inline bool has_ended(const FileDescriptor& socket) {
  char bytes[4096];
  const ssize_t count = ::recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

inline std::uint16_t port_of(const FileDescriptor& socket) {
  return local_address(socket.get()).port();
}

inline int option_of(int socket, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  ::getsockopt(socket, level, option, &value, &length);
  return value;
}

/// A port at which nobody listens: bound, so that nobody else gets it either.
inline FileDescriptor closed_port() {
  FileDescriptor socket = bare_socket();
  const Address address = addresses_of("127.0.0.1", 0).front();
  if (::bind(socket.get(), address.get(), address.length()) != 0) throw_os_error(errno, "bind");
  return socket;
}

}  // namespace rondo::test
