#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <rondo/runtime/coroutine.h>

// Transport: the way to a device's terminal, whatever it is made of. SSH and telnet are built in; a
// test, a serial line or a recorded session can be another, see Options::transport_factory.

namespace rondo::devices {

class Options;

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Connects, and logs in where that is the transport's business. Throws what `errors.h` lists;
  /// when it throws, CancelledError included, nothing is left open.
  virtual Coroutine<void> open() = 0;
  /// What the device has sent, at least one byte; empty at the end of the connection. A cancelled
  /// read loses nothing. Throws what ended the connection.
  virtual Coroutine<std::string> read() = 0;
  /// Sends in the background. Without effect once the connection has ended.
  virtual void write(std::string_view bytes) = 0;
  /// Sends what was written, and closes; waits until that is done, and throws nothing of what goes
  /// wrong with it. A second call does nothing.
  virtual Coroutine<void> close() = 0;
  /// False once the connection is known to have ended.
  virtual bool isalive() const noexcept = 0;
};

/// By the name that Options::transport has: "ssh" or "telnet". Throws ValueError for another one.
std::unique_ptr<Transport> make_transport(const Options& options);

}  // namespace rondo::devices
