#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/ssh/algorithms.h>
#include <rondo/ssh/forwarding.h>
#include <rondo/ssh/process.h>
#include <rondo/ssh/sftp.h>

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

/// A connection, logged in. A cheap handle; when the last copy goes, the connection is closed.
class Connection {
 public:
  explicit Connection(std::shared_ptr<detail::Session> session) noexcept
      : session_(std::move(session)) {}

  // A cancellation of any of these leaves the connection as it was: what the server was asked for
  // is closed as soon as it has answered. All throw ChannelOpenError when the server refuses, and
  // ConnectionLost when the connection ends.

  /// Opens an interactive shell on a terminal, and yields what to type into and what to read from:
  /// `auto [writer, reader, stderr_reader] = co_await connection.open_session("Dumb", size);`
  /// (With a terminal, a server sends everything to `reader`.) `limit`: see StreamReader.
  Coroutine<std::tuple<StreamWriter, StreamReader, StreamReader>> open_session(
      std::string term_type, TermSize term_size,
      std::size_t limit = StreamReader::default_limit) const;

  /// Starts a command; a shell when there is neither a command nor a subsystem. Throws ValueError
  /// for a zero byte in the command or in a variable.
  Coroutine<Process> create_process(std::string command = {},
                                    ProcessOptions options = ProcessOptions()) const;

  /// Runs a command, gives it `options.input` and the end of it, and waits until it has ended. The
  /// server gives the command to a shell, so put nothing into it that comes from outside. A
  /// cancellation closes its channel; whether it runs on is the server's matter. Otherwise as
  /// create_process and Process::wait.
  Coroutine<CompletedProcess> run(std::string command,
                                  ProcessOptions options = ProcessOptions()) const;
  /// The same, and throws ProcessError unless it returns 0:
  /// `co_await connection.run("show version", ssh::check)`.
  Coroutine<CompletedProcess> run(std::string command, CheckExit check) const;
  Coroutine<CompletedProcess> run(std::string command, ProcessOptions options,
                                  CheckExit check) const;

  /// A TCP connection that the server makes: it looks up `host` and connects to it. See
  /// rondo::open_connection for the streams.
  Coroutine<std::pair<StreamReader, StreamWriter>> open_connection(
      std::string host, std::uint16_t port, std::size_t limit = StreamReader::default_limit) const;

  /// Listens here, at `listen_host` and `listen_port` (0: a free one); for whoever connects, the
  /// server connects to the destination, and the bytes go to and fro. When it cannot, the client's
  /// connection is closed. Throws OSError when the address cannot be used.
  Coroutine<Listener> forward_local_port(std::string listen_host, std::uint16_t listen_port,
                                         std::string dest_host, std::uint16_t dest_port) const;

  /// The other way round: the server listens, we connect to the destination. `listen_host` is a
  /// matter of the server; sshd listens at 127.0.0.1 whatever it is (GatewayPorts). Throws
  /// ChannelListenError when the server refuses.
  Coroutine<Listener> forward_remote_port(std::string listen_host, std::uint16_t listen_port,
                                          std::string dest_host, std::uint16_t dest_port) const;

  /// Starts an SFTP session. ChannelOpenError: the server has none.
  Coroutine<SFTPClient> start_sftp_client() const;

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

  /// What the parts of this library share.
  const std::shared_ptr<detail::Session>& session() const noexcept { return session_; }

 private:
  std::shared_ptr<detail::Session> session_;
};

}  // namespace rondo::ssh
