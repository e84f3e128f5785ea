#include <cerrno>

#include <rondo/runtime/detail/stream.h>
#include <rondo/runtime/sleep.h>

namespace rondo::detail {

std::shared_ptr<Stream> Stream::handle_of(std::shared_ptr<Stream> stream) {
  Stream* const plain = stream.get();
  return std::shared_ptr<Stream>(plain, [stream = std::move(stream)](Stream*) {
    if (stream->transport_ != nullptr) stream->transport_->close();
  });
}

void Stream::connection_made(Transport& transport) {
  transport_ = &transport;
  reader_buffer_->set_transport(&transport);
  if (const auto connected = std::exchange(connected_, nullptr)) connected(shared_from_this());
}

void Stream::connection_lost(std::exception_ptr error) {
  lost_ = true;
  error_ = error;
  transport_ = nullptr;
  reader_buffer_->set_transport(nullptr);
  if (reader_buffer_->is_cut_off()) {
    // The readers see it when they have read what came before.
  } else if (error) {
    reader_buffer_->set_exception(error);
  } else {
    reader_buffer_->feed_eof();
  }
  drain_waiters_.wake_all();
  close_waiters_.wake_all();
}

void Stream::resume_writing() {
  writing_paused_ = false;
  drain_waiters_.wake_all();
}

Coroutine<void> Stream::drain(std::shared_ptr<Stream> stream) {
  if (const auto& error = stream->reader_buffer_->exception()) std::rethrow_exception(error);
  // A closing transport gets a turn to close in, or a loop of write and drain would never see it.
  const bool closing = stream->transport_ == nullptr || stream->transport_->is_closing();
  if (closing) co_await sleep(std::chrono::seconds(0));
  if (stream->writing_paused_ && !stream->lost_) co_await stream->drain_waiters_.wait();
  // With nothing left to send it is as good as closed, though the kernel may not have said so yet.
  const bool over = stream->lost_ || (closing && stream->transport_->get_write_buffer_size() == 0);
  if (!over) co_return;
  if (stream->error_) std::rethrow_exception(stream->error_);
  throw ConnectionResetError(ECONNRESET, "Connection lost");
}

Coroutine<void> Stream::wait_closed(std::shared_ptr<Stream> stream) {
  if (!stream->lost_) co_await stream->close_waiters_.wait();
  if (stream->error_) std::rethrow_exception(stream->error_);
}

}  // namespace rondo::detail
