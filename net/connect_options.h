#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include <sys/socket.h>

#include <rondo/net/address.h>
#include <rondo/net/socket_options.h>
#include <rondo/runtime/stream_reader.h>

namespace rondo {

/// How open_connection connects, and what is set for the connection (SocketOptions). There is no
/// time limit among them: that is what wait_for and timeout are for.
struct ConnectOptions : SocketOptions {
  std::size_t limit = StreamReader::default_limit;  ///< of the stream, see StreamReader
  /// The address to connect from; empty: the kernel chooses. Port 0: a free one. Addresses of
  /// another family are not tried then.
  Address local_addr;
  /// AF_INET or AF_INET6: only addresses of this family are tried.
  int family = AF_UNSPEC;
  /// Several addresses are tried in turn, IPv6 and IPv4 by turns: the next one when the one before
  /// has failed, or has not answered in this time; the first that answers is taken, and the others
  /// are called off. Nothing: strictly one after the other. See RFC 8305, "Happy Eyeballs".
  std::optional<std::chrono::milliseconds> happy_eyeballs_delay = std::chrono::milliseconds(250);
};

}  // namespace rondo
