#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <rondo/runtime/detail/provided_buffers.h>
#include <rondo/runtime/detail/ring_entry.h>

namespace rondo::detail {

void fill_other_entry(io_uring_sqe& entry, const Request& request) {
  switch (request.opcode) {
    case Opcode::nop:
      io_uring_prep_nop(&entry);
      return;
    case Opcode::accept:
      io_uring_prep_accept(&entry, request.fd, nullptr, nullptr, SOCK_CLOEXEC);
      return;
    case Opcode::connect:
      io_uring_prep_connect(&entry, request.fd, static_cast<const sockaddr*>(request.buffer),
                            request.length);
      return;
    case Opcode::receive:
      io_uring_prep_recv(&entry, request.fd, request.buffer, request.length, 0);
      return;
    case Opcode::send:
      break;  // see fill_entry
    case Opcode::receive_message:
      io_uring_prep_recvmsg(&entry, request.fd, static_cast<msghdr*>(request.buffer), 0);
      return;
    case Opcode::send_message:
      io_uring_prep_sendmsg(&entry, request.fd, static_cast<msghdr*>(request.buffer), MSG_NOSIGNAL);
      return;
    case Opcode::read:
      io_uring_prep_read(&entry, request.fd, request.buffer, request.length, request.offset);
      return;
    case Opcode::write:
      io_uring_prep_write(&entry, request.fd, request.buffer, request.length, request.offset);
      return;
    case Opcode::poll:
      io_uring_prep_poll_add(&entry, request.fd, request.flags);
      return;
    case Opcode::close:
      io_uring_prep_close(&entry, request.fd);
      return;
    case Opcode::open:
      io_uring_prep_openat(&entry, request.fd, static_cast<const char*>(request.buffer),
                           static_cast<int>(request.flags | O_CLOEXEC), request.length);
      return;
    case Opcode::stat:
      io_uring_prep_statx(&entry, request.fd, static_cast<const char*>(request.buffer),
                          static_cast<int>(request.flags), STATX_BASIC_STATS,
                          static_cast<struct statx*>(request.second));
      return;
    case Opcode::rename:
      io_uring_prep_renameat(&entry, request.fd, static_cast<const char*>(request.buffer),
                             request.fd, static_cast<const char*>(request.second), 0);
      return;
    case Opcode::unlink:
      io_uring_prep_unlinkat(&entry, request.fd, static_cast<const char*>(request.buffer),
                             static_cast<int>(request.flags));
      return;
    case Opcode::mkdir:
      io_uring_prep_mkdirat(&entry, request.fd, static_cast<const char*>(request.buffer),
                            request.length);
      return;
    case Opcode::fsync:
      io_uring_prep_fsync(&entry, request.fd, 0);
      return;
    case Opcode::accept_many:
      io_uring_prep_multishot_accept(&entry, request.fd, nullptr, nullptr, SOCK_CLOEXEC);
      return;
    case Opcode::receive_many:
      io_uring_prep_recv_multishot(&entry, request.fd, nullptr, 0, 0);
      entry.flags |= IOSQE_BUFFER_SELECT;
      entry.buf_group = ProvidedBuffers::group;
      return;
  }
  // An opcode that no kernel knows: it answers EINVAL, to this operation alone.
  io_uring_prep_nop(&entry);
  entry.opcode = 0xff;
}

}  // namespace rondo::detail
