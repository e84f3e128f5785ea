#include <rondo/ssh/connection.h>
#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/channel.h>
#include <rondo/ssh/detail/forward.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh {

using detail::Session;
using detail::SessionPtr;

namespace {

using Streams = std::tuple<StreamWriter, StreamReader, StreamReader>;

Coroutine<Streams> open_shell(SessionPtr session, ProcessOptions options) {
  const Process shell =
      co_await detail::create_process(std::move(session), std::string(), std::move(options));
  co_return Streams(shell.stdin_(), shell.stdout_(), shell.stderr_());
}

}  // namespace

Coroutine<std::tuple<StreamWriter, StreamReader, StreamReader>> Connection::open_session(
    std::string term_type, TermSize term_size, std::size_t limit) const {
  ProcessOptions options;
  options.term_type = std::move(term_type);
  options.term_size = term_size;
  options.limit = limit;
  return open_shell(session_, std::move(options));
}

Coroutine<Process> Connection::create_process(std::string command, ProcessOptions options) const {
  return detail::create_process(session_, std::move(command), std::move(options));
}

Coroutine<CompletedProcess> Connection::run(std::string command, ProcessOptions options) const {
  return detail::run_process(session_, std::move(command), std::move(options));
}

Coroutine<CompletedProcess> Connection::run(std::string command, CheckExit) const {
  return detail::checked(run(std::move(command)));
}

Coroutine<CompletedProcess> Connection::run(std::string command, ProcessOptions options,
                                            CheckExit) const {
  return detail::checked(run(std::move(command), std::move(options)));
}

Coroutine<std::pair<StreamReader, StreamWriter>> Connection::open_connection(
    std::string host, std::uint16_t port, std::size_t limit) const {
  return detail::open_remote_connection(session_, std::move(host), port, limit);
}

Coroutine<Listener> Connection::forward_local_port(std::string listen_host,
                                                   std::uint16_t listen_port, std::string dest_host,
                                                   std::uint16_t dest_port) const {
  return detail::forward_local(session_, std::move(listen_host), listen_port, std::move(dest_host),
                               dest_port);
}

Coroutine<Listener> Connection::forward_remote_port(std::string listen_host,
                                                    std::uint16_t listen_port,
                                                    std::string dest_host,
                                                    std::uint16_t dest_port) const {
  return detail::forward_remote(session_, std::move(listen_host), listen_port, std::move(dest_host),
                                dest_port);
}

Coroutine<SFTPClient> Connection::start_sftp_client() const {
  return detail::start_sftp(session_);
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
