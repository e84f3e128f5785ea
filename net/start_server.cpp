#include <cerrno>
#include <list>

#include <netinet/in.h>

#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/task.h>

namespace rondo {

namespace detail {

namespace {

FileDescriptor listen_at(const Address& address, const ServerOptions& options) {
  FileDescriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket) throw_os_error(errno, "socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (options.reuse_port &&
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    throw_os_error(errno, "SO_REUSEPORT for " + address.text());
  }
  if (address.family() == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), address.get(), address.length()) != 0 ||
      ::listen(socket.get(), options.backlog) != 0) {
    throw_os_error(errno, "listen at " + address.text());
  }
  return socket;
}

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

}  // namespace

class ServerState : public std::enable_shared_from_this<ServerState> {
 public:
  ServerState(Loop& loop, ClientConnected client_connected, const ServerOptions& options)
      : loop_(loop), client_connected_(std::move(client_connected)), options_(options) {}

  void listen(const Address& address) {
    FileDescriptor socket = listen_at(address, options_);
    addresses_.push_back(local_address(socket.get()));
    listeners_.emplace_back(*this, std::move(socket)).accept();
    ++open_listeners_;
  }
  void keep_alive() { self_ = shared_from_this(); }
  const std::vector<Address>& addresses() const noexcept { return addresses_; }
  bool closed() const noexcept { return closed_; }

  void close() noexcept {
    if (closed_) return;
    closed_ = true;
    for (Listener& listener : listeners_)
      listener.close();
    check_gone();  // it may never have listened
  }

  template <class Visit>
  void for_each_client(Visit visit) {
    // A transport may drop out of the list while it is told.
    const std::vector<std::shared_ptr<Stream>> clients(clients_.begin(), clients_.end());
    for (const auto& client : clients) {
      if (Transport* transport = client->transport()) visit(*transport);
    }
  }

  static Coroutine<void> wait_closed(std::shared_ptr<ServerState> state) {
    while (!state->gone())
      co_await state->waiters_.wait();
  }

 private:
  /// One listening socket: an accept is in flight until it is closed.
  class Listener final : public Operation, private LoopResource {
   public:
    Listener(ServerState& server, FileDescriptor socket)
        : server_(server), socket_(std::move(socket)), close_(*this) {
      server_.loop_.add_resource(*this);
    }

    void accept() {
      retry_ = TimerHandle();
      server_.loop_.driver().prepare(*this, {Opcode::accept, socket_.get(), nullptr, 0});
    }
    void close() noexcept {
      if (closing_) return;
      closing_ = true;
      if (in_flight()) {
        server_.loop_.driver().cancel(*this);
      } else {
        retry_.cancel();
        close_socket();
      }
    }

   private:
    class CloseOperation final : public Operation {
     public:
      explicit CloseOperation(Listener& listener) noexcept : listener_(listener) {}
      void complete(int result) noexcept override {
        listener_.socket_.close_answered(result);
        listener_.LoopResource::unlink();
        listener_.server_.listener_closed();
      }

     private:
      Listener& listener_;
    };

    void loop_closing() noexcept override { server_.close(); }
    void complete(int result) noexcept override;
    void close_socket() {
      server_.loop_.driver().prepare(close_, {Opcode::close, socket_.get(), nullptr, 0});
    }

    ServerState& server_;
    FileDescriptor socket_;
    CloseOperation close_;
    TimerHandle retry_;  // armed while descriptors are short
    bool closing_ = false;
  };

  void serve(FileDescriptor socket);
  void report_end(const AnyFuture& task, const std::shared_ptr<Stream>& stream);
  bool gone() const noexcept { return open_listeners_ == 0 && clients_.empty(); }
  void listener_closed() noexcept {
    --open_listeners_;
    check_gone();
  }
  void check_gone() noexcept {
    if (!gone()) return;
    waiters_.wake_all();
    const std::shared_ptr<ServerState> last = std::move(self_);
  }

  Loop& loop_;
  ClientConnected client_connected_;
  const ServerOptions options_;
  std::list<Listener> listeners_;
  std::vector<Address> addresses_;
  std::size_t open_listeners_ = 0;
  std::list<std::shared_ptr<Stream>> clients_;
  SignalQueue waiters_;
  std::shared_ptr<ServerState> self_;  // until it is closed and the last client gone
  bool closed_ = false;
};

void ServerState::Listener::complete(int result) noexcept {
  if (result >= 0) {
    FileDescriptor socket(result);
    // The kernel may hand over a client in spite of the cancel; it is closed by leaving here.
    if (!closing_) server_.serve(std::move(socket));
  }
  if (closing_) {
    close_socket();
  } else if (result < 0 && out_of_resources(-result)) {
    // The client stays in the kernel's queue; asking again at once would only spin.
    server_.loop_.call_exception_handler(
        {"the server is out of descriptors or memory and pauses accepting for a second",
         make_os_error(-result, "accept"),
         {},
         {}});
    retry_ = server_.loop_.call_later(std::chrono::seconds(1), [this] { accept(); });
  } else {
    accept();
  }
}

void ServerState::serve(FileDescriptor socket) {
  auto stream = std::make_shared<Stream>(options_.limit);
  try {
    auto [reader, writer] = make_stream(loop_, std::move(socket), stream);
    const auto place = clients_.insert(clients_.end(), stream);
    stream->on_lost([this, place] {
      clients_.erase(place);
      check_gone();
    });
    auto task = create_task_on(loop_, client_connected_(reader, writer));
    task.add_done_callback([self = shared_from_this(), stream](const AnyFuture& done) {
      self->report_end(done, stream);
    });
  } catch (const OSError&) {
    // The client was gone before it could be asked for its name.
  } catch (...) {
    loop_.call_exception_handler(
        {"Unhandled exception in client_connected_cb", std::current_exception(), {}, {}});
    if (Transport* transport = stream->transport()) transport->close();
  }
}

void ServerState::report_end(const AnyFuture& task, const std::shared_ptr<Stream>& stream) {
  if (!task.cancelled()) {
    const std::exception_ptr error = task.exception();
    if (!error) return;
    loop_.call_exception_handler({"Unhandled exception in client_connected_cb", error, {}, {}});
  }
  if (Transport* transport = stream->transport()) transport->close();
}

}  // namespace detail

std::vector<Address> Server::sockets() const {
  return state_->closed() ? std::vector<Address>() : state_->addresses();
}
bool Server::is_serving() const noexcept {
  return !state_->closed();
}
void Server::close() const {
  state_->close();
}
Coroutine<void> Server::wait_closed() const {
  return detail::ServerState::wait_closed(state_);
}
void Server::close_clients() const {
  state_->for_each_client([](Transport& transport) { transport.close(); });
}
void Server::abort_clients() const {
  state_->for_each_client([](Transport& transport) { transport.abort(); });
}

Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, ServerOptions options) {
  const std::vector<Address> addresses = addresses_of(host, port);
  auto state = std::make_shared<detail::ServerState>(get_running_loop(),
                                                     std::move(client_connected), options);
  state->keep_alive();
  try {
    for (const Address& address : addresses)
      state->listen(address);
  } catch (...) {
    state->close();
    throw;
  }
  co_return Server(std::move(state));
}

Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, int backlog, std::size_t limit) {
  ServerOptions options;
  options.backlog = backlog;
  options.limit = limit;
  return start_server(std::move(client_connected), std::move(host), port, options);
}

}  // namespace rondo
