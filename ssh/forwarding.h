#pragma once

#include <cstdint>
#include <memory>

#include <rondo/runtime/coroutine.h>

// Forwarded ports: what connects to one side of an SSH connection comes out at the other.

namespace rondo::ssh {

namespace detail {
class Listening;
}

/// A port that is forwarded. A cheap handle; dropping it changes nothing, the port is forwarded
/// until `close` or until the SSH connection ends. See asyncssh's SSHListener.
class Listener {
 public:
  explicit Listener(std::shared_ptr<detail::Listening> listening) noexcept
      : listening_(std::move(listening)) {}

  /// The port that is listened at, if it was asked for as 0 the one that was chosen.
  std::uint16_t port() const noexcept;
  /// Stops listening. Connections that stand go on.
  void close() const;
  bool is_closing() const noexcept;
  /// Waits until nobody listens any more and the last connection is over.
  Coroutine<void> wait_closed() const;

 private:
  std::shared_ptr<detail::Listening> listening_;
};

}  // namespace rondo::ssh
