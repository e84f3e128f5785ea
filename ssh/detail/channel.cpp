#include <algorithm>
#include <array>

#include <rondo/ssh/detail/channel.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

constexpr std::size_t most_at_once = 32'700;  // bytes; what one packet of libssh2 holds

}  // namespace

Channel::Channel(std::shared_ptr<Session> session, LIBSSH2_CHANNEL* channel,
                 std::shared_ptr<rondo::detail::Stream> stream,
                 std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer)
    : session_(std::move(session)),
      channel_(channel),
      stream_(std::move(stream)),
      stderr_buffer_(std::move(stderr_buffer)) {
  set_extra_info("peername", session_->peer());
  stream_->connection_made(*this);
}

void Channel::write(std::string_view bytes) {
  if (write_eof_) throw RuntimeError("cannot call write() after write_eof()");
  if (closing_ || bytes.empty()) return;
  queue_.append(bytes);
  check_water_marks(*stream_);
  session_->pump_soon();
}

void Channel::write_eof() {
  if (write_eof_ || closing_) return;
  write_eof_ = true;
  session_->pump_soon();
}

void Channel::close() {
  if (closing_) return;
  closing_ = true;
  session_->pump_soon();
}

void Channel::abort() {
  queue_.clear();
  close();
}

void Channel::resume_reading() {
  reading_paused_ = false;
  if (session_) session_->pump_soon();
}

void Channel::pump() {
  if (channel_ == nullptr) return;
  if (!reading_paused_ && !read_eof_ && !closing_) {
    receive_from(0, stream_->reader_buffer());
    receive_from(SSH_EXTENDED_DATA_STDERR, *stderr_buffer_);
    if (!reading_paused_ && libssh2_channel_eof(channel_) == 1) {
      read_eof_ = true;
      stream_->reader_buffer().feed_eof();
      stderr_buffer_->feed_eof();
    }
  }
  send_queue();
  if (!closing_ || !queue_.empty()) return;
  // Tells the server that the channel is closed, and waits for it to say the same.
  if (libssh2_channel_free(channel_) == LIBSSH2_ERROR_EAGAIN) return;
  channel_ = nullptr;
  finish(nullptr);
}

void Channel::receive_from(int stream_id, rondo::detail::ReaderBuffer& buffer) {
  std::array<char, 16 * 1024>
      bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  while (!reading_paused_) {
    const ssize_t count = libssh2_channel_read_ex(channel_, stream_id, bytes.data(), bytes.size());
    if (count <= 0) return;
    buffer.feed_data({bytes.data(), static_cast<std::size_t>(count)});
  }
}

void Channel::send_queue() {
  while (!queue_.empty() && !session_->congested()) {
    const std::string_view bytes = queue_.view().substr(0, most_at_once);
    const ssize_t count = libssh2_channel_write_ex(channel_, 0, bytes.data(), bytes.size());
    if (count == LIBSSH2_ERROR_CHANNEL_CLOSED || count == LIBSSH2_ERROR_CHANNEL_EOF_SENT) {
      queue_.clear();  // nobody will ever read it
      break;
    }
    if (count <= 0) break;  // the server's window is full; more bytes will come and open it
    queue_.consume(static_cast<std::size_t>(count));
  }
  check_water_marks(*stream_);
  if (queue_.empty() && write_eof_ && !write_eof_sent_) {
    write_eof_sent_ = libssh2_channel_send_eof(channel_) != LIBSSH2_ERROR_EAGAIN;
  }
}

void Channel::session_lost(std::exception_ptr error) {
  channel_ = nullptr;  // the session frees it
  finish(std::move(error));
}

void Channel::finish(std::exception_ptr error) {
  const rondo::detail::Ref<Channel> keep(this);
  closing_ = true;
  if (error && !read_eof_) {
    stderr_buffer_->set_exception(error);
  } else {
    stderr_buffer_->feed_eof();
  }
  const auto session = std::move(session_);
  // What had ended before the connection did has ended well.
  stream_->connection_lost(read_eof_ ? nullptr : std::move(error));
  if (!session->lost()) session->remove_channel(*this);
}

}  // namespace rondo::ssh::detail
