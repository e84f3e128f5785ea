#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <rondo/net/connect_options.h>
#include <rondo/net/server.h>
#include <rondo/net/start_server.h>
#include <rondo/net/telnet_codec.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// Telnet, for devices that know nothing better: a stream whose reader yields what the peer says and
// whose writer sends what the peer is to hear, with all that telnet says besides (options,
// commands, escapes) taken out and put in on the way. To log in is the business of whoever reads
// and writes. Everything travels in the clear, passwords too; where a device speaks SSH, use that.
//
// asyncio has no telnet; the stream is asyncio's.

namespace rondo {

namespace detail {
class TelnetTransport;
}

/// The writer of a telnet connection. A line ends in "\n": on the way it becomes the CR LF that
/// telnet wants, as "\r\n" does, if it is written in one piece.
class TelnetWriter : public StreamWriter {
 public:
  /// From the writer that `start_telnet_server` gives its handler. Throws RuntimeError when the
  /// connection is no telnet, or lost.
  explicit TelnetWriter(const StreamWriter& writer);

  // All of these do nothing once the connection is lost.

  /// Sends a command: interrupt_process, are_you_there and the like. Throws ValueError for one that
  /// is more than one byte, and RuntimeError after write_eof.
  void send_command(telnet::Command command) const;
  /// Sends the break key, which a console server passes on to the serial line.
  void send_break() const { send_command(telnet::Command::break_key); }
  /// Tells the server what the window is now, in characters; 0: not known.
  void set_window_size(std::uint16_t columns, std::uint16_t rows) const;

  /// Is the option in force, on this side or on the peer's?
  bool is_on_here(telnet::Option option) const noexcept;
  bool is_on_there(telnet::Option option) const noexcept;
  /// What the client has said of itself, for a server; empty or 0 before.
  std::string peer_terminal_type() const;
  std::uint16_t peer_columns() const noexcept;
  std::uint16_t peer_rows() const noexcept;
  /// Calls `handler` for each command that comes, break_key to erase_line, in order, after the data
  /// that came with it. It must not throw. Empty: they are ignored, as they are without this.
  void on_command(std::function<void(telnet::Command)> handler) const;

 private:
  friend Coroutine<std::pair<StreamReader, TelnetWriter>> open_telnet_connection(std::string,
                                                                                 std::uint16_t,
                                                                                 TelnetOptions,
                                                                                 ConnectOptions);
  TelnetWriter(const StreamWriter& writer, std::shared_ptr<detail::TelnetTransport> telnet)
      : StreamWriter(writer), telnet_(std::move(telnet)) {}

  std::shared_ptr<detail::TelnetTransport> telnet_;  // alive, though the connection may be lost
};

/// `auto [reader, writer] = co_await open_telnet_connection("r1.lab");` connects as open_connection
/// does, and throws what that throws; besides ValueError for options out of range. Reads throw
/// TelnetError when the peer does not keep to the protocol, and the connection is over then. What
/// reads and drains do when they are cancelled is StreamReader's and StreamWriter's: nothing is
/// lost.
Coroutine<std::pair<StreamReader, TelnetWriter>> open_telnet_connection(
    std::string host, std::uint16_t port, TelnetOptions telnet,
    ConnectOptions options = ConnectOptions());
Coroutine<std::pair<StreamReader, TelnetWriter>> open_telnet_connection(std::string host,
                                                                        std::uint16_t port = 23);

/// As start_server, for clients that speak telnet. The handler's writer can be made a TelnetWriter.
Coroutine<Server> start_telnet_server(ClientConnected client_connected, std::string host,
                                      std::uint16_t port, TelnetOptions telnet,
                                      ServerOptions options = ServerOptions());
Coroutine<Server> start_telnet_server(ClientConnected client_connected, std::string host,
                                      std::uint16_t port);

}  // namespace rondo
