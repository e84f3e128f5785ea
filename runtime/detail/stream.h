#pragma once

#include <exception>
#include <functional>
#include <memory>

#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/transport.h>

namespace rondo::detail {

/// The protocol between a transport and the two handles of a stream. The transport holds it until
/// the connection is lost, since the kernel may be writing into its buffer; the handles hold it
/// through `handle_of`, which closes the connection when the last of them goes.
class Stream final : public Protocol, public std::enable_shared_from_this<Stream> {
 public:
  /// Called when the connection stands; for a server.
  using Connected = std::function<void(std::shared_ptr<Stream>)>;

  explicit Stream(std::size_t limit, Connected connected = Connected())
      : reader_buffer_(std::make_shared<ReaderBuffer>(limit)), connected_(std::move(connected)) {}

  /// What the handles share.
  static std::shared_ptr<Stream> handle_of(std::shared_ptr<Stream> stream);
  static StreamReader reader_of(const std::shared_ptr<Stream>& handle) {
    return StreamReader(std::shared_ptr<ReaderBuffer>(handle, handle->reader_buffer_.get()));
  }

  void connection_made(Transport& transport) override;
  std::span<char> get_buffer() override { return reader_buffer_->get_buffer(); }
  void buffer_updated(std::size_t count) override { reader_buffer_->buffer_updated(count); }
  void data_received(std::string_view bytes) override { reader_buffer_->feed_data(bytes); }
  void data_lent(std::string_view bytes) override { reader_buffer_->lend_data(bytes); }
  void keep_lent_bytes() override { reader_buffer_->keep(); }
  void eof_received() override { reader_buffer_->feed_eof(); }
  void stream_cut_off(const std::exception_ptr& error) override { reader_buffer_->cut_off(error); }
  void connection_lost(std::exception_ptr error) override;
  void pause_writing() override { writing_paused_ = true; }
  void resume_writing() override;

  Transport* transport() const noexcept { return transport_; }
  ReaderBuffer& reader_buffer() const noexcept { return *reader_buffer_; }

  /// Would `drain` neither wait nor throw?
  bool drained() const noexcept {
    return !writing_paused_ && transport_ != nullptr && !reader_buffer_->exception() &&
           !transport_->is_closing();
  }
  static Coroutine<void> drain(std::shared_ptr<Stream> stream);
  static Coroutine<void> wait_closed(std::shared_ptr<Stream> stream);

 private:
  std::shared_ptr<ReaderBuffer> reader_buffer_;
  Connected connected_;             // empty: nobody asks; and once it was called
  Transport* transport_ = nullptr;  // null before the connection is made and after it is lost
  SignalQueue drain_waiters_;
  SignalQueue close_waiters_;
  std::exception_ptr error_;  // what ended the connection; null for a plain close
  bool writing_paused_ = false;
  bool lost_ = false;
};

}  // namespace rondo::detail
