#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/net/create_datagram_endpoint.h>
#include <rondo/runtime/coroutine.h>

// DatagramEndpoint: datagrams to be awaited, as a stream's bytes are.
//
// asyncio has no such thing; it is made of create_datagram_endpoint and a queue. The queue is
// bounded: a datagram that comes while it is full is dropped, as the kernel drops those that come
// while its own buffer is full, and counted.

namespace rondo {

namespace detail {
class EndpointState;
}

/// A message that has come, and from whom.
class Datagram {
 public:
  Datagram(std::string_view received, const Address& from, bool is_cut)
      : bytes(received), sender(from), truncated(is_cut) {}

  std::string bytes;
  Address sender;
  bool truncated;  ///< it was longer than the endpoint's max_size; the rest is lost
};

/// A cheap handle; copies mean the same socket. When the last one goes away, it is closed as by
/// `close`.
class DatagramEndpoint {
 public:
  explicit DatagramEndpoint(std::shared_ptr<detail::EndpointState> state) noexcept
      : state_(std::move(state)) {}

  /// The next datagram. Throws what the network has reported since the last call:
  /// ConnectionRefusedError when nobody is at the remote port; ConnectionError(ENOTCONN) when the
  /// endpoint is closed and nothing is left; CancelledError when the task is cancelled, with
  /// nothing lost. Several tasks may wait; they are served in turn.
  Coroutine<Datagram> receive_from() const;
  /// The same, or nothing when the endpoint is closed:
  /// `while (auto datagram = co_await endpoint.next())`.
  Coroutine<std::optional<Datagram>> next() const;

  /// Sends one datagram, and waits until the kernel has it, which says nothing about its arrival.
  /// Without an address it goes to the remote address. Datagrams leave in the order of the calls.
  /// Throws OSError when the kernel does not take it: EMSGSIZE when it is too long;
  /// ConnectionError(ENOTCONN) when the endpoint is closed; ValueError for an address that is
  /// missing, or not the remote one. Cancelling ends the wait only; the datagram is sent all the
  /// same.
  Coroutine<void> send_to(std::string bytes, Address address) const;
  Coroutine<void> send(std::string bytes) const;

  /// Stops receiving, sends what is waiting, then closes. What has come already can still be
  /// received.
  void close() const;
  /// Closes at once.
  void abort() const;
  bool is_closing() const noexcept;
  Coroutine<void> wait_closed() const;

  /// Datagrams that were dropped because nobody received them in time, so far.
  std::uint64_t dropped() const noexcept;
  /// The address that the socket is bound to.
  const Address& local_address() const noexcept;
  /// "sockname", "peername", "socket"; empty for others, and once it is closed.
  std::string get_extra_info(std::string_view name) const;

  // For async_with.
  Coroutine<void> aenter() const;
  Coroutine<void> aexit(std::exception_ptr error) const;

 private:
  std::shared_ptr<detail::EndpointState> state_;
};

/// Makes an endpoint: `auto endpoint = co_await open_datagram_endpoint(options);`. Throws as
/// create_datagram_endpoint.
Coroutine<DatagramEndpoint> open_datagram_endpoint(DatagramOptions options);

}  // namespace rondo
