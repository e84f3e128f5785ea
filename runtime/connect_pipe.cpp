#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

#include <rondo/runtime/connect_pipe.h>
#include <rondo/runtime/pipe_transport.h>

namespace rondo {

namespace {

FileDescriptor duplicate_of(int descriptor) {
  FileDescriptor duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!duplicate) throw_os_error(errno, "duplicate descriptor " + std::to_string(descriptor));
  return duplicate;
}

void check_is_stream(const FileDescriptor& pipe, const std::string& function) {
  const std::string name = function + ": descriptor " + std::to_string(pipe.get());
  struct stat status{};
  if (::fstat(pipe.get(), &status) != 0) throw_os_error(errno, name);
  const mode_t mode = status.st_mode;
  if (S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode)) return;
  throw ValueError(name +
                   " is a file or a directory; pipes, sockets and terminals are streams, and files "
                   "are read and written with open_file or read_at");
}

}  // namespace

namespace detail {

std::shared_ptr<Stream> read_pipe(Loop& loop, FileDescriptor pipe, std::size_t limit) {
  auto stream = std::make_shared<Stream>(limit);
  ReadPipeTransport::start(loop, std::move(pipe), stream);
  return stream;
}

std::shared_ptr<Stream> write_pipe(Loop& loop, FileDescriptor pipe) {
  auto stream = std::make_shared<Stream>(StreamReader::default_limit);
  WritePipeTransport::start(loop, std::move(pipe), stream);
  return stream;
}

}  // namespace detail

Coroutine<StreamReader> connect_read_pipe(FileDescriptor pipe, std::size_t limit) {
  check_is_stream(pipe, "connect_read_pipe");
  const auto stream = detail::read_pipe(get_running_loop(), std::move(pipe), limit);
  co_return detail::Stream::reader_of(detail::Stream::handle_of(stream));
}

Coroutine<StreamReader> connect_read_pipe(int descriptor, std::size_t limit) {
  return connect_read_pipe(duplicate_of(descriptor), limit);
}

Coroutine<StreamWriter> connect_write_pipe(FileDescriptor pipe) {
  check_is_stream(pipe, "connect_write_pipe");
  const auto stream = detail::write_pipe(get_running_loop(), std::move(pipe));
  co_return StreamWriter(detail::Stream::handle_of(stream));
}

Coroutine<StreamWriter> connect_write_pipe(int descriptor) {
  return connect_write_pipe(duplicate_of(descriptor));
}

}  // namespace rondo
