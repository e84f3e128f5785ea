#include <cerrno>
#include <climits>
#include <limits>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <rondo/runtime/pipe_transport.h>

namespace rondo {

namespace {

constexpr std::uint32_t largest_request = std::numeric_limits<std::int32_t>::max();

std::uint32_t clamp_length(std::size_t length, std::uint32_t most) {
  return length < most ? static_cast<std::uint32_t>(length) : most;
}

/// Nothing has happened; it is to be tried again.
bool is_passing(int result) {
  return result == -EINTR || result == -EAGAIN;
}

/// A pipe that has room takes PIPE_BUF bytes without blocking; of more than that, a blocking one
/// would take all before it returned, where the driver makes ordinary system calls.
std::uint32_t most_at_once(int fd) {
  const bool blocks = (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  return blocks ? PIPE_BUF : largest_request;
}

bool has_other_end(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

}  // namespace

PipeTransport::PipeTransport(Loop& loop, FileDescriptor pipe, std::shared_ptr<Protocol> protocol)
    : loop_(loop), pipe_(std::move(pipe)), protocol_(std::move(protocol)) {
  loop_.add_resource(*this);
}

void PipeTransport::begin() {
  add_ref();  // its own, given back when the descriptor is closed
  protocol_->connection_made(*this);
}

void PipeTransport::lose(std::exception_ptr error) {
  if (lost_) return;
  closing_ = true;
  lost_ = true;
  error_ = std::move(error);
  cancel_operations();
  close_when_idle();
}

void PipeTransport::close_when_idle() {
  if (!idle() || close_.in_flight()) return;
  loop_.driver().prepare(close_, {Opcode::close, pipe_.get()});
}

void PipeTransport::close_done(int result) noexcept {
  pipe_.close_answered(result);
  detail::LoopResource::unlink();
  const std::shared_ptr<Protocol> protocol = std::move(protocol_);
  protocol->connection_lost(error_);
  release();
}

detail::Ref<ReadPipeTransport> ReadPipeTransport::start(Loop& loop, FileDescriptor pipe,
                                                        std::shared_ptr<Protocol> protocol) {
  detail::Ref<ReadPipeTransport> transport(
      new ReadPipeTransport(loop, std::move(pipe), std::move(protocol)));
  transport->begin();
  transport->start_reading();
  return transport;
}

void ReadPipeTransport::write(std::string_view) {
  throw RuntimeError("nothing can be written to the reading end of a pipe");
}

void ReadPipeTransport::write_eof() {
  throw RuntimeError("the reading end of a pipe has nothing written to it that could end");
}

void ReadPipeTransport::resume_reading() {
  reading_paused_ = false;
  start_reading();
}

void ReadPipeTransport::start_reading() {
  if (wants_to_read() && !end_of_turn_.is_ready()) loop_.at_end_of_turn(end_of_turn_);
}

void ReadPipeTransport::read_on() {
  if (!wants_to_read()) return;
  const std::span<char> room = protocol_->get_buffer();
  loop_.driver().prepare(
      read_, {Opcode::read, pipe_.get(), room.data(), clamp_length(room.size(), largest_request)});
}

void ReadPipeTransport::read_done(int result) noexcept {
  if (lost_) {
    close_when_idle();
  } else if (result > 0) {
    protocol_->buffer_updated(static_cast<std::size_t>(result));
    start_reading();
  } else if (result == 0) {
    protocol_->eof_received();
    lose(nullptr);
  } else if (result == -EAGAIN) {
    // Somebody has made the descriptor non-blocking, so the kernel does not wait by itself.
    loop_.driver().prepare(ready_, {Opcode::poll, pipe_.get(), nullptr, 0, POLLIN});
  } else if (result == -EINTR) {
    start_reading();
  } else {
    lose(make_os_error(-result, "read from a pipe"));
  }
}

void ReadPipeTransport::ready_done(int result) noexcept {
  if (lost_) {
    close_when_idle();
  } else if (result < 0 && !is_passing(result)) {
    lose(make_os_error(-result, "wait for a pipe"));
  } else {
    start_reading();
  }
}

void ReadPipeTransport::cancel_operations() noexcept {
  if (read_.in_flight()) loop_.driver().cancel(read_);
  if (ready_.in_flight()) loop_.driver().cancel(ready_);
}

WritePipeTransport::WritePipeTransport(Loop& loop, FileDescriptor pipe,
                                       std::shared_ptr<Protocol> protocol)
    : PipeTransport(loop, std::move(pipe), std::move(protocol)),
      most_at_once_(most_at_once(pipe_.get())),
      can_lose_readers_(has_other_end(pipe_.get())) {}

detail::Ref<WritePipeTransport> WritePipeTransport::start(Loop& loop, FileDescriptor pipe,
                                                          std::shared_ptr<Protocol> protocol) {
  detail::Ref<WritePipeTransport> transport(
      new WritePipeTransport(loop, std::move(pipe), std::move(protocol)));
  transport->begin();
  transport->watch_readers();
  return transport;
}

// The kernel says POLLERR or POLLHUP whether it was asked for it or not, and nothing else is asked.
void WritePipeTransport::watch_readers() {
  if (!can_lose_readers_ || lost_) return;
  loop_.driver().prepare(watch_, {Opcode::poll, pipe_.get(), nullptr, 0, POLLERR});
}

void WritePipeTransport::watch_done(int result) noexcept {
  if (lost_) {
    close_when_idle();
  } else if (is_passing(result)) {
    watch_readers();
  } else if (result >= 0) {
    lose(unsent() > 0 ? make_os_error(EPIPE, "write to a pipe") : nullptr);
  }
  // Without a watch, writing will still tell.
}

void WritePipeTransport::write(std::string_view bytes) {
  if (write_eof_) throw RuntimeError("cannot call write() after write_eof()");
  if (closing_ || bytes.empty()) return;
  queue_.append(bytes);
  check_water_marks(*protocol_, unsent());
  start_writing();
}

void WritePipeTransport::write_eof() {
  write_eof_ = true;
  close();
}

void WritePipeTransport::close() {
  if (closing_) return;
  closing_ = true;
  if (unsent() == 0) lose(nullptr);
}

void WritePipeTransport::start_writing() {
  if (!writing() && !end_of_turn_.is_ready()) loop_.at_end_of_turn(end_of_turn_);
}

// Hands everything that waits to the kernel in one piece, as far as it may be one.
void WritePipeTransport::flush() {
  if (lost_ || writing() || queue_.empty()) return;
  sending_.take_over(queue_);
  send_rest();
}

void WritePipeTransport::send_rest() {
  const std::span<char> rest = sending_.bytes();
  loop_.driver().prepare(
      write_, {Opcode::write, pipe_.get(), rest.data(), clamp_length(rest.size(), most_at_once_)});
}

void WritePipeTransport::write_done(int result) noexcept {
  if (lost_) {
    close_when_idle();
    return;
  }
  if (result == -EAGAIN) {
    loop_.driver().prepare(ready_, {Opcode::poll, pipe_.get(), nullptr, 0, POLLOUT});
    return;
  }
  if (result < 0 && result != -EINTR) {
    lose(make_os_error(-result, "write to a pipe"));
    return;
  }
  if (result > 0) sending_.consume(static_cast<std::size_t>(result));
  if (sending_.empty()) sending_.release();
  check_water_marks(*protocol_, unsent());
  if (!sending_.empty()) {
    send_rest();
  } else if (!queue_.empty()) {
    flush();
  } else if (closing_) {
    lose(nullptr);
  }
}

void WritePipeTransport::ready_done(int result) noexcept {
  if (lost_) {
    close_when_idle();
  } else if (result < 0 && !is_passing(result)) {
    lose(make_os_error(-result, "wait for a pipe"));
  } else {
    send_rest();
  }
}

void WritePipeTransport::cancel_operations() noexcept {
  if (write_.in_flight()) loop_.driver().cancel(write_);
  if (ready_.in_flight()) loop_.driver().cancel(ready_);
  if (watch_.in_flight()) loop_.driver().cancel(watch_);
}

}  // namespace rondo
