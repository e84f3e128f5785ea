#pragma once

#include <stdexcept>
#include <string>

// What can go wrong with SSH, under asyncssh's names. Each text begins with host:port, and none
// ever holds a password. A connection that cannot be made at all is an OSError, as everywhere.

namespace rondo::ssh {

/// Base of all of them.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The server does not accept the user's credentials.
class PermissionDenied : public Error {
 public:
  using Error::Error;
};

/// The server's key is not the one that is known, or none is known. Nothing was sent to it.
class HostKeyNotVerifiable : public Error {
 public:
  using Error::Error;
};

/// A private key cannot be read: the text names its file, and what is wrong.
class KeyImportError : public Error {
 public:
  using Error::Error;
};

/// The two sides found no algorithms in common, or the handshake failed otherwise.
class KeyExchangeFailed : public Error {
 public:
  using Error::Error;
};

/// The connection ended before it was closed.
class ConnectionLost : public Error {
 public:
  using Error::Error;
};

/// The server refuses a session, a terminal, a command or a connection to somewhere else.
class ChannelOpenError : public Error {
 public:
  using Error::Error;
};

/// The server does not listen for us.
class ChannelListenError : public Error {
 public:
  using Error::Error;
};

/// A known_hosts file cannot be used; the text names file and line.
class KnownHostsError : public Error {
 public:
  using Error::Error;
};

/// A configuration file of OpenSSH's client cannot be used; the text names file and line.
class ConfigParseError : public Error {
 public:
  using Error::Error;
};

}  // namespace rondo::ssh
