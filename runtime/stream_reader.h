#pragma once

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/detail/kept.h>
#include <rondo/runtime/transport.h>

// StreamReader: the bytes of a connection, taken by number, by line or up to a separator.
//
// The transport feeds a buffer in the background; the methods wait until what they want is in it
// and take it out. So a read that is cancelled or timed out loses nothing: what had come is still
// there for the next one. This is asyncio.StreamReader.

namespace rondo {

namespace detail {

class ReadAwaiter;

/// The buffer that a reader's handles share with its transport.
class ReaderBuffer {
 public:
  explicit ReaderBuffer(std::size_t limit);

  /// Room for the transport's next bytes, and how many of it were filled.
  std::span<char> get_buffer() {
    const std::span<char> room = buffer_.prepare(next_room_);
    offered_ = room.size();
    return room;
  }
  void buffer_updated(std::size_t count) {
    if (count == offered_) offer_more();
    offered_ = 0;
    buffer_.commit(count);
    data_arrived();
  }
  void feed_data(std::string_view bytes) {
    if (bytes.empty()) return;
    buffer_.append(bytes);
    data_arrived();
  }
  /// As `feed_data`, without a copy of what is taken out before `keep`.
  void lend_data(std::string_view bytes) {
    buffer_.lend(bytes);
    data_arrived();
  }
  void keep() { buffer_.keep(); }
  void feed_eof();
  void set_exception(std::exception_ptr error);
  /// The stream ends here, by an error: unlike one that was set it is thrown only by reads that
  /// want more than there is.
  void cut_off(std::exception_ptr error);
  bool is_cut_off() const noexcept { return cut_off_ != nullptr; }

  /// Whom to pause when too much waits to be read; null: nobody.
  void set_transport(Transport* transport) noexcept { transport_ = transport; }

  const std::exception_ptr& exception() const noexcept { return exception_; }
  /// Will reads throw, now or when they have got what there is?
  bool failed() const noexcept { return failed_; }
  bool at_eof() const noexcept { return eof_ && buffer_.empty(); }
  bool eof() const noexcept { return eof_; }
  std::size_t limit() const noexcept { return limit_; }
  std::string_view view() const noexcept { return buffer_.view(); }
  std::size_t size() const noexcept { return buffer_.size(); }

  /// Takes bytes out, and lets the transport go on when few enough are left.
  std::string take(std::size_t count) {
    std::string bytes(buffer_.view().substr(0, count));
    drop(count);
    return bytes;
  }
  void drop(std::size_t count) {
    if (waiter_ != nullptr) taken_before_waiter();
    buffer_.consume(count);
    if (buffer_.empty() && offered_ == 0) buffer_.release();
    if (paused_ && buffer_.size() <= limit_) resume_transport();
  }

 private:
  friend class ReadAwaiter;

  [[noreturn]] static void throw_error(const std::exception_ptr& error);
  void data_arrived();
  void wake() noexcept;
  void taken_before_waiter() noexcept;
  void offer_more() noexcept;
  void pause_transport();
  void resume_transport();

  ByteBuffer buffer_;
  std::size_t limit_;              // bytes; reading pauses at twice as many
  std::size_t next_room_;          // bytes to offer the transport; grows while it fills them
  std::size_t offered_ = 0;        // bytes that the transport may be writing; 0: none
  ReadAwaiter* waiter_ = nullptr;  // the one task that waits
  Transport* transport_ = nullptr;
  std::exception_ptr exception_;
  std::exception_ptr cut_off_;  // why there is no more behind the bytes; null: there may be
  bool eof_ = false;
  bool failed_ = false;  // exception_ or cut_off_ is set
  bool paused_ = false;
};

/// Waits until there is in the buffer what a read wants, or the stream has ended. Nothing is taken
/// out before the task goes on, so that a cancelled read loses nothing.
class ReadAwaiter : public Waiter {
 public:
  explicit ReadAwaiter(ReaderBuffer& buffer) noexcept : buffer_(buffer) {}

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    if (buffer_.waiter_ != nullptr) refuse_to_wait();
    suspend(coroutine);
    begin_wait();
    deliver_pending_cancel();
  }
  const char* describe() const noexcept override { return "read"; }

 protected:
  friend class ReaderBuffer;

  ~ReadAwaiter() {
    if (buffer_.waiter_ == this) buffer_.waiter_ = nullptr;
  }

  /// In await_ready: of a buffer that has failed.
  bool ready_or_throw();
  /// In may_resume: not yet.
  void go_on_waiting();
  /// First thing in await_resume. Bytes that came before an error are looked at first.
  void end_wait() {
    if (!suspended()) return;
    buffer_.waiter_ = nullptr;
    if (will_be_cancelled() || buffer_.failed()) end_in_error();
  }

  ReaderBuffer& buffer_;

 private:
  /// Is enough in the buffer, or will there never be?
  virtual bool is_there() = 0;
  /// Somebody else takes bytes, while this one may have been woken for them.
  virtual void look_again() noexcept = 0;
  /// The method that is waiting, for messages.
  virtual const char* method() const noexcept = 0;
  // More than the limit may be wanted, by readexactly.
  void begin_wait() {
    buffer_.waiter_ = this;
    if (buffer_.paused_) buffer_.resume_transport();
  }
  void end_in_error();
  [[noreturn]] void refuse_to_wait() const;
};

inline void ReaderBuffer::wake() noexcept {
  if (waiter_ != nullptr) waiter_->set();
}

inline void ReaderBuffer::data_arrived() {
  if (waiter_ != nullptr) {
    if (!waiter_->is_there()) return;  // it wants more, so the transport is to go on
    waiter_->set();
  }
  if (buffer_.size() > 2 * limit_) pause_transport();
}

/// How each method reads. `is_there` may be asked often, `take` once after it was true.
class ReadSome {
 public:
  static constexpr const char* method = "read";
  /// At most `count` bytes; all up to the end if it is negative.
  explicit ReadSome(std::ptrdiff_t count) noexcept : count_(count) {}
  bool is_there(const ReaderBuffer& buffer) const noexcept {
    return buffer.eof() || count_ == 0 || (count_ > 0 && buffer.size() > 0);
  }
  std::string take(ReaderBuffer& buffer) const {
    return buffer.take(std::min(static_cast<std::size_t>(count_), buffer.size()));
  }

 private:
  std::ptrdiff_t count_;
};

class ReadInto {
 public:
  static constexpr const char* method = "readinto";
  explicit ReadInto(std::span<char> room) noexcept : room_(room) {}
  bool is_there(const ReaderBuffer& buffer) const noexcept {
    return buffer.size() > 0 || buffer.eof() || room_.empty();
  }
  std::size_t take(ReaderBuffer& buffer) const {
    const std::size_t count = std::min(room_.size(), buffer.size());
    if (count > 0) std::memcpy(room_.data(), buffer.view().data(), count);
    buffer.drop(count);
    return count;
  }

 private:
  std::span<char> room_;
};

class ReadExactly {
 public:
  static constexpr const char* method = "readexactly";
  explicit ReadExactly(std::ptrdiff_t count) noexcept : count_(count) {}
  bool is_there(const ReaderBuffer& buffer) const noexcept {
    return std::ssize(buffer.view()) >= count_ || buffer.eof();
  }
  std::string take(ReaderBuffer& buffer) const;

 private:
  std::ptrdiff_t count_;
};

class ReadUntil {
 public:
  static constexpr const char* method = "readuntil";
  explicit ReadUntil(std::vector<std::string> separators);
  bool is_there(const ReaderBuffer& buffer);
  std::string take(ReaderBuffer& buffer) const;
  void search_again() noexcept {
    searched_ = 0;
    begin_.reset();
  }

 private:
  std::vector<std::string> separators_;
  std::size_t shortest_ = 0;          // bytes, of the separators
  std::size_t longest_ = 0;           // the same
  std::size_t searched_ = 0;          // no separator begins before
  std::optional<std::size_t> begin_;  // where the one that ends first begins, once it is found
  std::size_t end_ = 0;               // and one past its end
};

class ReadLine {
 public:
  static constexpr const char* method = "readline";
  bool is_there(const ReaderBuffer& buffer);
  std::string take(ReaderBuffer& buffer) const;
  void search_again() noexcept {
    searched_ = 0;
    found_.reset();
  }

 private:
  std::size_t searched_ = 0;          // no newline before
  std::optional<std::size_t> found_;  // the newline
};

/// For iterating: no line at the end.
class NextLine : public ReadLine {
 public:
  std::optional<std::string> take(ReaderBuffer& buffer) const {
    std::string line = ReadLine::take(buffer);
    if (line.empty()) return std::nullopt;
    return line;
  }
};

template <class How>
class ReadAwaiterFor final : public ReadAwaiter {
 public:
  ReadAwaiterFor(ReaderBuffer& buffer, How& how) noexcept : ReadAwaiter(buffer), how_(how) {}

  bool await_ready() { return buffer_.failed() ? ready_or_throw() : how_.is_there(buffer_); }
  bool may_resume() override {
    if (will_be_cancelled() || buffer_.failed() || how_.is_there(buffer_)) return true;
    go_on_waiting();
    return false;
  }
  auto await_resume() {
    end_wait();
    return how_.take(buffer_);
  }

 private:
  bool is_there() override { return how_.is_there(buffer_); }
  void look_again() noexcept override {
    if constexpr (requires { how_.search_again(); }) how_.search_again();
    ask_before_step();
  }
  const char* method() const noexcept override { return How::method; }

  How& how_;
};

template <class How>
using ReadResult = decltype(std::declval<How&>().take(std::declval<ReaderBuffer&>()));

}  // namespace detail

/// What StreamReader's methods return: to be awaited once, or given to create_task, wait_for and
/// the like.
template <class How>
class [[nodiscard]] Read : public detail::ConvertsToCoroutine<Read<How>, detail::ReadResult<How>> {
 public:
  Read(detail::Kept<detail::ReaderBuffer> buffer, How how) noexcept
      : buffer_(std::move(buffer)), how_(std::move(how)) {}
  auto operator co_await() { return detail::ReadAwaiterFor<How>(*buffer_, how_); }

 private:
  detail::Kept<detail::ReaderBuffer> buffer_;
  How how_;
};

/// A cheap handle; copies read from the same stream. Only one task may wait at a time.
class StreamReader {
 public:
  static constexpr std::size_t default_limit = 64 * 1024;

  /// A reader that is fed by hand. `limit`, in bytes and more than 0, bounds what `readline` and
  /// `readuntil` look through. Throws ValueError for 0.
  explicit StreamReader(std::size_t limit = default_limit)
      : buffer_(std::make_shared<detail::ReaderBuffer>(limit)) {}
  explicit StreamReader(std::shared_ptr<detail::ReaderBuffer> buffer)
      : buffer_(std::move(buffer)) {}

  // All of these throw the exception that the connection ended with, if one did; CancelledError
  // when the task is cancelled, with nothing lost; and RuntimeError when another task waits on this
  // reader.

  /// What is there, at least one byte, at most `count`; empty at the end of the stream. A negative
  /// count: everything up to the end.
  Read<detail::ReadSome> read(std::ptrdiff_t count = -1) const {
    return Read(buffer_, detail::ReadSome(count));
  }
  /// As `read(room.size())`, into memory of the caller's, which must stay until then; yields how
  /// many bytes came, 0 at the end of the stream. Allocates nothing.
  Read<detail::ReadInto> readinto(std::span<char> room) const {
    return Read(buffer_, detail::ReadInto(room));
  }
  /// Up to and including the next '\n'; what is left at the end of the stream; empty after that.
  /// Throws ValueError when the line is longer than the limit, and drops it.
  Read<detail::ReadLine> readline() const { return Read(buffer_, detail::ReadLine()); }
  /// Exactly `count` bytes; the limit does not apply. Throws IncompleteReadError with what there
  /// was when the stream ends first, ValueError for a negative count.
  Read<detail::ReadExactly> readexactly(std::ptrdiff_t count) const {
    return Read(buffer_, detail::ReadExactly(count));
  }
  /// Up to and including a separator; of several the one that ends first. Throws
  /// IncompleteReadError with what there was when the stream ends first, LimitOverrunError when
  /// there is no separator within the limit (the bytes stay), ValueError for an empty separator.
  Read<detail::ReadUntil> readuntil(std::vector<std::string> separators) const {
    return Read(buffer_, detail::ReadUntil(std::move(separators)));
  }
  template <class... Separators>
    requires(sizeof...(Separators) > 0 && (std::convertible_to<Separators, std::string> && ...))
  Read<detail::ReadUntil> readuntil(Separators... separators) const {
    std::vector<std::string> list;
    (list.emplace_back(std::move(separators)), ...);
    return readuntil(std::move(list));
  }
  Read<detail::ReadUntil> readuntil() const { return readuntil("\n"); }
  /// The next line, or nothing at the end: `while (auto line = co_await reader.next())`.
  Read<detail::NextLine> next() const { return Read(buffer_, detail::NextLine()); }

  /// How many bytes have come and were not read. (rondo's own; asyncio hides it.)
  std::size_t buffered() const noexcept { return buffer_->size(); }
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
  detail::Kept<detail::ReaderBuffer> buffer_;
};

}  // namespace rondo
