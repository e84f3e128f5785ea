#pragma once

#include <memory>
#include <string>

#include <libssh2.h>

#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/stream.h>
#include <rondo/runtime/transport.h>

// A channel of an SSH session as a transport, so that its two ends are an ordinary StreamReader and
// StreamWriter.
//
// The session pumps it whenever bytes have come: what libssh2 has for the channel goes to the
// readers, unless they hold enough, and what waits to be sent goes to libssh2, as far as the
// server's window and our own socket allow.

namespace rondo::ssh::detail {

class Session;

class Channel final : public rondo::detail::RefCounted<Channel>, public Transport {
 public:
  /// Takes over an open channel.
  Channel(std::shared_ptr<Session> session, LIBSSH2_CHANNEL* channel,
          std::shared_ptr<rondo::detail::Stream> stream,
          std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer);

  void write(std::string_view bytes) override;
  void write_eof() override;
  bool can_write_eof() const noexcept override { return true; }
  void close() override;
  void abort() override;
  bool is_closing() const noexcept override { return closing_; }
  void pause_reading() override { reading_paused_ = true; }
  void resume_reading() override;
  bool is_reading() const noexcept override { return !reading_paused_ && !closing_; }
  std::size_t get_write_buffer_size() const noexcept override { return queue_.size(); }

  /// Moves bytes both ways until nothing more goes. Called by the session.
  void pump();
  /// The session is over; `error` is null when we closed it.
  void session_lost(std::exception_ptr error);

 private:
  void limits_changed() override { check_water_marks(*stream_); }
  void receive_from(int stream_id, rondo::detail::ReaderBuffer& buffer);
  void send_queue();
  void finish(std::exception_ptr error);

  std::shared_ptr<Session> session_;  // null once the channel is over
  LIBSSH2_CHANNEL* channel_;          // null once it is freed
  std::shared_ptr<rondo::detail::Stream> stream_;
  std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer_;
  rondo::detail::ByteBuffer queue_;  // written, and not handed to libssh2
  bool reading_paused_ = false;
  bool read_eof_ = false;   // the server will send no more, and the readers know
  bool write_eof_ = false;  // we end our direction when the queue is empty
  bool write_eof_sent_ = false;
  bool closing_ = false;  // freed as soon as the queue is empty and the server agrees
};

}  // namespace rondo::ssh::detail
