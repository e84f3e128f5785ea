#include <algorithm>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rondo/runtime/detail/attempt.h>

namespace rondo::detail {

namespace {

// What can be written without waiting once poll has said that there is room: to a pipe one page, to
// a terminal less.
constexpr std::uint32_t most_to_pipe = PIPE_BUF;
constexpr std::uint32_t most_to_device = 256;

int result_of(ssize_t returned) noexcept {
  return returned < 0 ? -errno : static_cast<int>(returned);
}

/// Which of the events are there; 0 for none.
int ready_events(int fd, short events) noexcept {
  pollfd entry{fd, events, 0};
  if (::poll(&entry, 1, 0) <= 0) return 0;
  return (entry.revents & POLLNVAL) != 0 ? -EBADF : entry.revents;
}

/// While it lives, calls on the descriptor do not block. The flag belongs to everybody who shares
/// the open descriptor, so this is for calls that have no flag of their own.
class NonBlocking {
 public:
  explicit NonBlocking(int fd) noexcept : fd_(fd), flags_(::fcntl(fd, F_GETFL)) {
    if (changes()) ::fcntl(fd_, F_SETFL, flags_ | O_NONBLOCK);
  }
  NonBlocking(const NonBlocking&) = delete;
  NonBlocking& operator=(const NonBlocking&) = delete;
  ~NonBlocking() {
    if (!changes()) return;
    const int call_error = errno;
    ::fcntl(fd_, F_SETFL, flags_);
    errno = call_error;
  }

 private:
  bool changes() const noexcept { return flags_ >= 0 && (flags_ & O_NONBLOCK) == 0; }

  int fd_;
  int flags_;  // as they were before; -1: it is no open descriptor
};

/// Is the descriptor one that somebody may connect to? Then -EAGAIN, else what is wrong with it.
int not_yet_accepted(int fd) noexcept {
  int listens = 0;
  socklen_t length = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0) return -errno;
  return listens != 0 ? -EAGAIN : -EINVAL;
}

// To look first costs less than to change the flags for nothing.
int accept(int fd) noexcept {
  if (ready_events(fd, POLLIN) == 0) return not_yet_accepted(fd);
  const NonBlocking scope(fd);
  return result_of(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
}

int begin_connect(const Request& request) noexcept {
  const NonBlocking scope(request.fd);
  return result_of(
      ::connect(request.fd, static_cast<const sockaddr*>(request.buffer), request.length));
}

int end_connect(int fd) noexcept {
  if (ready_events(fd, POLLOUT) == 0) return -EAGAIN;
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? -error : -errno;
}

int connect(const Request& request, AttemptState& state) noexcept {
  if (state.connecting) return end_connect(request.fd);
  const int result = begin_connect(request);
  state.connecting = result == -EINPROGRESS;
  return state.connecting ? -EAGAIN : result;
}

// Without asking a file server for what is not needed.
mode_t mode_of(int fd) noexcept {
  struct statx status{};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0) {
    return status.stx_mode;
  }
  struct stat older{};
  return ::fstat(fd, &older) == 0 ? older.st_mode : 0;
}

/// A descriptor that is none counts as a stream: the call itself says what is wrong with it.
DescriptorKind kind_of(int fd) noexcept {
  switch (mode_of(fd) & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFBLK:
      return DescriptorKind::file;
    case S_IFSOCK:
      return DescriptorKind::socket;
    default:
      return DescriptorKind::stream;
  }
}

DescriptorKind kind_of(const Request& request, AttemptState& state) noexcept {
  if (state.kind == DescriptorKind::unknown) state.kind = kind_of(request.fd);
  return state.kind;
}

bool has_offset(const Request& request) noexcept {
  return request.offset != Request::current_position;
}

int blocking_read(const Request& request) noexcept {
  if (!has_offset(request)) return result_of(::read(request.fd, request.buffer, request.length));
  const auto offset = static_cast<off_t>(request.offset);
  return result_of(::pread(request.fd, request.buffer, request.length, offset));
}

int blocking_write(const Request& request, std::uint32_t length) noexcept {
  if (!has_offset(request)) return result_of(::write(request.fd, request.buffer, length));
  const auto offset = static_cast<off_t>(request.offset);
  return result_of(::pwrite(request.fd, request.buffer, length, offset));
}

// An offset of -1 is the current position, as in a Request.
int no_wait_call(const Request& request) noexcept {
  const iovec piece{request.buffer, request.length};
  const auto offset = static_cast<off_t>(request.offset);
  const auto call = request.opcode == Opcode::read ? ::preadv2 : ::pwritev2;
  return result_of(call(request.fd, &piece, 1, offset, RWF_NOWAIT));
}

/// Has the kernel, or this kind of descriptor, no RWF_NOWAIT? (A sandbox may lack the call.)
bool lacks_no_wait(int result) noexcept {
  return result == -EOPNOTSUPP || result == -ENOSYS || result == -EINVAL || result == -EPERM;
}

int polled_call(const Request& request) noexcept {
  const bool reads = request.opcode == Opcode::read;
  if (ready_events(request.fd, reads ? POLLIN : POLLOUT) == 0) return -EAGAIN;
  if (reads) return blocking_read(request);
  const bool pipe = S_ISFIFO(mode_of(request.fd));
  return blocking_write(request, std::min(request.length, pipe ? most_to_pipe : most_to_device));
}

// Where there are no positions, an offset means nothing.
int stream_call(Request request, AttemptState& state) noexcept {
  if (has_offset(request) && ::lseek(request.fd, 0, SEEK_CUR) < 0) {
    request.offset = Request::current_position;
  }
  if (state.no_wait) {
    const int result = no_wait_call(request);
    if (!lacks_no_wait(result)) return result;
    state.no_wait = false;
  }
  return polled_call(request);
}

int read(const Request& request, AttemptState& state) noexcept {
  switch (kind_of(request, state)) {
    case DescriptorKind::file:
      return blocking_read(request);
    case DescriptorKind::socket:
      return result_of(::recv(request.fd, request.buffer, request.length, MSG_DONTWAIT));
    default:
      return stream_call(request, state);
  }
}

int write(const Request& request, AttemptState& state) noexcept {
  switch (kind_of(request, state)) {
    case DescriptorKind::file:
      return blocking_write(request, request.length);
    case DescriptorKind::socket:
      return result_of(::send(request.fd, request.buffer, request.length, MSG_DONTWAIT));
    default:
      return stream_call(request, state);
  }
}

const char* path(const void* memory) noexcept {
  return static_cast<const char*>(memory);
}

}  // namespace

bool waits_for_descriptor(Opcode opcode) noexcept {
  switch (opcode) {
    case Opcode::accept:
    case Opcode::connect:
    case Opcode::receive:
    case Opcode::send:
    case Opcode::receive_message:
    case Opcode::send_message:
    case Opcode::read:
    case Opcode::write:
    case Opcode::poll:
    case Opcode::accept_many:
    case Opcode::receive_many:
      return true;
    default:
      return false;
  }
}

short awaited_events(const Request& request) noexcept {
  switch (request.opcode) {
    case Opcode::connect:
    case Opcode::send:
    case Opcode::send_message:
    case Opcode::write:
      return POLLOUT;
    case Opcode::poll:
      return static_cast<short>(request.flags);
    default:
      return POLLIN;
  }
}

bool speaks_for_others(Opcode opcode) noexcept {
  switch (opcode) {
    case Opcode::accept:
    case Opcode::receive:
    case Opcode::send:
    case Opcode::read:
    case Opcode::write:
      return true;
    default:
      return false;
  }
}

bool may_block(const Request& request, AttemptState& state) noexcept {
  switch (request.opcode) {
    case Opcode::read:
    case Opcode::write:
    case Opcode::close:  // a file server's files are written out first
      return kind_of(request, state) == DescriptorKind::file;
    case Opcode::open:
    case Opcode::stat:
    case Opcode::rename:
    case Opcode::unlink:
    case Opcode::mkdir:
    case Opcode::fsync:
      return true;
    default:
      return false;
  }
}

int read_from_memory(const Request& request) noexcept {
  const int result = no_wait_call(request);
  // A few bytes may be the end of the file, or all that was in memory.
  const bool all = result == 0 || result == static_cast<int>(request.length);
  return all ? result : -EAGAIN;
}

int attempt(const Request& request, AttemptState& state) noexcept {
  const int flags = static_cast<int>(request.flags);
  const auto message = static_cast<msghdr*>(request.buffer);
  switch (request.opcode) {
    case Opcode::nop:
      return 0;
    case Opcode::accept:
      return accept(request.fd);
    case Opcode::connect:
      return connect(request, state);
    case Opcode::receive:
      return result_of(::recv(request.fd, request.buffer, request.length, MSG_DONTWAIT));
    case Opcode::send:
      return result_of(
          ::send(request.fd, request.buffer, request.length, MSG_DONTWAIT | MSG_NOSIGNAL));
    case Opcode::receive_message:
      return result_of(::recvmsg(request.fd, message, MSG_DONTWAIT));
    case Opcode::send_message:
      return result_of(::sendmsg(request.fd, message, MSG_DONTWAIT | MSG_NOSIGNAL));
    case Opcode::read:
      return read(request, state);
    case Opcode::write:
      return write(request, state);
    case Opcode::poll: {
      const int events = ready_events(request.fd, awaited_events(request));
      return events == 0 ? -EAGAIN : events;
    }
    case Opcode::close:
      return result_of(::close(request.fd));
    case Opcode::open:
      return result_of(
          ::openat(request.fd, path(request.buffer), flags | O_CLOEXEC, request.length));
    case Opcode::stat:
      return result_of(::statx(request.fd, path(request.buffer), flags, STATX_BASIC_STATS,
                               static_cast<struct statx*>(request.second)));
    case Opcode::rename:
      return result_of(
          ::renameat(request.fd, path(request.buffer), request.fd, path(request.second)));
    case Opcode::unlink:
      return result_of(::unlinkat(request.fd, path(request.buffer), flags));
    case Opcode::mkdir:
      return result_of(::mkdirat(request.fd, path(request.buffer), request.length));
    case Opcode::fsync:
      return result_of(::fsync(request.fd));
    case Opcode::accept_many:
    case Opcode::receive_many:
      break;  // one by one, by whoever asks
  }
  return -EINVAL;
}

}  // namespace rondo::detail
