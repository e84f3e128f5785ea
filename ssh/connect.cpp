#include <algorithm>

#include <rondo/net/open_connection.h>
#include <rondo/runtime/to_thread.h>
#include <rondo/runtime/wait_for.h>
#include <rondo/ssh/connect.h>
#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/host_key.h>
#include <rondo/ssh/detail/jump_hosts.h>
#include <rondo/ssh/detail/kexinit.h>
#include <rondo/ssh/detail/login.h>
#include <rondo/ssh/detail/open_channel.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/detail/watchdog.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh {

namespace {

using detail::Session;
using detail::SessionPtr;
using detail::TurnBudget;

// libssh2 never touches this; it only wants a number that is no descriptor.
constexpr int no_socket = 0x3fffffff;

/// Says whether a handshake takes so long to compute that the loop would be held up: with numbers
/// modulo a prime it takes 8 milliseconds and more, with elliptic curves one at the most.
class TakesLong {
 public:
  TakesLong(const Session& session, const detail::Algorithms& algorithms)
      : session_(session), algorithms_(algorithms) {
    known_ = std::ranges::none_of(algorithms.kex, computes_with_primes);
  }

  bool operator()() {
    if (!known_) look_at_offer();
    return takes_long_;
  }

 private:
  static bool computes_with_primes(const std::string& kex) {
    return kex.starts_with("diffie-hellman-");
  }
  void look_at_offer() {
    const auto server = detail::find_kexinit(session_.greeting());
    if (!server) return;
    known_ = true;
    takes_long_ = computes_with_primes(detail::agreed_kex(algorithms_.kex, server->kex));
  }

  const Session& session_;
  const detail::Algorithms& algorithms_;
  bool known_;  // it cannot become another one
  bool takes_long_ = false;
};

/// libssh2 frees what a key exchange holds at its end only. So one that is given up before, by a
/// cancellation or a time-out, is brought there: told that the connection is gone.
class GivenUp {
 public:
  GivenUp(Session& session, const std::function<int()>& handshake, const int& result)
      : session_(session), handshake_(handshake), result_(result) {}
  GivenUp(const GivenUp&) = delete;
  GivenUp& operator=(const GivenUp&) = delete;
  ~GivenUp() {
    if (result_ != LIBSSH2_ERROR_EAGAIN) return;
    session_.give_up();
    while (handshake_() == LIBSSH2_ERROR_EAGAIN) {
    }
  }

 private:
  Session& session_;
  const std::function<int()>& handshake_;
  const int& result_;
};

Coroutine<void> shake_hands(SessionPtr session, const detail::Algorithms& algorithms) {
  int result = LIBSSH2_ERROR_EAGAIN;
  std::function<int()> handshake = [raw = session->get(), &result] {
    return result = libssh2_session_handshake(raw, no_socket);
  };
  const GivenUp given_up(*session, handshake, result);
  std::function<bool()> takes_long = TakesLong(*session, algorithms);
  std::string why;
  std::exception_ptr lost;
  try {
    co_await session->drive_long(handshake, std::move(takes_long));
    if (result != 0) why = session->last_error();
  } catch (const ConnectionLost&) {
    lost = std::current_exception();
  }
  std::string mismatch;
  // A server that finds nothing in common hangs up, sometimes before this side has seen it too.
  if (lost || !why.empty()) mismatch = detail::explain_mismatch(algorithms, session->greeting());
  session->forget_greeting();
  if (!mismatch.empty()) throw KeyExchangeFailed(session->peer() + ": " + mismatch);
  if (lost) std::rethrow_exception(lost);
  if (!why.empty()) throw KeyExchangeFailed(session->peer() + ": " + why);
}

Coroutine<void> establish(SessionPtr session, const std::string& host, const Options& options,
                          const detail::Algorithms& wanted) {
  co_await session->budget().step();
  const KnownHosts known = detail::load_known_hosts(options);
  detail::Algorithms algorithms = wanted;
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
  session->watch(std::make_unique<detail::Watchdog>(session, options));
}

void check_times(const Options& options) {
  if (options.keepalive_interval < Duration::zero())
    throw ValueError("Options::keepalive_interval is negative");
  if (options.idle_timeout < Duration::zero())
    throw ValueError("Options::idle_timeout is negative");
  if (options.keepalive_count_max < 1)
    throw ValueError("Options::keepalive_count_max is " +
                     std::to_string(options.keepalive_count_max) + ", but one is the least");
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

/// The same error, with a text that begins with host:port.
[[noreturn]] void throw_connect_error(const std::string& peer, const OSError& error) {
  // Why a name was not found is no error number.
  if (error.code().category() != std::generic_category()) throw;
  std::string_view what = error.what();
  const std::string why = ": " + error.code().message();
  if (what.ends_with(why)) what.remove_suffix(why.size());
  if (what == "connect to " + peer) what = "connect";
  throw_os_error(error.code().value(), peer + ": " + std::string(what));
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
  if (options.keepalive_interval > Duration::zero()) {
    const auto interval = std::chrono::ceil<std::chrono::seconds>(options.keepalive_interval);
    constexpr int most_of_tcp = 127;
    how.keep_alive =
        KeepAlive{interval, interval, std::min(options.keepalive_count_max, most_of_tcp)};
  }
  try {
    co_await create_connection(session, host, options.port, how);
  } catch (const OSError& error) {
    throw_connect_error(session->peer(), error);
  }
}

Coroutine<void> log_in_within_limits(SessionPtr session, const std::string& host,
                                     const Options& options, const detail::Algorithms& wanted) {
  const std::string& peer = session->peer();
  co_await within(open_transport(session, host, options), options.connect_timeout,
                  peer + ": no TCP connection in time");
  co_await within(establish(session, host, options, wanted), options.login_timeout,
                  peer + ": no SSH login in time");
}

}  // namespace

namespace {

constexpr int most_jumps = 8;

/// The connection through which the last of the jump hosts forwards; nothing if there are none.
Coroutine<std::optional<Connection>> connect_to_jump_hosts(std::string list,
                                                           const ConfigFile& config,
                                                           const Options& jump_base, int depth) {
  if (depth > most_jumps) {
    throw ConfigParseError("ProxyJump " + list + ": more than " + std::to_string(most_jumps) +
                           " jump hosts lead there; do they go in a circle?");
  }
  std::optional<Connection> tunnel;
  for (const detail::JumpHost& jump : detail::parse_jump_hosts(list)) {
    HostConfig hop = config.options_for(jump.host, jump_base);
    if (jump.username) hop.options.username = *jump.username;
    if (jump.port) hop.options.port = *jump.port;
    if (!tunnel && !hop.proxy_jump.empty()) {
      auto before = connect_to_jump_hosts(hop.proxy_jump, config, jump_base, depth + 1);
      tunnel = co_await before;
    }
    if (tunnel) hop.options.tunnel = tunnel;
    auto connecting = connect(hop.hostname, hop.options);
    tunnel = co_await connecting;
  }
  co_return tunnel;
}

}  // namespace

Coroutine<Connection> connect(std::string host, ConfigFile config, Options base,
                              Options jump_base) {
  HostConfig target = config.options_for(host, base);
  auto jumps = connect_to_jump_hosts(target.proxy_jump, config, jump_base, 1);
  const std::optional<Connection> tunnel = co_await jumps;
  if (tunnel) target.options.tunnel = tunnel;
  auto connecting = connect(target.hostname, target.options);
  co_return co_await connecting;
}

Coroutine<Connection> connect(std::string host, Options options) {
  check_times(options);
  detail::check_login_methods(options);
  const detail::Algorithms wanted = detail::algorithms_for(options);
  Loop& loop = get_running_loop();
  const auto budget = TurnBudget::of(loop);
  co_await budget->step();
  const auto session = std::make_shared<Session>(loop, budget, host_and_port(host, options.port));
  std::exception_ptr error;
  try {
    co_await log_in_within_limits(session, host, options, wanted);
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return Connection(Session::handle_of(session));
  session->abort();
  co_await Session::wait_closed(session);
  std::rethrow_exception(error);
}

}  // namespace rondo::ssh
