#pragma once

#include <list>
#include <memory>
#include <vector>

#include <rondo/net/address.h>
#include <rondo/net/detail/listener.h>
#include <rondo/net/server.h>
#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/detail/signal_queue.h>

namespace rondo::detail {

/// What the handles of a Server share: its listeners, and the transports of its connections. It
/// keeps itself alive until it is closed and the last connection gone.
class ServerState final : public std::enable_shared_from_this<ServerState>,
                          private Listener::Owner {
 public:
  ServerState(Loop& loop, ProtocolFactory factory, int backlog)
      : loop_(loop), factory_(std::move(factory)), backlog_(backlog) {}

  /// Takes over a bound socket, which does not listen yet, and the file that goes with it.
  void add(FileDescriptor socket, SocketFile file = SocketFile());
  /// From now on it lives until it is closed and empty.
  void keep_alive() { self_ = shared_from_this(); }

  /// Throws RuntimeError when it is closed, OSError when an address cannot be listened at.
  void start_serving();
  bool is_serving() const noexcept { return serving_; }
  bool closed() const noexcept { return closed_; }
  void close() noexcept override;

  const std::vector<Address>& addresses() const noexcept { return addresses_; }
  /// The transports of all connections. A transport may drop out of the list while it is told.
  std::vector<Ref<DescriptorTransport>> clients() const {
    return {clients_.begin(), clients_.end()};
  }

  static Coroutine<void> wait_closed(std::shared_ptr<ServerState> state);
  static Coroutine<void> serve_forever(std::shared_ptr<ServerState> state);

 private:
  void client_arrived(FileDescriptor socket) noexcept override;
  void listener_closed() noexcept override;

  bool gone() const noexcept { return closed_ && open_listeners_ == 0 && clients_.empty(); }
  void check_gone() noexcept;

  Loop& loop_;
  const ProtocolFactory factory_;
  const int backlog_;
  std::list<Listener> listeners_;
  std::vector<Address> addresses_;  // of the listeners, in their order
  std::size_t open_listeners_ = 0;
  std::list<Ref<DescriptorTransport>> clients_;
  SignalQueue closers_;  // those who wait for the close
  SignalQueue waiters_;  // those who wait for the end of it all
  std::shared_ptr<ServerState> self_;
  bool serving_ = false;
  bool serving_forever_ = false;
  bool closed_ = false;
};

}  // namespace rondo::detail
