#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <sys/socket.h>

#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/detail/provided_buffers.h>

namespace rondo {

namespace {

std::uint32_t clamp_length(std::size_t length) {
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::uint32_t>(length < most ? length : most);
}

}  // namespace

DescriptorTransport::DescriptorTransport(Loop& loop, FileDescriptor socket,
                                         std::shared_ptr<Protocol> protocol)
    : loop_(loop), socket_(std::move(socket)), protocol_(std::move(protocol)) {
  loop_.add_resource(*this);
}

detail::Ref<DescriptorTransport> DescriptorTransport::start(Loop& loop, FileDescriptor socket,
                                                            std::shared_ptr<Protocol> protocol,
                                                            ExtraInfo info) {
  detail::Ref<DescriptorTransport> transport(
      new DescriptorTransport(loop, std::move(socket), std::move(protocol)));
  transport->set_extra_info(std::move(info));
  transport->add_ref();  // its own, given back when the descriptor is closed
  try {
    transport->protocol_->connection_made(*transport);
  } catch (...) {
    transport->abort();
    throw;
  }
  transport->start_reading();
  return transport;
}

void DescriptorTransport::start_reading() {
  if (reading_paused_ || read_eof_ || closing_ || read_.in_flight()) return;
  if (!end_of_turn_.is_ready()) loop_.at_end_of_turn(end_of_turn_);
}

void DescriptorTransport::start_writing() {
  if (!write_.in_flight() && !end_of_turn_.is_ready()) loop_.at_end_of_turn(end_of_turn_);
}

void DescriptorTransport::end_turn() {
  if (std::exchange(lent_, false)) protocol_->keep_lent_bytes();
  if (!write_.in_flight()) flush();
  if (!read_.in_flight()) read_on();
}

void DescriptorTransport::read_on() {
  if (reading_paused_ || read_eof_ || closing_) return;
  if (reading_ == Reading::many && loop_.driver().answers_many()) {
    loop_.driver().prepare(read_, {Opcode::receive_many, socket_.get()});
    return;
  }
  room_ = protocol_->get_buffer();
  loop_.driver().prepare(
      read_, {Opcode::receive, socket_.get(), room_.data(), clamp_length(room_.size())});
}

void DescriptorTransport::pause_reading() {
  reading_paused_ = true;
  stop_many();
}

void DescriptorTransport::resume_reading() {
  reading_paused_ = false;
  start_reading();
}

/// One request of many answers would go on. What comes before its end is kept.
void DescriptorTransport::stop_many() {
  if (reading_ != Reading::many || !read_.in_flight()) return;
  many_stopped_ = true;
  loop_.driver().cancel(read_);
}

// One of many pieces, in memory of the driver's.
void DescriptorTransport::bytes_arrived(std::string_view bytes) noexcept {
  if (closing_) return;
  if (bytes.size() == detail::ProvidedBuffers::size) {
    stop_many();
    reading_ = Reading::one;
  }
  lent_ = true;
  if (!end_of_turn_.is_ready()) loop_.at_end_of_turn(end_of_turn_);
  protocol_->data_lent(bytes);
}

void DescriptorTransport::read_done(int result) noexcept {
  const bool stopped = std::exchange(many_stopped_, false);
  const std::shared_ptr<Protocol> former = std::move(former_);
  if (lost_) {
    close_when_idle();
    return;
  }
  if (closing_) return;  // what comes after close() is nobody's
  if (result > 0) {
    if (result <= small_piece && std::cmp_less(result, room_.size())) reading_ = Reading::many;
    const std::string_view bytes(room_.data(), static_cast<std::size_t>(result));
    former ? protocol_->data_received(bytes) : protocol_->buffer_updated(bytes.size());
    start_reading();
  } else if (result == 0) {
    read_eof_ = true;
    protocol_->eof_received();
  } else if (result == -ENOBUFS) {
    reading_ = Reading::one;
    start_reading();
  } else if (result == -EINTR || result == -EAGAIN || (result == -ECANCELED && stopped)) {
    start_reading();
  } else {
    fail(result, "receive");
  }
}

void DescriptorTransport::set_protocol(std::shared_ptr<Protocol> protocol) {
  if (!protocol_) return;
  protocol_->keep_lent_bytes();
  if (read_.in_flight() && !former_) former_ = protocol_;
  protocol_ = std::move(protocol);
}

void DescriptorTransport::refuse_write() {
  throw RuntimeError("cannot call write() after write_eof()");
}

void DescriptorTransport::write(std::string_view bytes) {
  if (write_eof_) refuse_write();
  if (closing_ || bytes.empty()) return;
  queue_.append(bytes);
  check_water_marks(*protocol_, unsent());
  start_writing();
}

void DescriptorTransport::write_eof() {
  if (write_eof_ || closing_) return;
  write_eof_ = true;
  start_writing();
}

// Hands everything that waits to the kernel in one piece; when nothing does, what was to follow.
void DescriptorTransport::flush() {
  if (lost_) return;
  if (!queue_.empty()) {
    sending_.take_over(queue_);
    send_rest();
    return;
  }
  if (closing_) {
    lose(nullptr);
  } else if (write_eof_) {
    ::shutdown(socket_.get(), SHUT_WR);
  }
}

void DescriptorTransport::send_rest() {
  const std::span<char> rest = sending_.bytes();
  loop_.driver().prepare(write_,
                         {Opcode::send, socket_.get(), rest.data(), clamp_length(rest.size())});
}

void DescriptorTransport::write_done(int result) noexcept {
  const bool all_sent = std::cmp_equal(result, sending_.size());
  if (all_sent && queue_.empty() && !closing_ && !write_eof_ && !writing_paused()) {
    sending_.release();
  } else {
    go_on_writing(result);
  }
}

void DescriptorTransport::go_on_writing(int result) {
  if (lost_) {
    close_when_idle();
    return;
  }
  if (result < 0 && result != -EINTR && result != -EAGAIN) {
    fail(result, "send");
    return;
  }
  if (result > 0) sending_.consume(static_cast<std::size_t>(result));
  if (sending_.empty()) sending_.release();
  check_water_marks(*protocol_, unsent());
  if (!sending_.empty()) {
    send_rest();
  } else if (!queue_.empty() || closing_ || write_eof_) {
    flush();
  }
}

void DescriptorTransport::close() {
  if (closing_) return;
  closing_ = true;
  if (read_.in_flight()) loop_.driver().cancel(read_);
  if (get_write_buffer_size() == 0) {
    lose(nullptr);
  } else {
    start_writing();
  }
}

void DescriptorTransport::abort() {
  lose(nullptr);
}

[[gnu::noinline]] void DescriptorTransport::fail(int result, const char* what) {
  lose(make_os_error(-result, what));
}

void DescriptorTransport::lose(std::exception_ptr error) {
  if (lost_) return;
  if (std::exchange(lent_, false)) protocol_->keep_lent_bytes();
  closing_ = true;
  lost_ = true;
  error_ = std::move(error);
  queue_.clear();
  if (read_.in_flight()) loop_.driver().cancel(read_);
  if (write_.in_flight()) loop_.driver().cancel(write_);
  close_when_idle();
}

void DescriptorTransport::close_when_idle() {
  if (read_.in_flight() || write_.in_flight() || close_.in_flight()) return;
  loop_.driver().prepare(close_, {Opcode::close, socket_.get()});
}

void DescriptorTransport::close_done(int result) noexcept {
  socket_.close_answered(result);
  detail::LoopResource::unlink();
  const std::shared_ptr<Protocol> protocol = std::move(protocol_);
  protocol->connection_lost(error_);
  if (const auto callback = std::exchange(on_closed_, nullptr)) callback();
  release();
}

}  // namespace rondo
