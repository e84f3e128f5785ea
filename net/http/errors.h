#pragma once

#include <stdexcept>
#include <string>

// What can go wrong with a request, under aiohttp's names. Each text begins with the method and the
// URL, without its query, which may hold a secret; a URL with a user and a password in it is
// refused before any of this. They form a tree, so that one `catch` takes as much of it as it
// likes:
//
//     ClientError
//       InvalidURL
//       ClientResponseError        there was an answer, and it is not what was hoped for
//         TooManyRedirects
//       ClientPayloadError         the body broke off, or cannot be understood
//       ClientConnectionError
//         ClientConnectorError     no connection could be made
//           ClientConnectorCertificateError
//         ServerConnectionError
//           ServerDisconnectedError
//           ServerTimeoutError
//
// aiohttp's ServerTimeoutError is an asyncio.TimeoutError besides; here it is none, since a class
// that has std::exception as a base twice is not caught as one.

namespace rondo::http {

/// Base of all of them.
class ClientError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The text is no URL that a request can be sent to.
class InvalidURL : public ClientError {
 public:
  using ClientError::ClientError;
};

/// The server's answer is an error, as `raise_for_status` says, or no HTTP at all.
class ClientResponseError : public ClientError {
 public:
  ClientResponseError(const std::string& text, int status) : ClientError(text), status_(status) {}
  /// The status of the answer; 400 when it was no HTTP, as in aiohttp.
  int status() const noexcept { return status_; }

 private:
  int status_;
};

/// The server went on redirecting.
class TooManyRedirects : public ClientResponseError {
 public:
  using ClientResponseError::ClientResponseError;
};

/// The body ended too early or is malformed, or it is no JSON.
class ClientPayloadError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// Something is wrong with the connection.
class ClientConnectionError : public ClientError {
 public:
  using ClientError::ClientError;
};

/// The server could not be reached: its name, its address or, for https, its handshake.
class ClientConnectorError : public ClientConnectionError {
 public:
  using ClientConnectionError::ClientConnectionError;
};

/// The server's certificate was not accepted. Nothing was sent to it.
class ClientConnectorCertificateError : public ClientConnectorError {
 public:
  using ClientConnectorError::ClientConnectorError;
};

/// The server ended the exchange.
class ServerConnectionError : public ClientConnectionError {
 public:
  using ClientConnectionError::ClientConnectionError;
};

/// The connection ended before the answer's head was there.
class ServerDisconnectedError : public ServerConnectionError {
 public:
  using ServerConnectionError::ServerConnectionError;
};

/// One of the limits of ClientTimeout was reached; the text says which.
class ServerTimeoutError : public ServerConnectionError {
 public:
  using ServerConnectionError::ServerConnectionError;
};

}  // namespace rondo::http
