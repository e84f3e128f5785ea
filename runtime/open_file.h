#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <rondo/runtime/async_generator.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/file_state.h>

// open_file: files that are read and written while the loop goes on.
//
// What asyncio programs use aiofiles for, without its threads: each request is an operation of the
// kernel's. A File has a buffer of 64 KiB in front of its reads or behind its writes, as Python's
// files have, so a line costs no request of its own. What is written reaches the file when the
// buffer is full, at `flush`, and at `close`:
//
//     co_await async_with(open_file("routes.csv"), [](File file) -> Coroutine<> {
//       while (auto line = co_await file.next())
//         use(*line);
//     });
//
// Methods of one File that several tasks call at once are done one after the other, each as a
// whole, in the order of their calls.
//
// A cancelled method has done nothing or all that it says: bytes that a cancelled read had got are
// read next time, and what a cancelled `write` was given is written with what comes later.

namespace rondo {

/// An open file; a cheap handle, whose copies are the same file. Close it, best by async_with: a
/// File whose last handle goes away unclosed is closed there and then; what was not written is
/// written by that thread, which waits for it, and what cannot be written is reported to the loop's
/// exception handler (in debug mode, the omission too).
///
/// All methods that are awaited throw ValueError once it is closed, an OSError that names the path
/// when the kernel refuses, and CancelledError. Text and binary are the same bytes here.
class File {
 public:
  explicit File(detail::Ref<detail::FileState> state) noexcept : state_(std::move(state)) {}

  // Reading. These throw UnsupportedOperation, too, if it was not opened for that.

  /// `count` bytes, fewer only at the end of the file; all up to the end for a negative count. See
  /// Python's BufferedReader.read.
  Coroutine<std::string> read(std::ptrdiff_t count = -1) const;
  /// What is there, at least one byte unless the file has ended, at most `count`; asks the kernel
  /// once at the most. See Python's BufferedReader.read1.
  Coroutine<std::string> read1(std::ptrdiff_t count = -1) const;
  /// Up to and including the next '\n'; at most `limit` bytes unless that is negative, and for a
  /// file that somebody else wrote it had better not be. What is left at the end of the file; empty
  /// after that.
  Coroutine<std::string> readline(std::ptrdiff_t limit = -1) const;
  /// The lines up to the end, each with its '\n'.
  Coroutine<std::vector<std::string>> readlines() const;
  /// The next line, with its '\n', or nothing at the end: `while (auto line = co_await f.next())`.
  Coroutine<std::optional<std::string>> next() const;

  // Writing. These throw UnsupportedOperation, too, if it was not opened for that.

  /// Adds to the buffer, which is written when it is full; yields the number of bytes. After a
  /// CancelledError the text is in the buffer all the same. After an OSError (a full disk) none of
  /// it was taken, or, of a text that is bigger than the buffer, what `tell` counts; what the
  /// buffer held before stays in it, to be tried again. Throws BrokenPipeError when it is a pipe
  /// that nobody reads from any more.
  Coroutine<std::size_t> write(std::string text) const;
  /// Writes each element of a range as it is: lines bring their own '\n'.
  template <std::ranges::input_range R>
    requires std::convertible_to<std::ranges::range_reference_t<R>, std::string_view>
  Coroutine<std::size_t> writelines(R&& lines) const {
    std::string text;
    for (auto&& line : lines)
      text += std::string_view(line);
    return write(std::move(text));
  }
  /// Cuts the file off, or extends it by zeros, at `size` bytes; without one, where it stands. The
  /// position stays. A cancellation is thrown when it is done. Yields the size.
  Coroutine<std::uint64_t> truncate(std::optional<std::uint64_t> size = std::nullopt) const;
  /// The kernel has what was written.
  Coroutine<void> flush() const;
  /// The disk has what was written.
  Coroutine<void> fsync() const;

  // Positions, in bytes. These throw UnsupportedOperation for a pipe, which has none.

  /// Moves to `offset`, from the beginning (SEEK_SET), from the position (SEEK_CUR) or from the end
  /// (SEEK_END); yields the new position. What was written before is written out first. Throws
  /// ValueError for another `whence` and for a position before the beginning.
  Coroutine<std::uint64_t> seek(std::int64_t offset, int whence = SEEK_SET) const;
  Coroutine<std::uint64_t> tell() const;

  /// Writes what is in the buffer, and closes, whatever comes of the writing; throws that. A file
  /// is written to its end even if this is cancelled, which shows at the task's next await. A pipe
  /// is not waited for then: this throws CancelledError, and the exception handler is told how many
  /// bytes are lost. A second call does nothing.
  Coroutine<void> close() const;
  bool closed() const noexcept { return state_->closed(); }

  /// The path, as it was opened.
  const std::string& name() const noexcept { return state_->path(); }
  const std::string& mode() const noexcept { return state_->mode().text(); }
  bool readable() const noexcept { return state_->mode().readable(); }
  bool writable() const noexcept { return state_->mode().writable(); }
  bool seekable() const noexcept { return state_->seekable(); }
  /// The descriptor, which stays the File's. Throws ValueError once it is closed.
  int fileno() const;

  // For async_with: closes at the end.
  Coroutine<void> aenter() const { co_return; }
  Coroutine<void> aexit(std::exception_ptr error) const;

 private:
  friend class AtomicFile;

  detail::Ref<detail::FileState> state_;
};

/// What `open_file` returns: to be awaited once, for a File, or handed to async_with, which hands
/// the File to its body and closes it.
class [[nodiscard]] OpenFile {
 public:
  explicit OpenFile(Coroutine<File> opening) noexcept : opening_(std::move(opening)) {}
  auto operator co_await() { return detail::CoroutineAwaiter<File>(opening_); }

  Coroutine<File> aenter();
  Coroutine<void> aexit(std::exception_ptr error);

 private:
  Coroutine<File> opening_;
  std::optional<File> file_;  // from `aenter` on
};

/// `File file = co_await open_file(path, mode)`. The modes are Python's: "r" reads, "w" writes a
/// new file or one that it empties, "a" writes at the end, "x" writes a new file or fails, and a
/// "+" adds the other direction; "b" and "t" make no difference. A new file has the rights 0666
/// less the umask. The descriptor is closed in programs that are started.
///
/// A named pipe is opened for reading at once, and its first read waits for somebody to write; for
/// writing, this waits for somebody to read. See Python's open.
///
/// Throws ValueError for another mode, FileNotFoundError, FileExistsError, PermissionError,
/// IsADirectoryError or another OSError, UnsupportedOperation for a pipe in two directions. When it
/// is cancelled no descriptor stays open, but the file may have been made or emptied.
OpenFile open_file(std::string path, std::string mode = "r");

/// The lines of a file, each with its '\n', read when they are asked for:
/// `while (auto line = co_await all.next())`, where `auto all = lines(path)`. The file is opened by
/// the first `next`, which throws what open_file throws, and closed at the end or with the
/// generator.
AsyncGenerator<std::string> lines(std::string path);

/// All that is in the file. Throws as open_file and File::read do. See pathlib.Path.read_text.
Coroutine<std::string> read_text(std::string path);

/// Makes or empties the file and writes `text`; yields the number of bytes. What ends it early
/// leaves a part of the text in the file; see write_atomic. See pathlib.Path.write_text.
Coroutine<std::size_t> write_text(std::string path, std::string text);

}  // namespace rondo
