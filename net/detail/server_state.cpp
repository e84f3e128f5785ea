#include <rondo/net/detail/server_state.h>
#include <rondo/net/detail/socket_transport.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

void ServerState::add(FileDescriptor socket, SocketFile file) {
  Listener::Owner& owner = *this;
  addresses_.push_back(local_address(socket.get()));
  listeners_.emplace_back(loop_, std::move(socket), std::move(file), owner);
  ++open_listeners_;
}

void ServerState::start_serving() {
  if (closed_) throw RuntimeError("the server is closed");
  if (serving_) return;
  serving_ = true;
  auto address = addresses_.begin();
  for (Listener& listener : listeners_) {
    listener.listen(backlog_, *address++);
  }
}

void ServerState::close() noexcept {
  if (closed_) return;
  closed_ = true;
  serving_ = false;
  for (Listener& listener : listeners_)
    listener.close();
  closers_.wake_all();
  check_gone();  // it may never have had a listener
}

void ServerState::client_arrived(FileDescriptor socket) noexcept {
  try {
    auto transport = start_socket_transport(loop_, std::move(socket), factory_());
    const auto place = clients_.insert(clients_.end(), transport);
    transport->on_closed([this, place] {
      clients_.erase(place);
      check_gone();
    });
  } catch (...) {
    loop_.call_exception_handler(
        {"Unhandled exception while a server took a client in", std::current_exception(), {}, {}});
  }
}

void ServerState::listener_closed() noexcept {
  --open_listeners_;
  check_gone();
}

void ServerState::check_gone() noexcept {
  if (!gone()) return;
  waiters_.wake_all();
  const std::shared_ptr<ServerState> last = std::move(self_);
}

Coroutine<void> ServerState::wait_closed(std::shared_ptr<ServerState> state) {
  while (!state->gone())
    co_await state->waiters_.wait();
}

Coroutine<void> ServerState::serve_forever(std::shared_ptr<ServerState> state) {
  if (state->serving_forever_) {
    throw RuntimeError("the server is already being awaited in serve_forever()");
  }
  state->start_serving();
  state->serving_forever_ = true;
  std::exception_ptr error;
  try {
    while (!state->closed_)
      co_await state->closers_.wait();
  } catch (...) {
    error = std::current_exception();
  }
  state->serving_forever_ = false;
  state->close();
  co_await wait_closed(state);
  if (error) std::rethrow_exception(error);
  throw CancelledError("the server was closed");
}

}  // namespace rondo::detail
