#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include <sys/socket.h>

#include <rondo/net/address.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/future.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/transport.h>

// Datagrams: a transport that sends and receives messages, each whole or not at all, and the
// protocol that is told about them. These are asyncio.DatagramTransport and
// asyncio.DatagramProtocol; create_datagram_endpoint makes them.
//
// One receive is in flight from the beginning to the end, and at most one send, so datagrams leave
// in the order in which they were given. What the network says of a datagram that it could not
// deliver ends nothing: the protocol is told by `error_received`.

namespace rondo {

class DatagramTransport;

class DatagramProtocol : public BaseProtocol {
 public:
  /// The socket is there. First call of all.
  virtual void connection_made(DatagramTransport& transport) = 0;
  /// A datagram has come, perhaps an empty one. The bytes are good for this call.
  virtual void datagram_received(std::string_view bytes, const Address& sender) = 0;
  /// The same, but it was longer than the endpoint's `max_size`, and these are its first bytes.
  /// Unless this is overridden, the datagram is dropped, and `error_received` told so (EMSGSIZE).
  virtual void datagram_truncated(std::string_view bytes, const Address& sender);
  /// The kernel could not send or receive, or the network has reported (by ICMP) that an earlier
  /// datagram has not arrived: ConnectionRefusedError when nobody is at that port. The latter comes
  /// only to endpoints with a remote address. The transport goes on.
  virtual void error_received(std::exception_ptr error) = 0;
};

class DatagramTransport final : public detail::RefCounted<DatagramTransport>,
                                public BaseTransport,
                                private detail::LoopResource {
 public:
  /// What the kernel needs for a datagram besides its bytes, as asyncio counts it.
  static constexpr std::size_t header_size = 8;

  /// Takes over a bound or connected datagram socket. `remote`: to whom all datagrams go; empty
  /// when each says so. A datagram of more than `max_size` bytes is cut off.
  static detail::Ref<DatagramTransport> start(Loop& loop, FileDescriptor socket,
                                              std::shared_ptr<DatagramProtocol> protocol,
                                              const Address& remote, std::size_t max_size,
                                              ExtraInfo info = ExtraInfo());

  /// Sends one datagram, perhaps an empty one, in the background; errors go to `error_received`.
  /// After the end nothing is sent. Without an address it goes to the endpoint's remote address.
  /// Throws ValueError when there is none, or when there is one and `address` another.
  void sendto(std::string_view bytes, const Address& address = Address());
  /// The same; the future is done when the kernel has the datagram, and fails when it does not take
  /// it. Cancelling it calls nothing off.
  Future<void> send(std::string_view bytes, const Address& address = Address());

  /// Stops receiving, sends what is waiting, then closes.
  void close() override;
  void abort() override;
  bool is_closing() const noexcept override { return closing_; }
  std::size_t get_write_buffer_size() const noexcept override { return unsent_; }

  /// The socket, for getsockopt and the like; -1 once it is closed.
  int descriptor() const noexcept { return socket_.get(); }

 private:
  struct Outgoing {
    std::string bytes;
    Address address;       // empty: the socket is connected
    Future<void> sent;     // empty: nobody waits
    bool refused = false;  // an earlier datagram's refusal came in the place of its own answer
  };
  class ReceiveOperation final : public Operation {
   public:
    explicit ReceiveOperation(DatagramTransport& transport) noexcept : transport_(transport) {}
    void complete(int result) noexcept override { transport_.receive_done(result); }

   private:
    DatagramTransport& transport_;
  };
  class SendOperation final : public Operation {
   public:
    explicit SendOperation(DatagramTransport& transport) noexcept : transport_(transport) {}
    void complete(int result) noexcept override { transport_.send_done(result); }

   private:
    DatagramTransport& transport_;
  };
  class CloseOperation final : public Operation {
   public:
    explicit CloseOperation(DatagramTransport& transport) noexcept : transport_(transport) {}
    void complete(int result) noexcept override { transport_.close_done(result); }

   private:
    DatagramTransport& transport_;
  };

  DatagramTransport(Loop& loop, FileDescriptor socket, std::shared_ptr<DatagramProtocol> protocol,
                    const Address& remote, std::size_t max_size);
  friend class detail::RefCounted<DatagramTransport>;
  ~DatagramTransport() = default;

  void loop_closing() noexcept override { abort(); }
  void limits_changed() override {
    if (!closing_) check_water_marks(*protocol_);
  }
  Address destination(const Address& address) const;
  void enqueue(std::string_view bytes, const Address& address, Future<void> sent);
  void receive();
  void receive_done(int result) noexcept;
  void deliver(std::size_t count);
  void report(const std::exception_ptr& error);
  template <class Call>
  void tell(Call call);
  void send_next();
  void send_done(int result) noexcept;
  void sent(std::exception_ptr error);
  void drop_queue();
  void close_when_idle();
  void close_done(int result) noexcept;
  std::exception_ptr error(int result, const Address& peer) const;

  Loop& loop_;
  FileDescriptor socket_;
  std::shared_ptr<DatagramProtocol> protocol_;  // null once the socket is closed
  const Address remote_;                        // empty: none
  const bool connected_;                        // does the kernel know of remote_?
  ReceiveOperation receive_{*this};
  SendOperation send_{*this};
  CloseOperation close_{*this};

  // In the kernel's hands while receive_ is in flight.
  const std::size_t max_size_;
  const std::unique_ptr<char[]> room_;
  sockaddr_storage sender_{};
  iovec incoming_bytes_{};
  msghdr incoming_{};
  TimerHandle retry_;  // armed while memory is short

  std::deque<Outgoing> queue_;  // the first is in the kernel's hands while send_ is in flight
  iovec outgoing_bytes_{};
  msghdr outgoing_{};
  std::size_t unsent_ = 0;  // bytes in queue_, headers and all

  bool closing_ = false;  // nothing is received any more
  bool aborted_ = false;  // nothing is sent any more either
};

}  // namespace rondo
