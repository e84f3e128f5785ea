#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime/detail/file_state.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

namespace {

constexpr std::size_t largest_request = std::size_t{1} << 30;  // bytes

}  // namespace

OpenMode::OpenMode(const std::string& mode) : text_(mode) {
  const auto refuse = [&mode](const std::string& why) {
    throw ValueError("invalid mode '" + mode + "': " + why);
  };
  const auto count = [&mode](char letter) { return std::ranges::count(mode, letter); };
  if (mode.find_first_not_of("rwaxbt+") != std::string::npos) {
    refuse("only the letters of \"rwaxbt+\" have a meaning");
  }
  if (count('r') + count('w') + count('a') + count('x') != 1) {
    refuse("exactly one of r (read), w (write), a (append) and x (create) is needed");
  }
  if (count('+') > 1 || count('b') + count('t') > 1) {
    refuse("at most one + is possible, and one of b (binary) and t (text)");
  }
  const bool update = count('+') == 1;
  appending_ = count('a') == 1;
  readable_ = count('r') == 1 || update;
  writable_ = count('r') == 0 || update;
  flags_ = update ? O_RDWR : readable_ ? O_RDONLY : O_WRONLY;
  if (count('w') == 1) flags_ |= O_CREAT | O_TRUNC;
  if (count('x') == 1) flags_ |= O_CREAT | O_EXCL;
  if (appending_) flags_ |= O_CREAT | O_APPEND;
}

FileState::FileState(Loop& loop, OpenedFile opened)
    : loop_(&loop),
      descriptor_(std::move(opened.descriptor)),
      path_(std::move(opened.path)),
      mode_(std::move(opened.mode)),
      size_when_opened_(opened.size),
      offset_(mode_.appending() ? opened.size : 0),
      regular_(opened.regular),
      seekable_(opened.seekable),
      awaits_writer_(!opened.seekable && mode_.readable()) {}

FileState::~FileState() {
  write_now();
}

void FileState::check_open() const {
  if (closed_) throw ValueError("I/O operation on closed file: " + path_);
}

void FileState::check_readable() const {
  check_open();
  if (!mode_.readable()) {
    throw UnsupportedOperation("not readable: " + path_ + " was opened with mode '" + mode_.text() +
                               "'");
  }
}

void FileState::check_writable() const {
  check_open();
  if (!mode_.writable()) {
    throw UnsupportedOperation("not writable: " + path_ + " was opened with mode '" + mode_.text() +
                               "'");
  }
}

void FileState::check_seekable() const {
  check_open();
  if (!seekable_) throw UnsupportedOperation("not seekable: " + path_ + " has no positions");
}

// --- Reading

std::string FileState::take(std::size_t count) {
  std::string bytes(ahead_.view().substr(0, count));
  ahead_.consume(bytes.size());
  return bytes;
}

Coroutine<bool> FileState::read_ahead() {
  const std::span<char> room = ahead_.prepare(buffer_size);
  const std::size_t got = co_await read_some(room.data(), std::min(room.size(), buffer_size));
  ahead_.commit(got);
  co_await throw_if_cancelled();
  co_return got > 0;
}

Coroutine<void> FileState::read_up_to(std::string& bytes, std::optional<std::size_t> count) {
  std::size_t have = bytes.size();
  try {
    while (!count || have < *count) {
      if (have == bytes.size()) bytes.resize(have + room_for(have, count));
      const std::size_t room = std::min(bytes.size() - have, largest_request);
      const std::size_t got = co_await read_some(bytes.data() + have, room);
      have += got;
      co_await throw_if_cancelled();
      if (got == 0) break;
    }
    bytes.resize(have);
  } catch (...) {
    ahead_.append(std::string_view(bytes).substr(0, have));
    bytes.clear();
    throw;
  }
}

/// How many more bytes to have room for: for what was there when it was opened and one more, to see
/// the end, or for as many again; never for more than are wanted, which may be an absurd number.
std::size_t FileState::room_for(std::size_t have, std::optional<std::size_t> count) const noexcept {
  std::size_t room = std::max(have, buffer_size);
  if (size_when_opened_ > offset_) room = size_when_opened_ - offset_ + 1;
  return count ? std::min(room, *count - have) : room;
}

/// One request; 0 at the end. The place has moved on by what it yields.
Coroutine<std::size_t> FileState::read_some(char* room, std::size_t count) {
  if (awaits_writer_) {
    // A pipe that nobody has opened for writing yet would look as if it had ended.
    co_await wait_until(POLLIN, Effort::until_asked);
    awaits_writer_ = false;
  }
  Request request{Opcode::read, descriptor_.get(), room, static_cast<std::uint32_t>(count)};
  request.offset = request_place();
  while (true) {
    const int result = co_await operate(request);
    if (result >= 0) {
      offset_ += static_cast<std::uint64_t>(result);
      co_return static_cast<std::size_t>(result);
    }
    if (result != -EAGAIN) throw_os_error(-result, "read " + path_);
    co_await wait_until(POLLIN, Effort::until_asked);
  }
}

// --- Writing

void FileState::forget_ahead() noexcept {
  offset_ -= ahead_.size();
  ahead_.clear();
}

bool FileState::fits_behind(std::size_t count) const noexcept {
  return behind_.size() <= buffer_size && count <= buffer_size - behind_.size();
}

Coroutine<void> FileState::write_around(std::string_view bytes, std::size_t& done) {
  while (done < bytes.size()) {
    const std::size_t count = co_await write_some(bytes.substr(done), Effort::until_asked);
    done += count;
  }
}

Coroutine<void> FileState::flush(Effort effort) {
  while (!behind_.empty() && !discarded_) {
    const std::size_t count = co_await write_some(behind_.view(), effort);
    behind_.consume(count);
  }
}

/// One request. The place has moved on by what it yields.
Coroutine<std::size_t> FileState::write_some(std::string_view bytes, Effort effort) {
  Request request{Opcode::write, descriptor_.get(), const_cast<char*>(bytes.data()),
                  static_cast<std::uint32_t>(std::min(bytes.size(), largest_request))};
  // An appending file knows itself where its end is.
  if (!mode_.appending()) request.offset = request_place();
  while (true) {
    const int result = co_await operate(request, effort);
    if (result > 0) {
      wrote(static_cast<std::size_t>(result));
      co_return static_cast<std::size_t>(result);
    }
    // Nothing taken, and no reason given: to ask again and again would not end.
    if (result == 0) throw_os_error(EIO, "write " + path_);
    if (result != -EAGAIN) throw_os_error(-result, "write " + path_);
    co_await wait_until(POLLOUT, effort);
  }
}

void FileState::wrote(std::size_t count) noexcept {
  offset_ += count;
  if (!mode_.appending() || !seekable_) return;
  const off_t end = ::lseek(descriptor_.get(), 0, SEEK_CUR);  // others may have appended too
  if (end >= 0) offset_ = static_cast<std::uint64_t>(end);
}

Coroutine<void> FileState::wait_until(short events, Effort effort) {
  Request request{Opcode::poll, descriptor_.get()};
  request.flags = static_cast<std::uint32_t>(events);
  const int result = co_await operate(request, effort);
  if (result < 0) throw_os_error(-result, "wait for " + path_);
}

// --- Places

std::uint64_t FileState::request_place() const noexcept {
  return seekable_ ? offset_ : Request::current_position;
}

void FileState::move_to(std::uint64_t place) noexcept {
  const std::uint64_t first_ahead = offset_ - ahead_.size();
  if (place >= first_ahead && place <= offset_) {
    ahead_.consume(static_cast<std::size_t>(place - first_ahead));
  } else {
    ahead_.clear();
    offset_ = place;
  }
}

Coroutine<std::uint64_t> FileState::size() {
  struct statx facts{};
  std::string no_path;
  Request request{Opcode::stat, descriptor_.get(), no_path.data()};
  request.flags = AT_EMPTY_PATH;
  request.second = &facts;
  const int result = co_await operate(request);
  if (result < 0) throw_os_error(-result, "stat " + path_);
  if (regular_) co_return facts.stx_size;
  // A device's end is known to itself only.
  const off_t end = ::lseek(descriptor_.get(), 0, SEEK_END);
  if (end < 0) throw_os_error(errno, "seek in " + path_);
  co_return static_cast<std::uint64_t>(end);
}

// --- The end

Coroutine<void> FileState::close() {
  if (closed_) co_return;
  std::exception_ptr error;
  try {
    // A file takes what is written to it within a short while; who reads a pipe may never do so.
    co_await flush(regular_ ? Effort::in_any_case : Effort::until_asked);
  } catch (const CancelledError&) {
    error = std::current_exception();
    report_unwritten("closing it was cancelled", nullptr);
  } catch (...) {
    error = std::current_exception();
  }
  behind_.release();
  try {
    co_await close_descriptor();
  } catch (...) {
    if (!error) error = std::current_exception();  // the first one says more
  }
  if (error) std::rethrow_exception(error);
}

Coroutine<void> FileState::discard() {
  closed_ = discarded_ = true;
  if (!lock.locked()) co_await close_descriptor();
}

Coroutine<void> FileState::close_descriptor() {
  closed_ = true;
  ahead_.release();
  if (!descriptor_) co_return;
  const Request request{Opcode::close, descriptor_.release()};
  const int result = co_await operate(request, Effort::in_any_case);
  if (result == -ECANCELED) ::close(request.fd);  // it was never begun
  if (result < 0 && result != -ECANCELED && result != -EINTR) {
    throw_os_error(-result, "close " + path_);
  }
}

/// The last resort, without a loop: a destructor cannot wait.
void FileState::write_now() noexcept {
  if (behind_.empty() || !descriptor_ || discarded_) return;
  if (loop_exists(loop_) && loop_->get_debug()) {
    report("the file " + path_ + " was dropped before it was closed", nullptr);
  }
  while (!behind_.empty()) {
    const std::string_view bytes = behind_.view();
    const ssize_t count =
        seekable_ && !mode_.appending()
            ? ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_))
            : ::write(descriptor_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error_number = count < 0 ? errno : EIO;
      return report_unwritten("it was dropped before it was closed",
                              make_os_error(error_number, "write"));
    }
    offset_ += static_cast<std::uint64_t>(count);
    behind_.consume(static_cast<std::size_t>(count));
  }
}

void FileState::report_unwritten(const std::string& why, std::exception_ptr error) const noexcept {
  if (behind_.empty()) return;
  report(std::to_string(behind_.size()) + " bytes were not written to " + path_ + ": " + why,
         std::move(error));
}

void FileState::report(const std::string& message, std::exception_ptr error) const noexcept {
  ExceptionContext context;
  context.message = message;
  context.exception = std::move(error);
  if (loop_exists(loop_)) {
    loop_->call_exception_handler(context);
  } else {
    Loop::default_exception_handler(context);
  }
}

}  // namespace rondo::detail
