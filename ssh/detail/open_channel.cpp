#include <rondo/net/address.h>
#include <rondo/ssh/detail/open_channel.h>
#include <rondo/ssh/detail/request.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

using BufferPtr = std::shared_ptr<rondo::detail::ReaderBuffer>;

constexpr unsigned window_size = 2 * 1024 * 1024;
constexpr unsigned packet_size = 32'768;

ChannelHandle take_over(const SessionPtr& session, LIBSSH2_CHANNEL* channel,
                        std::shared_ptr<Protocol> protocol, BufferPtr stderr_buffer) {
  auto transport = rondo::detail::make_ref<Channel>(session, channel, session->last_opened(),
                                                    std::move(protocol), std::move(stderr_buffer));
  session->add_channel(transport);
  return Channel::handle_of(std::move(transport));
}

Coroutine<ChannelHandle> open_session(SessionPtr session, std::shared_ptr<Protocol> protocol,
                                      BufferPtr stderr_buffer) {
  LIBSSH2_CHANNEL* channel = nullptr;
  const auto open = [&] {
    channel =
        libssh2_channel_open_ex(session->get(), "session", 7, window_size, packet_size, nullptr, 0);
    return channel != nullptr ? 0 : libssh2_session_last_errno(session->get());
  };
  const int opened = co_await session->drive(open);
  if (opened != 0) throw_refused(*session, "the server refuses a session");
  co_return take_over(session, channel, std::move(protocol), std::move(stderr_buffer));
}

Coroutine<ChannelHandle> open_direct(SessionPtr session, std::string host, std::uint16_t port,
                                     std::shared_ptr<Protocol> protocol) {
  LIBSSH2_CHANNEL* channel = nullptr;
  const auto open = [&] {
    channel = libssh2_channel_direct_tcpip_ex(session->get(), host.c_str(), port, "127.0.0.1", 0);
    return channel != nullptr ? 0 : libssh2_session_last_errno(session->get());
  };
  const Session::ServerConnects busy(*session);
  const int opened = co_await session->drive(open);
  if (opened != 0) {
    throw_refused(*session, "the server does not connect to " + host_and_port(host, port));
  }
  co_return take_over(session, channel, std::move(protocol), nullptr);
}

std::shared_ptr<Semaphore> control_of(const SessionPtr& session) {
  return {session, &session->control()};
}

}  // namespace

void throw_refused(Session& session, const std::string& what) {
  const int code = session.last_error_code();
  const bool refused = code == LIBSSH2_ERROR_CHANNEL_FAILURE ||
                       code == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED ||
                       code == LIBSSH2_ERROR_REQUEST_DENIED || code == LIBSSH2_ERROR_CHANNEL_CLOSED;
  // Anything else is no answer that makes sense.
  if (!refused) session.fail();
  if (session.is_closing()) std::rethrow_exception(session.lost_error());
  const bool closed = code == LIBSSH2_ERROR_CHANNEL_CLOSED;
  throw ChannelOpenError(session.peer() + ": " + what + ": " +
                         (closed ? "it has closed the channel" : session.last_error()));
}

Coroutine<ChannelHandle> open_session_channel(SessionPtr session,
                                              std::shared_ptr<Protocol> protocol,
                                              BufferPtr stderr_buffer) {
  if (session->is_closing()) std::rethrow_exception(session->lost_error());
  auto request = open_session(session, std::move(protocol), std::move(stderr_buffer));
  return finish_request(session, std::move(request), control_of(session));
}

Coroutine<ChannelHandle> open_direct_channel(SessionPtr session, std::string host,
                                             std::uint16_t port,
                                             std::shared_ptr<Protocol> protocol) {
  if (session->is_closing()) std::rethrow_exception(session->lost_error());
  auto request = open_direct(session, std::move(host), port, std::move(protocol));
  return finish_request(session, std::move(request), control_of(session));
}

}  // namespace rondo::ssh::detail
