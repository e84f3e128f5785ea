#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>

#include <fcntl.h>
#include <sys/stat.h>

#include <rondo/runtime/cancel_scope.h>
#include <rondo/runtime/open_file.h>
#include <rondo/runtime/shield.h>
#include <rondo/runtime/sleep.h>
#include <rondo/runtime/to_thread.h>

namespace rondo {

namespace {

using detail::FileState;
using State = detail::Ref<FileState>;

// --- Opening

Coroutine<bool> is_named_pipe(std::string path) {
  struct statx facts{};
  Request request{Opcode::stat, AT_FDCWD, path.data()};
  request.second = &facts;
  const int result = co_await detail::operate(request);
  co_return result == 0 && S_ISFIFO(facts.stx_mode);
}

/// Never waits inside the kernel, not even for the other end of a named pipe: it would not hear of
/// a cancellation there.
Coroutine<FileDescriptor> open_descriptor(std::string path, int flags) {
  constexpr mode_t rights_of_new_files = 0666;
  constexpr Duration longest_pause = std::chrono::milliseconds(50);
  Duration pause = std::chrono::milliseconds(1);
  Request request{Opcode::open, AT_FDCWD, path.data(), rights_of_new_files};
  request.flags = static_cast<std::uint32_t>(flags | O_NONBLOCK);
  while (true) {
    const int result = co_await detail::operate(request);
    if (result >= 0) co_return FileDescriptor(result);
    // Nobody reads from the pipe yet; or somebody has a lease on the file, and is asked to end it.
    bool later = result == -EAGAIN;
    if (result == -ENXIO) later = co_await is_named_pipe(path);
    if (!later) throw_os_error(-result, "open " + path);
    co_await sleep(pause);
    pause = std::min(2 * pause, longest_pause);
  }
}

Coroutine<File> open(std::string path, std::string mode_text) {
  detail::check_path(path);
  detail::OpenedFile opened{FileDescriptor(), path, detail::OpenMode(mode_text)};
  opened.descriptor = co_await open_descriptor(path, opened.mode.flags());
  const int fd = opened.descriptor.get();

  struct statx facts{};
  std::string no_path;
  Request request{Opcode::stat, fd, no_path.data()};
  request.flags = AT_EMPTY_PATH;
  request.second = &facts;
  const int result = co_await detail::operate(request);
  if (result < 0) throw_os_error(-result, "open " + path);
  if (S_ISDIR(facts.stx_mode)) throw_os_error(EISDIR, "open " + path);

  const bool is_pipe = S_ISFIFO(facts.stx_mode);
  opened.regular = S_ISREG(facts.stx_mode);
  opened.size = opened.regular ? facts.stx_size : 0;
  opened.seekable = !is_pipe && ::lseek(fd, 0, SEEK_CUR) >= 0;
  if (!opened.seekable && opened.mode.readable() && opened.mode.writable()) {
    throw UnsupportedOperation("not seekable: " + path + " can be read or written, not both");
  }
  // Only a pipe says faithfully when it would have to wait.
  if (!is_pipe) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  co_return File(detail::make_ref<FileState>(get_running_loop(), std::move(opened)));
}

// --- Reading

Coroutine<std::string> read_from(State file, std::ptrdiff_t count) {
  const auto held = co_await file->lock.hold();
  file->check_readable();
  if (file->must_flush_first()) co_await file->flush();
  const bool to_the_end = count < 0;
  const auto wanted = static_cast<std::size_t>(count);
  if (!to_the_end && wanted < FileState::buffer_size) {
    bool more = true;
    while (more && file->ahead().size() < wanted)
      more = co_await file->read_ahead();
  }
  std::string bytes = file->take(to_the_end ? std::string::npos : wanted);
  std::optional<std::size_t> limit;
  if (!to_the_end) limit = wanted;
  if (to_the_end || (wanted >= FileState::buffer_size && bytes.size() < wanted)) {
    co_await file->read_up_to(bytes, limit);
  }
  // What is kept for long need not hold the room that was there for more.
  if (bytes.capacity() / 2 > bytes.size()) bytes.shrink_to_fit();
  co_return bytes;
}

Coroutine<std::string> read_once(State file, std::ptrdiff_t count) {
  const auto held = co_await file->lock.hold();
  file->check_readable();
  if (file->must_flush_first()) co_await file->flush();
  if (count != 0 && file->ahead().empty()) co_await file->read_ahead();
  co_return file->take(count < 0 ? std::string::npos : static_cast<std::size_t>(count));
}

/// Looks for the end of a line in what was read ahead, and remembers where it has looked.
class LineSearch {
 public:
  explicit LineSearch(std::ptrdiff_t limit) noexcept : limit_(static_cast<std::size_t>(limit)) {}

  /// The length of the line, if all of it is there.
  std::optional<std::size_t> find_in(std::string_view bytes) noexcept {
    const std::size_t newline = bytes.find('\n', searched_);
    searched_ = bytes.size();
    if (newline != std::string_view::npos) return std::min(newline + 1, limit_);
    if (bytes.size() >= limit_) return limit_;
    return std::nullopt;
  }

 private:
  std::size_t limit_;  // a negative one is beyond all
  std::size_t searched_ = 0;
};

Coroutine<std::string> read_line(State file, std::ptrdiff_t limit) {
  const auto held = co_await file->lock.hold();
  file->check_readable();
  if (file->must_flush_first()) co_await file->flush();
  LineSearch search(limit);
  while (true) {
    const std::optional<std::size_t> length = search.find_in(file->ahead());
    if (length) co_return file->take(*length);
    const bool more = co_await file->read_ahead();
    if (!more) co_return file->take(file->ahead().size());
  }
}

Coroutine<std::optional<std::string>> next_line(State file) {
  std::string line = co_await read_line(std::move(file), -1);
  if (line.empty()) co_return std::nullopt;
  co_return line;
}

Coroutine<std::vector<std::string>> read_lines(State file) {
  const std::string text = co_await read_from(std::move(file), -1);
  std::vector<std::string> all;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t newline = text.find('\n', begin);
    const std::size_t end = newline == std::string::npos ? text.size() : newline + 1;
    all.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  co_return all;
}

// --- Writing

Coroutine<std::size_t> write_to(State file, std::string text) {
  const auto held = co_await file->lock.hold();
  file->check_writable();
  file->forget_ahead();
  std::size_t done = 0;
  try {
    if (!file->fits_behind(text.size())) co_await file->flush();
    if (text.size() >= FileState::buffer_size) co_await file->write_around(text, done);
  } catch (const CancelledError&) {
    file->append_behind(std::string_view(text).substr(done));
    throw;
  }
  file->append_behind(std::string_view(text).substr(done));
  co_return text.size();
}

Coroutine<void> flush_file(State file) {
  const auto held = co_await file->lock.hold();
  file->check_open();
  co_await file->flush();
}

Coroutine<void> sync_file(State file) {
  const auto held = co_await file->lock.hold();
  file->check_open();
  co_await file->flush();
  const int result = co_await detail::operate({Opcode::fsync, file->descriptor()});
  if (result < 0) throw_os_error(-result, "fsync " + file->path());
}

/// 0, or an errno. On a descriptor of its own, which nobody can close meanwhile.
int truncate_now(FileDescriptor fd, std::uint64_t size) {
  return ::ftruncate(fd.get(), static_cast<off_t>(size)) == 0 ? 0 : errno;
}

/// Waits to the end, and throws CancelledError then: what comes after must not be cut off late.
Coroutine<int> to_the_end(Future<int> future) {
  const detail::ShieldFromScopes shielded;
  std::exception_ptr cancelled;
  while (!future.done()) {
    try {
      co_await shield(future);
    } catch (const CancelledError&) {
      cancelled = std::current_exception();
    }
  }
  if (cancelled) std::rethrow_exception(cancelled);
  co_return co_await future;
}

Coroutine<std::uint64_t> truncate_file(State file, std::optional<std::uint64_t> size) {
  const auto held = co_await file->lock.hold();
  file->check_writable();
  const std::uint64_t new_size = size.value_or(file->place());
  if (new_size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
    throw ValueError("a file cannot have " + std::to_string(new_size) + " bytes");
  }
  co_await file->flush();
  file->forget_ahead();
  FileDescriptor duplicate(::fcntl(file->descriptor(), F_DUPFD_CLOEXEC, 0));
  if (!duplicate) throw_os_error(errno, "truncate " + file->path());
  Future<int> future =
      get_running_loop().run_in_executor(nullptr, truncate_now, std::move(duplicate), new_size);
  const int error_number = co_await to_the_end(std::move(future));
  if (error_number != 0) throw_os_error(error_number, "truncate " + file->path());
  co_return new_size;
}

// --- Positions

Coroutine<std::uint64_t> seek_in(State file, std::int64_t offset, int whence) {
  const auto held = co_await file->lock.hold();
  file->check_seekable();
  if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END) {
    throw ValueError("invalid whence (" + std::to_string(whence) +
                     "): SEEK_SET, SEEK_CUR or SEEK_END");
  }
  co_await file->flush();
  std::uint64_t from = 0;
  if (whence == SEEK_CUR) from = file->place();
  if (whence == SEEK_END) from = co_await file->size();
  std::int64_t place = 0;
  if (__builtin_add_overflow(static_cast<std::int64_t>(from), offset, &place) || place < 0) {
    throw ValueError("seek in " + file->path() + ": the position would lie before the beginning, " +
                     "or beyond what a file can have");
  }
  file->move_to(static_cast<std::uint64_t>(place));
  co_return static_cast<std::uint64_t>(place);
}

Coroutine<std::uint64_t> tell_of(State file) {
  const auto held = co_await file->lock.hold();
  file->check_seekable();
  co_return file->place();
}

Coroutine<void> close_file(State file) {
  const auto held = co_await file->lock.hold();
  co_await file->close();
}

}  // namespace

Coroutine<std::string> File::read(std::ptrdiff_t count) const {
  return read_from(state_, count);
}

Coroutine<std::string> File::read1(std::ptrdiff_t count) const {
  return read_once(state_, count);
}

Coroutine<std::string> File::readline(std::ptrdiff_t limit) const {
  return read_line(state_, limit);
}

Coroutine<std::vector<std::string>> File::readlines() const {
  return read_lines(state_);
}

Coroutine<std::optional<std::string>> File::next() const {
  return next_line(state_);
}

Coroutine<std::size_t> File::write(std::string text) const {
  return write_to(state_, std::move(text));
}

Coroutine<std::uint64_t> File::truncate(std::optional<std::uint64_t> size) const {
  return truncate_file(state_, size);
}

Coroutine<void> File::flush() const {
  return flush_file(state_);
}

Coroutine<void> File::fsync() const {
  return sync_file(state_);
}

Coroutine<std::uint64_t> File::seek(std::int64_t offset, int whence) const {
  return seek_in(state_, offset, whence);
}

Coroutine<std::uint64_t> File::tell() const {
  return tell_of(state_);
}

Coroutine<void> File::close() const {
  return close_file(state_);
}

Coroutine<void> File::aexit(std::exception_ptr) const {
  const File file = *this;
  const detail::ShieldFromScopes shielded;
  co_await file.close();
}

int File::fileno() const {
  state_->check_open();
  return state_->descriptor();
}

Coroutine<File> OpenFile::aenter() {
  File file = co_await opening_;
  file_ = file;
  co_return file;
}

Coroutine<void> OpenFile::aexit(std::exception_ptr error) {
  return file_->aexit(std::move(error));
}

OpenFile open_file(std::string path, std::string mode) {
  return OpenFile(open(std::move(path), std::move(mode)));
}

AsyncGenerator<std::string> lines(std::string path) {
  const File file = co_await open_file(std::move(path));
  while (true) {
    std::optional<std::string> line = co_await file.next();
    if (!line) break;
    co_yield std::move(*line);
  }
  co_await file.close();
}

Coroutine<std::string> read_text(std::string path) {
  const File file = co_await open_file(std::move(path));
  std::string text = co_await file.read();
  co_await file.close();
  co_return text;
}

Coroutine<std::size_t> write_text(std::string path, std::string text) {
  const File file = co_await open_file(std::move(path), "w");
  const std::size_t count = co_await file.write(std::move(text));
  co_await file.close();
  co_return count;
}

}  // namespace rondo
