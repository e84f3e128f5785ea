#include <rondo/net/detail/server_state.h>
#include <rondo/net/server.h>
#include <rondo/runtime/sleep.h>

namespace rondo {

std::vector<Address> Server::sockets() const {
  return state_->closed() ? std::vector<Address>() : state_->addresses();
}
bool Server::is_serving() const noexcept {
  return state_->is_serving();
}

namespace {

Coroutine<void> start(std::shared_ptr<detail::ServerState> state) {
  state->start_serving();
  co_await sleep(std::chrono::seconds(0));
}

}  // namespace

Coroutine<void> Server::start_serving() const {
  return start(state_);
}
Coroutine<void> Server::serve_forever() const {
  return detail::ServerState::serve_forever(state_);
}
void Server::close() const {
  state_->close();
}
Coroutine<void> Server::wait_closed() const {
  return detail::ServerState::wait_closed(state_);
}
void Server::close_clients() const {
  for (const auto& client : state_->clients()) {
    // A layer, as TLS is one, has more to send and a farewell of its own.
    const std::shared_ptr<Protocol> protocol = client->get_protocol();
    auto* const layer = dynamic_cast<Transport*>(protocol.get());
    (layer == nullptr ? *client : *layer).close();
  }
}
void Server::abort_clients() const {
  for (const auto& client : state_->clients())
    client->abort();
}

Coroutine<void> Server::aenter() const {
  co_return;
}
Coroutine<void> Server::aexit(std::exception_ptr) const {
  state_->close();
  return wait_closed();
}

}  // namespace rondo
