#include <rondo/net/address.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/gather.h>
#include <rondo/ssh/detail/forward.h>
#include <rondo/ssh/detail/open_channel.h>
#include <rondo/ssh/detail/request.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh {

namespace detail {

/// A port that somebody listens at, here or at the server.
class Listening {
 public:
  virtual ~Listening() = default;
  virtual std::uint16_t port() const noexcept = 0;
  virtual void close() = 0;
  virtual bool is_closing() const noexcept = 0;
  virtual Coroutine<void> wait_closed() = 0;
};

namespace {

using Ends = std::pair<StreamReader, StreamWriter>;

Coroutine<void> pass_on(StreamReader from, StreamWriter to) {
  constexpr std::ptrdiff_t at_once = 64 * 1024;
  for (;;) {
    const std::string bytes = co_await from.read(at_once);
    if (bytes.empty()) break;
    to.write(bytes);
    co_await to.drain();
  }
  if (to.can_write_eof()) to.write_eof();
}

/// Joins two streams until both directions have ended, or one has broken.
Coroutine<void> join(Ends one, Ends other) {
  auto there = create_task(eager_start, pass_on(one.first, other.second));
  auto back = create_task(eager_start, pass_on(other.first, one.second));
  bool broken = false;
  try {
    co_await gather(there, back);
  } catch (const std::exception&) {
    // A connection that breaks on one side breaks on the other; nobody is there to be told.
    broken = true;
  }
  if (broken) {
    there.cancel();
    back.cancel();
    for (const StreamWriter& writer : {one.second, other.second}) {
      if (Transport* const transport = writer.transport()) transport->abort();
    }
    co_await gather(return_exceptions, there, back);
  }
}

/// A stream on a channel, with its two handles.
class ChannelStream {
 public:
  explicit ChannelStream(std::size_t limit)
      : stream_(std::make_shared<rondo::detail::Stream>(limit)) {}

  const std::shared_ptr<rondo::detail::Stream>& protocol() const noexcept { return stream_; }
  /// Both share `channel`, which is closed when both are gone.
  Ends ends(ChannelHandle channel) const {
    using Both = std::pair<ChannelHandle, std::shared_ptr<rondo::detail::Stream>>;
    const auto both = std::make_shared<Both>(std::move(channel), stream_);
    StreamReader reader(
        std::shared_ptr<rondo::detail::ReaderBuffer>(both, &stream_->reader_buffer()));
    return {std::move(reader),
            StreamWriter(std::shared_ptr<rondo::detail::Stream>(both, stream_.get()))};
  }

 private:
  std::shared_ptr<rondo::detail::Stream> stream_;
};

class LocalListening final : public Listening {
 public:
  explicit LocalListening(Server server) : server_(std::move(server)) {
    port_ = server_.sockets().front().port();
  }
  std::uint16_t port() const noexcept override { return port_; }
  void close() override { server_.close(); }
  bool is_closing() const noexcept override { return !server_.is_serving(); }
  Coroutine<void> wait_closed() override { return server_.wait_closed(); }

 private:
  Server server_;
  std::uint16_t port_;
};

/// libssh2 listens to what the server says, and the session's pump takes the connections from it.
class RemoteListening final : public Listening,
                              public std::enable_shared_from_this<RemoteListening> {
 public:
  RemoteListening(SessionPtr session, LIBSSH2_LISTENER* listener, std::uint16_t port,
                  std::string dest_host, std::uint16_t dest_port)
      : session_(std::move(session)),
        listener_(listener),
        port_(port),
        dest_host_(std::move(dest_host)),
        dest_port_(dest_port) {}

  void start() {
    session_->also_pump([self = shared_from_this()] { return self->pump(); });
    session_->call_when_lost([self = weak_from_this()] {
      if (const auto listening = self.lock()) listening->lost();
    });
  }
  std::uint16_t port() const noexcept override { return port_; }
  void close() override {
    if (closing_) return;
    closing_ = true;
    cancelling_ = create_task_on(session_->loop(), cancel(shared_from_this()));
  }
  bool is_closing() const noexcept override { return closing_; }
  Coroutine<void> wait_closed() override { return wait_until_closed(shared_from_this()); }

 private:
  using Pointer = std::shared_ptr<RemoteListening>;

  bool pump() {
    while (listener_ != nullptr && !closing_) {
      LIBSSH2_CHANNEL* const channel = libssh2_channel_forward_accept(listener_);
      if (channel == nullptr) return true;
      const ChannelStream stream(StreamReader::default_limit);
      auto transport = rondo::detail::make_ref<Channel>(session_, channel, Channel::no_number,
                                                        stream.protocol(), nullptr);
      session_->add_channel(transport);
      ++connections_;
      auto serving = serve(shared_from_this(), stream.ends(Channel::handle_of(transport)));
      create_task_on(session_->loop(), std::move(serving));
    }
    return false;
  }
  void lost() {
    listener_ = nullptr;  // the session frees it
    closing_ = true;
    changed_.wake_all();
  }
  static Coroutine<void> serve(Pointer self, Ends theirs) {
    try {
      auto [reader, writer] = co_await rondo::open_connection(self->dest_host_, self->dest_port_);
      co_await join(std::move(theirs), Ends(reader, writer));
    } catch (const std::exception&) {
      // Nobody is at the destination: the other side sees its connection end.
    } catch (...) {
      self->leave();
      throw;
    }
    self->leave();
  }
  void leave() {
    --connections_;
    changed_.wake_all();
  }
  static Coroutine<void> cancel(Pointer self) {
    const SessionPtr session = self->session_;
    auto request = cancel_request(self);
    const std::shared_ptr<Semaphore> control(session, &session->control());
    try {
      co_await finish_request(session, std::move(request), control);
    } catch (const Error&) {
      // The connection has ended, and the listening with it.
    }
    self->lost();
  }
  static Coroutine<void> cancel_request(Pointer self) {
    const auto call = [&] {
      return self->listener_ == nullptr ? 0 : libssh2_channel_forward_cancel(self->listener_);
    };
    co_await self->session_->drive(call);
    self->listener_ = nullptr;
  }
  static Coroutine<void> wait_until_closed(Pointer self) {
    while (!self->closing_ || self->listener_ != nullptr || self->connections_ > 0)
      co_await self->changed_.wait();
  }

  SessionPtr session_;
  LIBSSH2_LISTENER* listener_;  // null once it was cancelled, and when the connection is lost
  std::uint16_t port_;
  std::string dest_host_;
  std::uint16_t dest_port_;
  bool closing_ = false;
  int connections_ = 0;  // that came by it and stand
  Task<void> cancelling_;
  rondo::detail::SignalQueue changed_;
};

/// Closes it again if nobody takes it, because whoever asked for it was cancelled.
class Unclaimed {
 public:
  explicit Unclaimed(std::shared_ptr<RemoteListening> listening) noexcept
      : listening_(std::move(listening)) {}
  Unclaimed(Unclaimed&&) noexcept = default;
  Unclaimed& operator=(Unclaimed&&) = delete;
  ~Unclaimed() {
    if (listening_) listening_->close();
  }

  std::shared_ptr<RemoteListening> take() noexcept { return std::move(listening_); }

 private:
  std::shared_ptr<RemoteListening> listening_;  // null: taken
};

Coroutine<Unclaimed> listen(SessionPtr session, std::string listen_host, std::uint16_t listen_port,
                            std::string dest_host, std::uint16_t dest_port) {
  constexpr int most_waiting = 1000;
  int port = listen_port;
  LIBSSH2_LISTENER* listener = nullptr;
  const char* const host = listen_host.empty() ? nullptr : listen_host.c_str();
  const auto ask = [&] {
    listener =
        libssh2_channel_forward_listen_ex(session->get(), host, listen_port, &port, most_waiting);
    return listener != nullptr ? 0 : libssh2_session_last_errno(session->get());
  };
  const int asked = co_await session->drive(ask);
  if (asked != 0) {
    throw ChannelListenError(session->peer() + ": the server does not listen at " +
                             host_and_port(listen_host, listen_port) + ": " +
                             session->last_error());
  }
  auto listening = std::make_shared<RemoteListening>(
      session, listener, static_cast<std::uint16_t>(port), std::move(dest_host), dest_port);
  listening->start();
  co_return Unclaimed(std::move(listening));
}

}  // namespace

Coroutine<Ends> open_remote_connection(SessionPtr session, std::string host, std::uint16_t port,
                                       std::size_t limit) {
  const ChannelStream stream(limit);
  ChannelHandle channel =
      co_await open_direct_channel(std::move(session), std::move(host), port, stream.protocol());
  co_return stream.ends(std::move(channel));
}

Coroutine<Listener> forward_local(SessionPtr session, std::string listen_host,
                                  std::uint16_t listen_port, std::string dest_host,
                                  std::uint16_t dest_port) {
  if (session->is_closing()) std::rethrow_exception(session->lost_error());
  const auto serve = [session, dest_host, dest_port](StreamReader reader, StreamWriter writer) {
    return [](SessionPtr through, std::string host, std::uint16_t port,
              Ends client) -> Coroutine<void> {
      try {
        Ends remote =
            co_await open_remote_connection(through, host, port, StreamReader::default_limit);
        co_await join(std::move(client), std::move(remote));
      } catch (const Error&) {
        // The server cannot connect, or is gone: the client sees its connection end.
      }
    }(session, dest_host, dest_port, Ends(reader, writer));
  };
  Server server = co_await start_server(serve, std::move(listen_host), listen_port);
  if (session->lost()) {
    server.close();
    std::rethrow_exception(session->lost_error());
  }
  session->call_when_lost([server] { server.close(); });
  co_return Listener(std::make_shared<LocalListening>(std::move(server)));
}

Coroutine<Listener> forward_remote(SessionPtr session, std::string listen_host,
                                   std::uint16_t listen_port, std::string dest_host,
                                   std::uint16_t dest_port) {
  if (session->is_closing()) std::rethrow_exception(session->lost_error());
  auto request =
      listen(session, std::move(listen_host), listen_port, std::move(dest_host), dest_port);
  const std::shared_ptr<Semaphore> control(session, &session->control());
  Unclaimed unclaimed = co_await finish_request(session, std::move(request), control);
  co_return Listener(unclaimed.take());
}

}  // namespace detail

std::uint16_t Listener::port() const noexcept {
  return listening_->port();
}
void Listener::close() const {
  listening_->close();
}
bool Listener::is_closing() const noexcept {
  return listening_->is_closing();
}
Coroutine<void> Listener::wait_closed() const {
  return listening_->wait_closed();
}

}  // namespace rondo::ssh
