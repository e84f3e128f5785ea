#pragma once

#include <chrono>
#include <optional>

// What can be set for each TCP connection.

namespace rondo {

/// TCP keepalive: when nothing has been heard of the peer for `idle`, it is asked every `interval`;
/// after `count` questions without an answer the connection ends with the error ETIMEDOUT. So one
/// that was switched off is noticed after idle + count * interval. Whole seconds, 1 to 32767, and
/// 1 to 127 questions. See tcp(7).
struct KeepAlive {
  std::chrono::seconds idle{60};
  std::chrono::seconds interval{10};
  int count = 6;
};

struct SocketOptions {
  /// What is written goes out at once, however little it is (TCP_NODELAY).
  bool no_delay = true;
  /// Nothing: the peer is never asked whether it is still there.
  std::optional<KeepAlive> keep_alive;
};

/// Sets the options of a TCP socket; others are left alone. Throws ValueError for values out of
/// range, OSError.
void set_socket_options(int socket, const SocketOptions& options);

}  // namespace rondo
