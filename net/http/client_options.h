#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include <rondo/net/http/headers.h>
#include <rondo/net/http/url.h>
#include <rondo/net/ssl_context.h>
#include <rondo/runtime/clock.h>

// How requests are made: of a session, and of one request. (Classes with constructors rather than
// aggregates, so that one made inside a co_await expression is safe with g++ 12.)

namespace rondo::http {

/// Limits of time; zero: none. See aiohttp.ClientTimeout.
struct ClientTimeout {
  /// For the whole request: redirects, waiting for a free connection, the body's last byte.
  Duration total = std::chrono::minutes(5);
  /// To get a connection: waiting for a free one, or making one.
  Duration connect = Duration::zero();
  /// To make one: name, TCP and TLS.
  Duration sock_connect = Duration::zero();
  /// For the head of the answer, once the request is sent, and for each piece of its body.
  Duration sock_read = Duration::zero();
};

/// A user and a password for "Authorization: Basic" (RFC 7617). Whoever sees the bytes can read
/// them: use https.
class BasicAuth {
 public:
  /// Throws ValueError for a user with a colon in it, or control characters in either.
  BasicAuth(std::string login, std::string password);
  /// The header's value. A secret.
  std::string encode() const;

 private:
  std::string login_;
  std::string password_;
};

class RequestOptions {
 public:
  RequestOptions();

  Headers headers;                       ///< besides the session's; of equal names these count
  Query params;                          ///< added to the URL's query, encoded
  std::optional<BasicAuth> auth;         ///< instead of the session's
  bool allow_redirects = true;           ///< follow 301, 302, 303, 307 and 308 that say where to
  int max_redirects = 10;                ///< then TooManyRedirects
  std::optional<bool> raise_for_status;  ///< as in SessionOptions
  std::optional<ClientTimeout> timeout;  ///< instead of the session's
  std::optional<SSLContext> ssl;         ///< for https, instead of the session's
};

class SessionOptions {
 public:
  SessionOptions();

  std::string base_url;           ///< what URLs without a scheme are relative to
  Headers headers;                ///< of every request
  std::optional<BasicAuth> auth;  ///< goes to the server of the first URL only, not where it
                                  ///< redirects to
  ClientTimeout timeout;
  bool raise_for_status = false;  ///< an answer of 400 and above is a ClientResponseError
  /// Connections at a time, those that wait for the next request included; 0: any number. More
  /// requests than that wait for their turn.
  std::size_t limit = 100;
  std::size_t limit_per_host = 0;  ///< the same for each scheme, host and port
  /// How long a connection waits for the next request before it is closed. Zero: not at all.
  Duration keepalive_timeout = std::chrono::seconds(15);
  std::size_t max_head_size = 32 * 1024;  ///< of an answer, in bytes; at most 65536
  /// Whom to trust, for https. Nothing: whom the system trusts. Certificates and their names are
  /// checked unless this context does not.
  std::optional<SSLContext> ssl;
};

}  // namespace rondo::http
