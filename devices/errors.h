#pragma once

#include <stdexcept>
#include <string>

#include <rondo/runtime/errors.h>

// What can go wrong with a device, under scrapli's names. Each text begins with host:port, and none
// ever holds a password.

namespace rondo::devices {

/// Base of all of them: `catch (const devices::Error& error) { … error.what() … }`. It is no
/// std::exception itself, so that each of them can be one in its own right: a Timeout is a
/// rondo::TimeoutError, the others are std::runtime_errors.
class Error {
 public:
  virtual const char* what() const noexcept = 0;

 protected:
  Error() = default;
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() = default;
};

/// What all but Timeout have in common.
class DeviceError : public std::runtime_error, public Error {
 public:
  using std::runtime_error::runtime_error;
  const char* what() const noexcept override { return std::runtime_error::what(); }
};

/// The driver is not open: `open` was not called, or `close` was.
class ConnectionNotOpened : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// No connection could be made, or it has ended, or it was left in the middle of a command and can
/// be used again only after `recover`.
class ConnectionError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// The device does not accept the credentials, or its key is not the one that is known.
class AuthenticationFailed : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// What was waited for did not come in time. The text shows what that was, and the last output.
class Timeout : public rondo::TimeoutError, public Error {
 public:
  using rondo::TimeoutError::TimeoutError;
  const char* what() const noexcept override { return rondo::TimeoutError::what(); }
};

/// A command has failed; thrown by `raise_for_status`, and where a step of the driver's own fails.
class CommandFailure : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// A privilege level cannot be reached, or there is none of that name.
class PrivilegeError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// There is no platform of that name, or none that looks like this device.
class UnsupportedPlatform : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// A definition of a platform cannot be used; the text begins with file:line instead of a host.
class PlatformError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

}  // namespace rondo::devices
