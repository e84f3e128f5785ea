#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/stream.h>
#include <rondo/runtime/transport.h>

// StreamWriter: bytes to send.
//
// `write` never waits: it hands the bytes to the transport, which sends them in the background, all
// that was written between two awaits in one piece. `drain` waits when too much has piled up. This
// is asyncio.StreamWriter.

namespace rondo {

namespace detail {

/// A drain that has nothing to wait for needs no coroutine.
class DrainAwaiter : public AwaiterBase {
 public:
  explicit DrainAwaiter(const Kept<Stream>& stream) noexcept : stream_(stream) {}

  bool await_ready() const noexcept { return stream_->drained(); }
  template <class ParentPromise>
  Transfer await_suspend(std::coroutine_handle<ParentPromise> parent) {
    waiting_.emplace(Stream::drain(stream_.shared()));
    return CoroutineAwaiter<void>(*waiting_).await_suspend(parent);
  }
  void await_resume() {
    if (waiting_) CoroutineAwaiter<void>(*waiting_).await_resume();
  }

 private:
  const Kept<Stream>& stream_;
  std::optional<Coroutine<void>> waiting_;  // nothing: there was no need to
};

}  // namespace detail

/// What `drain` returns: to be awaited, or given to create_task, wait_for and the like.
class [[nodiscard]] Drain : public detail::ConvertsToCoroutine<Drain, void> {
 public:
  explicit Drain(detail::Kept<detail::Stream> stream) noexcept : stream_(std::move(stream)) {}
  auto operator co_await() const { return detail::DrainAwaiter(stream_); }

 private:
  detail::Kept<detail::Stream> stream_;
};

/// A cheap handle; copies write to the same stream. When the last handle of a connection, reader
/// and writer alike, goes away, the connection is closed as by `close`.
class StreamWriter {
 public:
  explicit StreamWriter(std::shared_ptr<detail::Stream> stream) : stream_(std::move(stream)) {}

  /// Sends `bytes` in the background. After the connection was lost they are dropped, and `drain`
  /// throws. Throws RuntimeError after `write_eof`.
  void write(std::string_view bytes) const {
    if (Transport* transport = stream_->transport()) transport->write(bytes);
  }
  /// `write` for each element of a range.
  template <std::ranges::input_range R>
    requires std::convertible_to<std::ranges::range_reference_t<R>, std::string_view>
  void writelines(R&& lines) const {
    for (auto&& line : lines)
      write(line);
  }
  /// Waits until no more than the low-water mark is unsent, if it is more than the high-water mark
  /// now. Throws the exception that the connection ended with, ConnectionResetError when it is
  /// lost, CancelledError when the task is cancelled (what was written is sent all the same).
  Drain drain() const { return Drain(stream_); }

  /// Sends what was written, then ends this direction; the peer reads the end of the stream.
  void write_eof() const {
    if (Transport* transport = stream_->transport()) transport->write_eof();
  }
  bool can_write_eof() const noexcept {
    const Transport* transport = stream_->transport();
    return transport != nullptr && transport->can_write_eof();
  }

  /// Stops reading, sends what was written, then closes.
  void close() const {
    if (Transport* transport = stream_->transport()) transport->close();
  }
  bool is_closing() const noexcept {
    const Transport* transport = stream_->transport();
    return transport == nullptr || transport->is_closing();
  }
  /// Waits until the connection is closed. Throws the exception that it ended with, if one did.
  Coroutine<void> wait_closed() const { return detail::Stream::wait_closed(stream_.shared()); }

  /// What is known of the connection, see Transport::get_extra_info; empty once it is lost.
  std::string get_extra_info(std::string_view name) const {
    const Transport* transport = stream_->transport();
    return transport == nullptr ? std::string() : transport->get_extra_info(name);
  }
  /// The transport below; null once the connection is lost.
  Transport* transport() const noexcept { return stream_->transport(); }

 private:
  detail::Kept<detail::Stream> stream_;
};

}  // namespace rondo
