#include <cerrno>
#include <variant>

#include <rondo/net/datagram_endpoint.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/queue.h>

namespace rondo {

namespace detail {

/// The protocol between the transport and the handles. The transport holds it until the socket is
/// closed; the handles hold it through `handle_of`, which closes the socket when the last one goes.
class EndpointState final : public DatagramProtocol {
 public:
  /// What waits to be received: a datagram or a report.
  using Item = std::variant<Datagram, std::exception_ptr>;

  explicit EndpointState(std::size_t queue_limit) : items(queue_limit) {}

  static std::shared_ptr<EndpointState> handle_of(std::shared_ptr<EndpointState> state) {
    EndpointState* const plain = state.get();
    return std::shared_ptr<EndpointState>(plain, [state = std::move(state)](EndpointState*) {
      if (state->transport != nullptr) state->transport->close();
    });
  }

  void connection_made(DatagramTransport& made) override { transport = &made; }
  void datagram_received(std::string_view bytes, const Address& sender) override {
    arrived(Datagram(bytes, sender, false));
  }
  void datagram_truncated(std::string_view bytes, const Address& sender) override {
    arrived(Datagram(bytes, sender, true));
  }
  void error_received(std::exception_ptr error) override { arrived(std::move(error)); }
  void connection_lost(std::exception_ptr) override {
    transport = nullptr;
    items.shutdown();
    closers.wake_all();
  }

  DatagramTransport* transport = nullptr;  // null once the socket is closed
  Queue<Item> items;
  std::uint64_t dropped = 0;
  Address local;
  SignalQueue closers;  // those who wait for the end

 private:
  void arrived(Item item) {
    if (items.full()) {
      ++dropped;
    } else {
      items.put_nowait(std::move(item));
    }
  }
};

namespace {

Coroutine<std::optional<Datagram>> next_of(std::shared_ptr<EndpointState> state) {
  try {
    EndpointState::Item item = co_await state->items.get();
    if (const auto* report = std::get_if<std::exception_ptr>(&item)) {
      std::rethrow_exception(*report);
    }
    co_return std::get<Datagram>(std::move(item));
  } catch (const QueueShutDown&) {
    // Closed, and nothing is left.
  }
  co_return std::nullopt;
}

[[noreturn]] void throw_closed() {
  throw ConnectionError(ENOTCONN, "the datagram endpoint is closed");
}

Coroutine<Datagram> receive_of(std::shared_ptr<EndpointState> state) {
  std::optional<Datagram> datagram = co_await next_of(std::move(state));
  if (!datagram) throw_closed();
  co_return *std::move(datagram);
}

Coroutine<void> send_by(std::shared_ptr<EndpointState> state, std::string bytes, Address address) {
  if (state->transport == nullptr) throw_closed();
  Future<void> sent = state->transport->send(bytes, address);
  co_await sent;
}

Coroutine<void> wait_for_end(std::shared_ptr<EndpointState> state) {
  while (state->transport != nullptr)
    co_await state->closers.wait();
}

}  // namespace

}  // namespace detail

Coroutine<Datagram> DatagramEndpoint::receive_from() const {
  return detail::receive_of(state_);
}
Coroutine<std::optional<Datagram>> DatagramEndpoint::next() const {
  return detail::next_of(state_);
}
Coroutine<void> DatagramEndpoint::send_to(std::string bytes, Address address) const {
  return detail::send_by(state_, std::move(bytes), address);
}
Coroutine<void> DatagramEndpoint::send(std::string bytes) const {
  return detail::send_by(state_, std::move(bytes), Address());
}

void DatagramEndpoint::close() const {
  if (state_->transport != nullptr) state_->transport->close();
}
void DatagramEndpoint::abort() const {
  if (state_->transport != nullptr) state_->transport->abort();
}
bool DatagramEndpoint::is_closing() const noexcept {
  return state_->transport == nullptr || state_->transport->is_closing();
}
Coroutine<void> DatagramEndpoint::wait_closed() const {
  return detail::wait_for_end(state_);
}

std::uint64_t DatagramEndpoint::dropped() const noexcept {
  return state_->dropped;
}
const Address& DatagramEndpoint::local_address() const noexcept {
  return state_->local;
}
std::string DatagramEndpoint::get_extra_info(std::string_view name) const {
  return state_->transport == nullptr ? std::string() : state_->transport->get_extra_info(name);
}

Coroutine<void> DatagramEndpoint::aenter() const {
  co_return;
}
Coroutine<void> DatagramEndpoint::aexit(std::exception_ptr) const {
  close();
  return wait_closed();
}

Coroutine<DatagramEndpoint> open_datagram_endpoint(DatagramOptions options) {
  auto state = std::make_shared<detail::EndpointState>(options.queue_limit());
  auto transport = co_await create_datagram_endpoint(state, std::move(options));
  state->local = local_address(transport->descriptor());
  co_return DatagramEndpoint(detail::EndpointState::handle_of(std::move(state)));
}

}  // namespace rondo
