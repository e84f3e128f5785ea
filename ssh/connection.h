#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <tuple>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/ssh/algorithms.h>

// ssh::Connection: an SSH client on the event loop; ssh::connect makes one.
//
// libssh2 does the protocol; it never sees a socket. What it wants to send goes into our own
// transport, what it wants to read comes from our own buffer, and when that is empty the task that
// needs more waits on the loop. So one thread serves a thousand connections, and a wait can be
// cancelled or timed out like any other.

namespace rondo::ssh {

namespace detail {
class Session;
}

/// The size of a terminal, in characters.
class TermSize {
 public:
  TermSize(int columns, int rows) noexcept : columns_(columns), rows_(rows) {}
  int columns() const noexcept { return columns_; }
  int rows() const noexcept { return rows_; }

 private:
  int columns_;
  int rows_;
};

/// A connection, logged in. A cheap handle; when the last copy goes, the connection is closed.
class Connection {
 public:
  explicit Connection(std::shared_ptr<detail::Session> session) noexcept
      : session_(std::move(session)) {}

  /// Opens an interactive shell on a terminal, and yields what to type into and what to read from:
  /// `auto [writer, reader, stderr_reader] = co_await connection.open_session("Dumb", size);`
  /// (With a terminal, a server sends everything to `reader`.) `limit`: see StreamReader. Throws
  /// ChannelOpenError when the server refuses, ConnectionLost when the connection ends. A
  /// cancellation in the middle of it ends the connection, for libssh2 could not start another one.
  Coroutine<std::tuple<StreamWriter, StreamReader, StreamReader>> open_session(
      std::string term_type, TermSize term_size,
      std::size_t limit = StreamReader::default_limit) const;

  /// Says good-bye, sends what was written, and closes. Sessions that are open end with it.
  void close() const;
  /// Closes at once.
  void abort() const;
  bool is_closing() const noexcept;
  /// Waits until the connection is closed.
  Coroutine<void> wait_closed() const;

  /// "host:port" as it was asked for.
  const std::string& peer() const noexcept;
  /// What the two sides have agreed on.
  NegotiatedAlgorithms algorithms() const;
  /// How the server names itself: "SSH-2.0-OpenSSH_9.2p1".
  std::string server_version() const;

 private:
  std::shared_ptr<detail::Session> session_;
};

}  // namespace rondo::ssh
