#include <cerrno>

#include <rondo/net/datagram_transport.h>
#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

bool is_connected(int socket) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  return ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
}

std::exception_ptr closed_error() {
  return std::make_exception_ptr(ConnectionError(ENOTCONN, "the datagram endpoint is closed"));
}

}  // namespace

void DatagramProtocol::datagram_truncated(std::string_view bytes, const Address& sender) {
  error_received(make_os_error(EMSGSIZE, "a datagram from " + sender.text() + " of more than " +
                                             std::to_string(bytes.size()) +
                                             " bytes, the endpoint's max_size, was dropped"));
}

DatagramTransport::DatagramTransport(Loop& loop, FileDescriptor socket,
                                     std::shared_ptr<DatagramProtocol> protocol,
                                     const Address& remote, std::size_t max_size)
    : loop_(loop),
      socket_(std::move(socket)),
      protocol_(std::move(protocol)),
      remote_(remote),
      connected_(is_connected(socket_.get())),
      max_size_(max_size),
      room_(std::make_unique_for_overwrite<char[]>(max_size)) {
  loop_.add_resource(*this);
}

detail::Ref<DatagramTransport> DatagramTransport::start(Loop& loop, FileDescriptor socket,
                                                        std::shared_ptr<DatagramProtocol> protocol,
                                                        const Address& remote, std::size_t max_size,
                                                        ExtraInfo info) {
  detail::Ref<DatagramTransport> transport(
      new DatagramTransport(loop, std::move(socket), std::move(protocol), remote, max_size));
  transport->set_extra_info(std::move(info));
  transport->add_ref();  // its own, given back when the descriptor is closed
  try {
    transport->protocol_->connection_made(*transport);
  } catch (...) {
    transport->abort();
    throw;
  }
  if (!transport->closing_) transport->receive();
  return transport;
}

// --- receiving

void DatagramTransport::receive() {
  incoming_bytes_ = {room_.get(), max_size_};
  incoming_ = {};
  incoming_.msg_name = &sender_;
  incoming_.msg_namelen = sizeof sender_;
  incoming_.msg_iov = &incoming_bytes_;
  incoming_.msg_iovlen = 1;
  loop_.driver().prepare(receive_, {Opcode::receive_message, socket_.get(), &incoming_});
}

void DatagramTransport::receive_done(int result) noexcept {
  if (closing_) {
    close_when_idle();
    return;
  }
  if (result >= 0) {
    deliver(static_cast<std::size_t>(result));
  } else if (result != -EINTR && result != -EAGAIN) {
    report(error(result, remote_));
  }
  if (closing_) {
    close_when_idle();
  } else if (result == -ENOMEM || result == -ENOBUFS) {
    // What has come stays in the kernel; asking again at once would only spin.
    retry_ = loop_.call_later(std::chrono::milliseconds(100), [this] { receive(); });
  } else {
    receive();
  }
}

void DatagramTransport::deliver(std::size_t count) {
  const std::string_view bytes(room_.get(), count);
  const Address sender(sender_, incoming_.msg_namelen);
  const bool truncated = (incoming_.msg_flags & MSG_TRUNC) != 0;
  tell([&] {
    truncated ? protocol_->datagram_truncated(bytes, sender)
              : protocol_->datagram_received(bytes, sender);
  });
}

void DatagramTransport::report(const std::exception_ptr& error) {
  tell([&] { protocol_->error_received(error); });
}

// A protocol of the user's may throw, and the kernel's answers are no place for that.
template <class Call>
void DatagramTransport::tell(Call call) {
  try {
    call();
  } catch (...) {
    loop_.call_exception_handler(
        {"Unhandled exception in a datagram protocol", std::current_exception(), {}, {}});
  }
}

// --- sending

Address DatagramTransport::destination(const Address& address) const {
  if (remote_.empty()) {
    if (!address.empty()) return address;
    throw ValueError("this endpoint has no remote address: say to whom to send");
  }
  if (address.empty() || address == remote_) return remote_;
  throw ValueError("this endpoint sends to " + remote_.text() + " only, and not to " +
                   address.text());
}

void DatagramTransport::sendto(std::string_view bytes, const Address& address) {
  const Address to = destination(address);
  if (!closing_) enqueue(bytes, to, Future<void>());
}

Future<void> DatagramTransport::send(std::string_view bytes, const Address& address) {
  const Address to = destination(address);
  auto sent = Future<void>::create_on(loop_);
  if (closing_) {
    sent.set_exception(closed_error());
  } else {
    enqueue(bytes, to, sent);
  }
  return sent;
}

void DatagramTransport::enqueue(std::string_view bytes, const Address& address, Future<void> sent) {
  queue_.push_back({std::string(bytes), address, std::move(sent)});
  unsent_ += bytes.size() + header_size;
  check_water_marks(*protocol_);
  if (!send_.in_flight() && !queue_.empty()) send_next();
}

void DatagramTransport::send_next() {
  Outgoing& next = queue_.front();
  outgoing_bytes_ = {next.bytes.data(), next.bytes.size()};
  outgoing_ = {};
  if (!connected_) {
    outgoing_.msg_name = next.address.get();
    outgoing_.msg_namelen = next.address.length();
  }
  outgoing_.msg_iov = &outgoing_bytes_;
  outgoing_.msg_iovlen = 1;
  loop_.driver().prepare(send_, {Opcode::send_message, socket_.get(), &outgoing_});
}

void DatagramTransport::send_done(int result) noexcept {
  if (aborted_) {
    drop_queue();
    close_when_idle();
    return;
  }
  Outgoing& done = queue_.front();
  if (result == -ECONNREFUSED && connected_ && !done.refused) {
    // The answer to an earlier datagram; this one was not sent yet.
    done.refused = true;
    report(error(result, done.address));
  } else if (result >= 0) {
    sent(nullptr);
  } else if (result != -EINTR && result != -EAGAIN) {
    sent(error(result, done.address));
  }
  if (aborted_) {
    drop_queue();
    close_when_idle();
  } else if (!queue_.empty()) {
    if (!send_.in_flight()) send_next();
  } else if (closing_) {
    close_when_idle();
  }
}

// The first of the queue is done with.
void DatagramTransport::sent(std::exception_ptr error) {
  const Outgoing done = std::move(queue_.front());
  queue_.pop_front();
  unsent_ -= done.bytes.size() + header_size;
  const bool somebody_waits = done.sent && !done.sent.done();
  if (somebody_waits && error) {
    done.sent.set_exception(error);
  } else if (somebody_waits) {
    done.sent.set_result();
  } else if (error) {
    report(error);
  }
  check_water_marks(*protocol_);
}

std::exception_ptr DatagramTransport::error(int result, const Address& peer) const {
  return make_os_error(-result, "datagrams " + (peer.empty() ? "at " + get_extra_info("sockname")
                                                             : "to " + peer.text()));
}

// --- the end

void DatagramTransport::close() {
  if (closing_) return;
  closing_ = true;
  retry_.cancel();
  if (receive_.in_flight()) loop_.driver().cancel(receive_);
  if (queue_.empty()) close_when_idle();
}

void DatagramTransport::abort() {
  if (aborted_ || protocol_ == nullptr) return;
  closing_ = true;
  aborted_ = true;
  retry_.cancel();
  if (receive_.in_flight()) loop_.driver().cancel(receive_);
  if (send_.in_flight()) {
    loop_.driver().cancel(send_);
  } else {
    drop_queue();
    close_when_idle();
  }
}

void DatagramTransport::drop_queue() {
  unsent_ = 0;
  while (!queue_.empty()) {
    const Outgoing dropped = std::move(queue_.front());
    queue_.pop_front();
    if (dropped.sent && !dropped.sent.done()) dropped.sent.set_exception(closed_error());
  }
}

void DatagramTransport::close_when_idle() {
  if (receive_.in_flight() || send_.in_flight() || close_.in_flight() || !queue_.empty()) return;
  loop_.driver().prepare(close_, {Opcode::close, socket_.get()});
}

void DatagramTransport::close_done(int result) noexcept {
  socket_.close_answered(result);
  detail::LoopResource::unlink();
  const std::shared_ptr<DatagramProtocol> protocol = std::move(protocol_);
  protocol->connection_lost(nullptr);
  release();
}

}  // namespace rondo
