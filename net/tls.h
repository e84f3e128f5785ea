#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <rondo/net/connect_options.h>
#include <rondo/net/ssl_context.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/clock.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// TLS: streams that nobody else can read or change, between peers that know each other by
// certificates. The reader and the writer are the same as those of a plain connection; what TLS
// adds lies in between, as in asyncio.
//
// What is different from a plain stream: it cannot be ended in one direction only (`can_write_eof`
// is false, and `write_eof` throws RuntimeError). When the peer says farewell, the reader sees the
// end, and this side, having sent what was written by then, closes too. A connection that ends
// without a farewell, cut by a failure or by somebody who wants to hide the rest, is an SSLEOFError
// to the reader, after what came before it, and never a plain end. `close` sends what was written,
// says farewell and waits for the peer's.
//
// `get_extra_info` also knows "version" ("TLSv1.3"), "cipher", "alpn" (the protocol that both sides
// agreed on), "peercert" (the peer's certificate as PEM) and "peercert_sha256", its fingerprint;
// empty where there is none.
//
// The arithmetic of a handshake takes a millisecond or so, and is done on the loop's thread.

namespace rondo {

class TlsOptions {
 public:
  TlsOptions() = default;
  explicit TlsOptions(std::string hostname) : server_hostname(std::move(hostname)) {}

  /// The server's name: asked for (SNI), and to be found in its certificate. Empty: the host that
  /// was connected to. Of no use to a server.
  std::string server_hostname;
  /// How long the handshake may take; then it is a TimeoutError. More than 0.
  Duration ssl_handshake_timeout = std::chrono::seconds(60);
  /// How long a close may take, from its call to the peer's farewell; then the connection is
  /// aborted, and `wait_closed` throws TimeoutError. More than 0.
  Duration ssl_shutdown_timeout = std::chrono::seconds(30);
};

/// Connects to `host` and `port` and makes it a TLS connection: `auto [reader, writer] = co_await
/// open_tls_connection("127.0.0.1", 443, context);`. Nothing but the handshake is sent before the
/// certificate was checked as `context` says, which must be a client's (`create_default_context`).
/// `options` are those of open_connection, the stream's limit among them.
/// Throws what open_connection throws; SSLCertVerificationError; SSLError, also when the peer does
/// not speak TLS; TimeoutError; ConnectionResetError when the peer hangs up; ValueError for a
/// context of a server or a timeout of 0; CancelledError, with the connection aborted. See
/// asyncio.open_connection with `ssl`.
Coroutine<std::pair<StreamReader, StreamWriter>> open_tls_connection(
    std::string host, std::uint16_t port, SSLContext context, TlsOptions tls = TlsOptions(),
    ConnectOptions options = ConnectOptions());

/// As start_server, but over TLS: `client_connected` runs once the handshake is done. `context` is
/// a server's (`SSLContext::server`). Handshakes that fail are the clients' affair and are told to
/// the loop's exception handler in debug mode only. Throws as start_server; ValueError as above.
Coroutine<Server> start_tls_server(ClientConnected client_connected, std::string host,
                                   std::uint16_t port, SSLContext context,
                                   TlsOptions tls = TlsOptions(),
                                   ServerOptions options = ServerOptions());

/// Makes a plain connection a TLS connection, as after STARTTLS: its reader and its writer stay the
/// same. Which side this is follows from the context; a client's needs `tls.server_hostname` to
/// check. Sends first what was written; bytes that were received and not read are taken for the
/// beginning of TLS, so that none that came unprotected is ever read as if it had been. Nobody may
/// be reading meanwhile. Throws as open_tls_connection, with the connection closed;
/// ConnectionResetError when it is closed already. See asyncio's StreamWriter.start_tls.
Coroutine<void> start_tls(StreamWriter writer, SSLContext context, TlsOptions tls = TlsOptions());

}  // namespace rondo
