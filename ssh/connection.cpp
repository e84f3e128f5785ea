#include <rondo/ssh/connection.h>
#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/channel.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh {

namespace {

using detail::Channel;
using detail::Session;
using SessionPtr = std::shared_ptr<Session>;

constexpr unsigned window_size = 2 * 1024 * 1024;
constexpr unsigned packet_size = 32'768;

using Streams = std::tuple<StreamWriter, StreamReader, StreamReader>;

[[noreturn]] void throw_refused(Session& session, const std::string& what) {
  if (session.lost()) std::rethrow_exception(session.lost_error());
  throw ChannelOpenError(session.peer() + ": " + what + ": " + session.last_error());
}

Coroutine<Streams> open_shell(SessionPtr session, std::string term_type, TermSize size,
                              std::size_t limit) {
  LIBSSH2_CHANNEL* channel = nullptr;
  const auto open = [&] {
    channel =
        libssh2_channel_open_ex(session->get(), "session", 7, window_size, packet_size, nullptr, 0);
    return channel != nullptr ? 0 : libssh2_session_last_errno(session->get());
  };
  const int opened = co_await session->drive(open);
  if (opened != 0) throw_refused(*session, "the server refuses a session");

  // From here on the channel is closed by its transport, whatever happens.
  auto stream = std::make_shared<rondo::detail::Stream>(limit);
  auto stderr_buffer = std::make_shared<rondo::detail::ReaderBuffer>(limit);
  auto transport = rondo::detail::make_ref<Channel>(session, channel, stream, stderr_buffer);
  session->add_channel(transport);
  const auto handle = rondo::detail::Stream::handle_of(stream);

  const auto request_terminal = [&] {
    return libssh2_channel_request_pty_ex(channel, term_type.c_str(),
                                          static_cast<unsigned>(term_type.size()), nullptr, 0,
                                          size.columns(), size.rows(), 0, 0);
  };
  const int terminal = co_await session->drive(request_terminal);
  if (terminal != 0) throw_refused(*session, "the server refuses a terminal");

  const auto request_shell = [&] {
    return libssh2_channel_process_startup(channel, "shell", 5, nullptr, 0);
  };
  const int shell = co_await session->drive(request_shell);
  if (shell != 0) throw_refused(*session, "the server refuses a shell");
  co_return Streams(
      StreamWriter(handle), rondo::detail::Stream::reader_of(handle),
      StreamReader(std::shared_ptr<rondo::detail::ReaderBuffer>(handle, stderr_buffer.get())));
}

Coroutine<Streams> open_session_in(SessionPtr session, std::string term_type, TermSize size,
                                   std::size_t limit) {
  if (session->is_closing()) std::rethrow_exception(session->lost_error());
  const auto turn = co_await session->control().hold();
  try {
    co_return co_await open_shell(session, std::move(term_type), size, limit);
  } catch (const CancelledError&) {
    session->abort();
    throw;
  }
}

}  // namespace

Coroutine<std::tuple<StreamWriter, StreamReader, StreamReader>> Connection::open_session(
    std::string term_type, TermSize term_size, std::size_t limit) const {
  return open_session_in(session_, std::move(term_type), term_size, limit);
}

void Connection::close() const {
  session_->close();
}
void Connection::abort() const {
  session_->abort();
}
bool Connection::is_closing() const noexcept {
  return session_->is_closing();
}
Coroutine<void> Connection::wait_closed() const {
  return Session::wait_closed(session_);
}
const std::string& Connection::peer() const noexcept {
  return session_->peer();
}
NegotiatedAlgorithms Connection::algorithms() const {
  return detail::negotiated_algorithms(*session_);
}
std::string Connection::server_version() const {
  const char* version = libssh2_session_banner_get(session_->get());
  return version == nullptr ? "" : version;
}

}  // namespace rondo::ssh
