#include <algorithm>
#include <array>

#include <rondo/ssh/detail/channel.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

constexpr std::size_t most_at_once = 32'700;  // bytes; what one packet of libssh2 holds
constexpr std::size_t read_at_once = 16 * 1024;

}  // namespace

Channel::Channel(std::shared_ptr<Session> session, LIBSSH2_CHANNEL* channel, std::uint32_t number,
                 std::shared_ptr<Protocol> protocol,
                 std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer)
    : session_(std::move(session)),
      channel_(channel),
      number_(number),
      protocol_(std::move(protocol)),
      stderr_buffer_(std::move(stderr_buffer)) {
  set_extra_info("peername", session_->peer());
  if (stderr_buffer_) stderr_buffer_->set_transport(&stderr_transport_);
  protocol_->connection_made(*this);
}

std::shared_ptr<Channel> Channel::handle_of(rondo::detail::Ref<Channel> channel) {
  Channel* const plain = channel.get();
  return std::shared_ptr<Channel>(plain,
                                  [channel = std::move(channel)](Channel*) { channel->close(); });
}

void Channel::write(std::string_view bytes) {
  if (write_eof_) throw RuntimeError("cannot call write() after write_eof()");
  if (closing_ || bytes.empty()) return;
  queue_.append(bytes);
  check_water_marks(*protocol_);
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

void Channel::StderrTransport::resume_reading() {
  channel_.stderr_paused_ = false;
  if (channel_.session_) channel_.session_->pump_soon();
}

void Channel::change_terminal_size(int columns, int rows) {
  new_size_.emplace(columns, rows);
  if (session_) session_->pump_soon();
}

Channel::Kept::~Kept() {
  channel_.kept_ = false;
  if (channel_.session_) channel_.session_->pump_soon();
}

Coroutine<void> Channel::wait_over(std::shared_ptr<Channel> channel) {
  if (!channel->over()) co_await channel->over_.wait();
}

bool Channel::check(ssize_t result) {
  if (result >= 0 || result == LIBSSH2_ERROR_EAGAIN || result == LIBSSH2_ERROR_CHANNEL_CLOSED ||
      result == LIBSSH2_ERROR_CHANNEL_EOF_SENT) {
    return true;
  }
  session_->fail();
  return false;
}

template <class Deliver>
std::size_t Channel::receive_from(int stream_id, const bool& paused, Deliver deliver) {
  std::array<char, read_at_once>
      bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  std::size_t delivered = 0;
  while (!paused && !closing_) {
    const ssize_t count = libssh2_channel_read_ex(channel_, stream_id, bytes.data(), bytes.size());
    if (!check(count) || count <= 0) break;
    session_->used();
    deliver(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
    delivered += static_cast<std::size_t>(count);
  }
  return delivered;
}

std::size_t Channel::receive() {
  if (channel_ == nullptr || read_eof_) return 0;
  if (closing_) {
    drop_all();
    return 0;
  }
  const auto to_protocol = [this](std::string_view bytes) { protocol_->data_received(bytes); };
  const auto to_stderr = [this](std::string_view bytes) {
    if (stderr_buffer_) stderr_buffer_->feed_data(bytes);
  };
  std::size_t count = receive_from(0, reading_paused_, to_protocol);
  count += receive_from(SSH_EXTENDED_DATA_STDERR, stderr_paused_, to_stderr);
  // That is 0 as long as libssh2 holds something that we have not taken.
  if (closing_ || libssh2_channel_eof(channel_) != 1) return count;
  read_eof_ = true;
  protocol_->eof_received();
  if (stderr_buffer_) stderr_buffer_->feed_eof();
  return count;
}

void Channel::receive_all() {
  do {
    reading_paused_ = stderr_paused_ = false;
  } while (receive() > 0);
}

// The server may have to be rid of it before it takes the rest of ours.
void Channel::drop_all() {
  std::array<char, read_at_once>
      bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  if (queue_.empty()) return;
  for (const int stream_id : {0, SSH_EXTENDED_DATA_STDERR}) {
    while (libssh2_channel_read_ex(channel_, stream_id, bytes.data(), bytes.size()) > 0) {
    }
  }
}

bool Channel::send_packet() {
  if (channel_ == nullptr || queue_.empty()) return false;
  const std::string_view bytes = queue_.view().substr(0, most_at_once);
  const ssize_t count = libssh2_channel_write_ex(channel_, 0, bytes.data(), bytes.size());
  if (count > 0) session_->used();
  if (count == LIBSSH2_ERROR_CHANNEL_CLOSED || count == LIBSSH2_ERROR_CHANNEL_EOF_SENT) {
    queue_.clear();  // nobody will ever read it
  } else if (!check(count) || count <= 0) {
    return false;  // the server's window is full; more bytes will come and open it
  } else {
    queue_.consume(static_cast<std::size_t>(count));
  }
  check_water_marks(*protocol_);
  return count > 0;
}

void Channel::finish_if_over() {
  if (channel_ == nullptr || kept_ || session_->is_closing()) return;
  if (new_size_ &&
      libssh2_channel_request_pty_size_ex(channel_, new_size_->first, new_size_->second, 0, 0) !=
          LIBSSH2_ERROR_EAGAIN) {
    new_size_.reset();
  }
  if (queue_.empty() && write_eof_ && !write_eof_sent_) {
    write_eof_sent_ = libssh2_channel_send_eof(channel_) != LIBSSH2_ERROR_EAGAIN;
  }
  if (read_eof_ && !closing_ && libssh2_channel_wait_closed(channel_) == 0) {
    closing_ = true;
    queue_.clear();
  }
  if (!closing_ || !queue_.empty()) return;
  // Tells the server that the channel is closed, and waits for it to say the same.
  const int freed = libssh2_channel_free(channel_);
  if (freed == LIBSSH2_ERROR_EAGAIN) return;
  channel_ = nullptr;
  finish(nullptr);
}

void Channel::session_lost(std::exception_ptr error) {
  channel_ = nullptr;  // the session frees it
  finish(std::move(error));
}

void Channel::finish(std::exception_ptr error) {
  const rondo::detail::Ref<Channel> keep(this);
  closing_ = true;
  error_ = error;
  if (stderr_buffer_) {
    stderr_buffer_->set_transport(nullptr);
    if (error && !read_eof_) {
      stderr_buffer_->set_exception(error);
    } else {
      stderr_buffer_->feed_eof();
    }
  }
  const auto session = std::move(session_);
  over_.wake_all();
  // What had ended before the connection did has ended well.
  const auto protocol = protocol_;
  protocol->connection_lost(read_eof_ ? nullptr : std::move(error));
  if (!session->lost()) session->remove_channel(*this);
}

}  // namespace rondo::ssh::detail
