#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/detail/file_operation.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/lock.h>

// What the handles of one open file share: its descriptor, its place in the file, and one buffer in
// front of reads or behind writes.
//
//     the file:   ... taken | ahead_ ...............| not read yet        reading
//     the file:   ... written by the kernel | behind_ ...                 writing
//                             the kernel's place: offset_
//
// The invariant: `ahead_` and `behind_` are never both filled. What the program sees as its place
// is `offset_` less what lies ahead, plus what waits behind. Places are counted here, and handed to
// the kernel with each request, so that a request that was cancelled moves nothing by itself.
//
// Everything below is to be called by who holds `lock`, but for what says otherwise.

namespace rondo::detail {

/// What a mode such as "r+" says. See Python's open.
class OpenMode {
 public:
  /// Throws ValueError, with the mode in its text, for one that Python does not know.
  explicit OpenMode(const std::string& mode);

  bool readable() const noexcept { return readable_; }
  bool writable() const noexcept { return writable_; }
  bool appending() const noexcept { return appending_; }
  /// O_..., as open(2) takes them.
  int flags() const noexcept { return flags_; }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  bool readable_ = false;
  bool writable_ = false;
  bool appending_ = false;
  int flags_ = 0;
};

/// What there is to know of a file that was opened.
class OpenedFile {
 public:
  FileDescriptor descriptor;
  std::string path;
  OpenMode mode;
  std::uint64_t size = 0;  // in bytes, when it was opened; 0 for what has none
  bool regular = true;
  bool seekable = true;  // does it have places?
};

class FileState final : public RefCounted<FileState> {
 public:
  /// Bytes of a buffer. A read of this many or more goes around it, and so does a write.
  static constexpr std::size_t buffer_size = 64 * 1024;

  FileState(Loop& loop, OpenedFile opened);
  /// Closes. What was not written is written here and now; what cannot be is reported.
  ~FileState();

  Lock lock;

  const std::string& path() const noexcept { return path_; }
  const OpenMode& mode() const noexcept { return mode_; }
  bool closed() const noexcept { return closed_; }
  bool seekable() const noexcept { return seekable_; }
  int descriptor() const noexcept { return descriptor_.get(); }

  /// Each throws ValueError on a closed file, UnsupportedOperation for what it cannot do.
  void check_open() const;
  void check_readable() const;
  void check_writable() const;
  void check_seekable() const;

  // Reading.

  std::string_view ahead() const noexcept { return ahead_.view(); }
  std::string take(std::size_t count);
  /// Writes what waits, if anything does: the buffer is for reading now.
  bool must_flush_first() const noexcept { return !behind_.empty(); }
  /// Reads more bytes ahead, one request's worth; false at the end of the file.
  Coroutine<bool> read_ahead();
  /// Adds to `bytes` until there are `count` of them, or the file ends. Whatever ends it early,
  /// what it has read is read ahead, and `bytes` is empty.
  Coroutine<void> read_up_to(std::string& bytes, std::optional<std::size_t> count);

  // Writing.

  /// The buffer is for writing now: what was read ahead is forgotten.
  void forget_ahead() noexcept;
  /// Room that is left in the buffer.
  bool fits_behind(std::size_t count) const noexcept;
  void append_behind(std::string_view bytes) { behind_.append(bytes); }
  /// Writes `bytes`, from place `done` on; `done` is always what the kernel has taken.
  Coroutine<void> write_around(std::string_view bytes, std::size_t& done);
  /// Writes what waits. What the kernel has not taken keeps waiting, whatever ends this early.
  Coroutine<void> flush(Effort effort = Effort::until_asked);

  // Places.

  std::uint64_t place() const noexcept { return offset_ - ahead_.size() + behind_.size(); }
  /// To be called with nothing behind.
  void move_to(std::uint64_t place) noexcept;
  Coroutine<std::uint64_t> size();

  // The end.

  /// Writes what waits and closes, even if that fails or is cancelled; what is not written then is
  /// reported or thrown.
  Coroutine<void> close();
  /// Closes without writing what waits. May be called by who does not hold `lock`: an operation
  /// that is in flight keeps the descriptor open until its end.
  Coroutine<void> discard();

  /// Tells the exception handler, or the standard error when the loop is gone.
  void report(const std::string& message, std::exception_ptr error) const noexcept;

 private:
  std::uint64_t request_place() const noexcept;
  std::size_t room_for(std::size_t have, std::optional<std::size_t> count) const noexcept;
  Coroutine<std::size_t> read_some(char* room, std::size_t count);
  Coroutine<std::size_t> write_some(std::string_view bytes, Effort effort);
  Coroutine<void> wait_until(short events, Effort effort);
  Coroutine<void> close_descriptor();
  void wrote(std::size_t count) noexcept;
  void write_now() noexcept;
  void report_unwritten(const std::string& why, std::exception_ptr error) const noexcept;

  Loop* loop_;  // to be used while it exists
  FileDescriptor descriptor_;
  std::string path_;
  OpenMode mode_;
  std::uint64_t size_when_opened_;  // in bytes; how much to expect
  std::uint64_t offset_ = 0;        // in bytes: where the next request begins
  ByteBuffer ahead_;
  ByteBuffer behind_;
  bool regular_;
  bool seekable_;
  bool awaits_writer_;  // a named pipe that nobody may have opened for writing yet
  bool closed_ = false;
  bool discarded_ = false;  // closed, and what waits behind is not wanted
};

}  // namespace rondo::detail
