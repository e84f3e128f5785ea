#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime/detail/attempt.h>

namespace rondo::detail {

namespace {

int result_of(ssize_t returned) noexcept {
  return returned < 0 ? -errno : static_cast<int>(returned);
}

/// Which of the events are there; 0 for none.
int ready_events(int fd, short events) noexcept {
  pollfd entry{fd, events, 0};
  if (::poll(&entry, 1, 0) <= 0) return 0;
  return (entry.revents & POLLNVAL) != 0 ? -EBADF : entry.revents;
}

int begin_connect(const Request& request) noexcept {
  const int flags = ::fcntl(request.fd, F_GETFL);
  ::fcntl(request.fd, F_SETFL, flags | O_NONBLOCK);
  const int result = result_of(
      ::connect(request.fd, static_cast<const sockaddr*>(request.buffer), request.length));
  ::fcntl(request.fd, F_SETFL, flags);
  return result;
}

int end_connect(int fd) noexcept {
  if (ready_events(fd, POLLOUT) == 0) return -EAGAIN;
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? -error : -errno;
}

int connect(const Request& request, bool& connecting) noexcept {
  if (connecting) return end_connect(request.fd);
  const int result = begin_connect(request);
  connecting = result == -EINPROGRESS;
  return connecting ? -EAGAIN : result;
}

ssize_t read_from(const Request& request) noexcept {
  if (request.offset == Request::current_position) {
    return ::read(request.fd, request.buffer, request.length);
  }
  return ::pread(request.fd, request.buffer, request.length, static_cast<off_t>(request.offset));
}

ssize_t write_to(const Request& request) noexcept {
  if (request.offset == Request::current_position) {
    return ::write(request.fd, request.buffer, request.length);
  }
  return ::pwrite(request.fd, request.buffer, request.length, static_cast<off_t>(request.offset));
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

int attempt(const Request& request, bool& connecting) noexcept {
  const int flags = static_cast<int>(request.flags);
  const auto message = static_cast<msghdr*>(request.buffer);
  switch (request.opcode) {
    case Opcode::nop:
      return 0;
    case Opcode::accept:
      if (ready_events(request.fd, POLLIN) == 0) return -EAGAIN;
      return result_of(::accept4(request.fd, nullptr, nullptr, SOCK_CLOEXEC));
    case Opcode::connect:
      return connect(request, connecting);
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
      if (ready_events(request.fd, POLLIN) == 0) return -EAGAIN;
      return result_of(read_from(request));
    case Opcode::write:
      if (ready_events(request.fd, POLLOUT) == 0) return -EAGAIN;
      return result_of(write_to(request));
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
