#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/transport.h>

// StreamReader: the bytes of a connection, taken by number, by line or up to a separator.
//
// The transport feeds a buffer in the background; the methods wait until what they want is in it
// and take it out. So a read that is cancelled or timed out loses nothing: what had come is still
// there for the next one. This is asyncio.StreamReader.

namespace rondo {

namespace detail {

/// The buffer that a reader's handles share with its transport.
class ReaderBuffer {
 public:
  explicit ReaderBuffer(std::size_t limit);

  /// Room for the transport's next bytes, and how many of it were filled.
  std::span<char> get_buffer();
  void buffer_updated(std::size_t count);
  void feed_data(std::string_view bytes);
  void feed_eof();
  void set_exception(std::exception_ptr error);

  /// Whom to pause when too much waits to be read; null: nobody.
  void set_transport(Transport* transport) noexcept { transport_ = transport; }

  const std::exception_ptr& exception() const noexcept { return exception_; }
  void check_exception() const;
  bool at_eof() const noexcept { return eof_ && buffer_.empty(); }
  bool eof() const noexcept { return eof_; }
  std::size_t limit() const noexcept { return limit_; }
  std::string_view view() const noexcept { return buffer_.view(); }

  /// Takes bytes out, and lets the transport go on when few enough are left.
  std::string take(std::size_t count);
  void drop(std::size_t count);

  /// Waits for more, or for the end. `method` is named when somebody else is waiting already.
  Coroutine<void> wait_for_data(const char* method);

 private:
  void data_arrived();
  void wake() noexcept;

  ByteBuffer buffer_;
  std::size_t limit_;         // bytes; reading pauses at twice as many
  std::size_t next_room_;     // bytes to offer the transport; grows while it fills them
  std::size_t offered_ = 0;   // bytes offered last
  Signal* waiter_ = nullptr;  // the one task that waits
  Transport* transport_ = nullptr;
  std::exception_ptr exception_;
  bool eof_ = false;
  bool paused_ = false;
};

}  // namespace detail

/// A cheap handle; copies read from the same stream. Only one task may wait at a time.
class StreamReader {
 public:
  static constexpr std::size_t default_limit = 64 * 1024;

  /// A reader that is fed by hand. `limit`, in bytes and more than 0, bounds what `readline` and
  /// `readuntil` look through. Throws ValueError for 0.
  explicit StreamReader(std::size_t limit = default_limit)
      : buffer_(std::make_shared<detail::ReaderBuffer>(limit)) {}
  explicit StreamReader(std::shared_ptr<detail::ReaderBuffer> buffer) noexcept
      : buffer_(std::move(buffer)) {}

  // All of these throw the exception that the connection ended with, if one did; CancelledError
  // when the task is cancelled, with nothing lost; and RuntimeError when another task waits on this
  // reader.

  /// What is there, at least one byte, at most `count`; empty at the end of the stream. A negative
  /// count: everything up to the end.
  Coroutine<std::string> read(std::ptrdiff_t count = -1) const;
  /// Up to and including the next '\n'; what is left at the end of the stream; empty after that.
  /// Throws ValueError when the line is longer than the limit, and drops it.
  Coroutine<std::string> readline() const;
  /// Exactly `count` bytes; the limit does not apply. Throws IncompleteReadError with what there
  /// was when the stream ends first, ValueError for a negative count.
  Coroutine<std::string> readexactly(std::ptrdiff_t count) const;
  /// Up to and including a separator; of several the one that ends first. Throws
  /// IncompleteReadError with what there was when the stream ends first, LimitOverrunError when
  /// there is no separator within the limit (the bytes stay), ValueError for an empty separator.
  Coroutine<std::string> readuntil(std::vector<std::string> separators) const;
  template <class... Separators>
    requires(sizeof...(Separators) > 0 && (std::convertible_to<Separators, std::string> && ...))
  Coroutine<std::string> readuntil(Separators... separators) const {
    std::vector<std::string> list;
    (list.emplace_back(std::move(separators)), ...);
    return readuntil(std::move(list));
  }
  Coroutine<std::string> readuntil() const { return readuntil("\n"); }
  /// The next line, or nothing at the end: `while (auto line = co_await reader.next())`.
  Coroutine<std::optional<std::string>> next() const;

  /// True when the stream has ended and everything was read.
  bool at_eof() const noexcept { return buffer_->at_eof(); }
  /// The exception that reads will throw, or null.
  std::exception_ptr exception() const noexcept { return buffer_->exception(); }

  // For whoever feeds it.
  void feed_data(std::string_view bytes) const { buffer_->feed_data(bytes); }
  void feed_eof() const { buffer_->feed_eof(); }
  void set_exception(std::exception_ptr error) const { buffer_->set_exception(std::move(error)); }
  void set_transport(Transport& transport) const noexcept { buffer_->set_transport(&transport); }

 private:
  std::shared_ptr<detail::ReaderBuffer> buffer_;
};

}  // namespace rondo
