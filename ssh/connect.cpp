#include <rondo/net/open_connection.h>
#include <rondo/runtime/to_thread.h>
#include <rondo/runtime/wait_for.h>
#include <rondo/ssh/connect.h>
#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/host_key.h>
#include <rondo/ssh/detail/login.h>
#include <rondo/ssh/detail/open_channel.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh {

namespace {

using detail::Session;
using SessionPtr = std::shared_ptr<Session>;

// libssh2 never touches this; it only wants a number that is no descriptor.
constexpr int no_socket = 0x3fffffff;

Coroutine<void> shake_hands(SessionPtr session, const detail::Algorithms& algorithms) {
  const auto handshake = [&] { return libssh2_session_handshake(session->get(), no_socket); };
  std::string why;
  std::exception_ptr lost;
  try {
    const int result = co_await session->drive(handshake);
    if (result != 0) why = session->last_error();
  } catch (const ConnectionLost&) {
    lost = std::current_exception();
  }
  // A server that finds nothing in common hangs up, sometimes before this side has seen it too.
  const std::string mismatch = detail::explain_mismatch(algorithms, session->greeting());
  session->forget_greeting();
  if (why.empty() && !lost) co_return;
  if (!mismatch.empty()) throw KeyExchangeFailed(session->peer() + ": " + mismatch);
  if (lost) std::rethrow_exception(lost);
  throw KeyExchangeFailed(session->peer() + ": " + why);
}

Coroutine<void> establish(SessionPtr session, const std::string& host, const Options& options) {
  const KnownHosts known = detail::load_known_hosts(options);
  detail::Algorithms algorithms = detail::algorithms_for(options);
  detail::prefer_known_keys(algorithms, known, host, options.port);
  detail::offer(*session, algorithms);
  co_await shake_hands(session, algorithms);
  const bool is_new = detail::check_host_key(*session, known, host, options);
  if (is_new) {
    const HostNames names = options.hash_known_hosts ? HostNames::hashed : HostNames::plain;
    co_await to_thread(add_known_host, options.known_hosts, host, options.port,
                       detail::host_key_of(*session), names);
  }
  co_await detail::log_in(session, options);
}

/// Awaits with a limit, or without one when it is zero. A time-out says what it was for.
template <class A>
Coroutine<void> within(A awaitable, Duration limit, std::string what) {
  if (limit <= Duration::zero()) {
    co_await awaitable;
    co_return;
  }
  try {
    co_await wait_for(std::move(awaitable), limit);
  } catch (const TimeoutError&) {
    const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
    throw TimeoutError(what + " (limit: " + std::to_string(seconds.count()) + " ms)");
  }
}

Coroutine<void> open_transport(SessionPtr session, const std::string& host,
                               const Options& options) {
  if (options.tunnel) {
    session->keep(*options.tunnel);
    auto channel = co_await detail::open_direct_channel(options.tunnel->session(), host,
                                                        options.port, session);
    session->keep(std::move(channel));
    co_return;
  }
  ConnectOptions how;
  if (options.keepalive_interval != std::chrono::seconds::zero()) {
    how.keep_alive = KeepAlive{options.keepalive_interval, options.keepalive_interval,
                               options.keepalive_count_max};
  }
  co_await create_connection(session, host, options.port, how);
}

Coroutine<void> log_in_within_limits(SessionPtr session, const std::string& host,
                                     const Options& options) {
  const std::string& peer = session->peer();
  co_await within(open_transport(session, host, options), options.connect_timeout,
                  peer + ": no TCP connection in time");
  co_await within(establish(session, host, options), options.login_timeout,
                  peer + ": no SSH login in time");
}

}  // namespace

Coroutine<Connection> connect(std::string host, Options options) {
  auto session = std::make_shared<Session>(get_running_loop(), host_and_port(host, options.port));
  std::exception_ptr error;
  try {
    co_await log_in_within_limits(session, host, options);
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return Connection(Session::handle_of(session));
  session->abort();
  co_await Session::wait_closed(session);
  std::rethrow_exception(error);
}

}  // namespace rondo::ssh
