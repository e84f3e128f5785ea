#include <algorithm>
#include <vector>

#include <rondo/net/open_connection.h>
#include <rondo/runtime/wait_for.h>
#include <rondo/ssh/connection.h>
#include <rondo/ssh/detail/channel.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh {

namespace {

using detail::Channel;
using detail::Session;
using SessionPtr = std::shared_ptr<Session>;

// libssh2 never touches this; it only wants a number that is no descriptor.
constexpr int no_socket = 0x3fffffff;
constexpr unsigned window_size = 2 * 1024 * 1024;
constexpr unsigned packet_size = 32'768;

// What is offered, best first. Left out of what libssh2 can do: everything with SHA-1, MD5, CBC,
// arcfour or DSS, and the groups whose computation would hold up the loop for a quarter of a
// second.
constexpr const char* key_exchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group14-sha256";
constexpr const char* ciphers = "aes256-ctr,aes192-ctr,aes128-ctr";
constexpr const char* macs = "hmac-sha2-256,hmac-sha2-512";
const std::vector<std::string> host_key_types = {"ssh-ed25519", "ecdsa-sha2-nistp256",
                                                 "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};

/// The types of key to ask for: those that are known for the host, or else any.
std::string host_keys_to_ask_for(const KnownHosts& known, const std::string& host,
                                 std::uint16_t port) {
  std::string list;
  const auto append = [&list](const std::string& type) {
    if (!list.empty()) list += ',';
    list += type;
  };
  const std::vector<std::string> known_types = known.key_types(host, port);
  const auto is_known = [&known_types](const std::string& type) {
    return std::ranges::find(known_types, type) != known_types.end();
  };
  for (const std::string& type : host_key_types) {
    if (is_known(type)) append(type);
  }
  for (const std::string& type : host_key_types) {
    if (!is_known(type)) append(type);
  }
  return list;
}

void choose_algorithms(Session& session, const std::string& host_keys) {
  LIBSSH2_SESSION* raw = session.get();
  const auto choose = [&](int method, const std::string& list) {
    if (libssh2_session_method_pref(raw, method, list.c_str()) != 0) {
      throw KeyExchangeFailed(session.peer() + ": libssh2 knows none of " + list);
    }
  };
  choose(LIBSSH2_METHOD_KEX, key_exchanges);
  choose(LIBSSH2_METHOD_HOSTKEY, host_keys);
  for (const int method : {LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC}) {
    choose(method, ciphers);
  }
  for (const int method : {LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC})
    choose(method, macs);
}

Coroutine<void> shake_hands(SessionPtr session) {
  const auto handshake = [&] { return libssh2_session_handshake(session->get(), no_socket); };
  const int result = co_await session->drive(handshake);
  if (result == 0) co_return;
  throw KeyExchangeFailed(session->peer() + ": " + session->last_error() +
                          " (offered: key exchange " + key_exchanges + "; ciphers " + ciphers +
                          "; MACs " + macs + "; Ed25519 and ECDSA host keys)");
}

void check_host_key(Session& session, const KnownHosts& known, const std::string& host,
                    std::uint16_t port) {
  std::size_t length = 0;
  int type = 0;
  const char* bytes = libssh2_session_hostkey(session.get(), &length, &type);
  const std::string_view key(bytes, bytes == nullptr ? 0 : length);
  const KnownHosts::Answer answer = known.check(host, port, key);
  const std::string which = key_type_of(key) + " " + fingerprint(key);
  const std::string line = known.path() + ":" + std::to_string(answer.line);
  switch (answer.verdict) {
    case KnownHosts::Verdict::trusted:
      return;
    case KnownHosts::Verdict::unknown:
      throw HostKeyNotVerifiable(session.peer() + ": the host key " + which + " is not in " +
                                 known.path() + "; compare it with the device's own and add it");
    case KnownHosts::Verdict::mismatch:
      throw HostKeyNotVerifiable(session.peer() + ": the host key is " + which + ", but " + line +
                                 " lists another one; either the device was given a new key or "
                                 "somebody sits in between");
    case KnownHosts::Verdict::revoked:
      throw HostKeyNotVerifiable(session.peer() + ": the host key " + which +
                                 " is marked as revoked in " + line);
  }
}

/// The ways to log in that the server offers to a user; empty when it lets everybody in.
Coroutine<std::string> login_methods(SessionPtr session, const std::string& username) {
  const char* methods = nullptr;
  const auto list = [&] {
    methods = libssh2_userauth_list(session->get(), username.c_str(),
                                    static_cast<unsigned>(username.size()));
    return methods != nullptr ? 0 : libssh2_session_last_errno(session->get());
  };
  co_await session->drive(list);
  if (methods != nullptr) co_return methods;
  if (libssh2_userauth_authenticated(session->get()) == 1) co_return std::string();
  throw PermissionDenied(session->peer() + ": " + session->last_error());
}

Coroutine<void> log_in(SessionPtr session, const Options& options) {
  const std::string methods = co_await login_methods(session, options.username);
  if (libssh2_userauth_authenticated(session->get()) == 1) co_return;
  if (methods.find("password") == std::string::npos) {
    throw PermissionDenied(session->peer() + ": no login with a password for user \"" +
                           options.username + "\": the server accepts only " + methods);
  }
  const auto password = [&] {
    return libssh2_userauth_password_ex(
        session->get(), options.username.c_str(), static_cast<unsigned>(options.username.size()),
        options.password.c_str(), static_cast<unsigned>(options.password.size()), nullptr);
  };
  const int result = co_await session->drive(password);
  if (result == 0) co_return;
  throw PermissionDenied(session->peer() + ": permission denied for user \"" + options.username +
                         "\"; check name and password");
}

Coroutine<void> establish(SessionPtr session, const std::string& host, const Options& options) {
  const bool strict = options.host_key_policy == HostKeyPolicy::strict;
  const KnownHosts known = strict ? KnownHosts::load(options.known_hosts) : KnownHosts();
  choose_algorithms(*session, host_keys_to_ask_for(known, host, options.port));
  co_await shake_hands(session);
  if (strict) check_host_key(*session, known, host, options.port);
  co_await log_in(session, options);
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

Coroutine<void> open_transport(SessionPtr session, const std::string& host, std::uint16_t port) {
  co_await create_connection(session, host, port);
}

Coroutine<void> log_in_within_limits(SessionPtr session, const std::string& host,
                                     const Options& options) {
  const std::string& peer = session->peer();
  co_await within(open_transport(session, host, options.port), options.connect_timeout,
                  peer + ": no TCP connection in time");
  co_await within(establish(session, host, options), options.login_timeout,
                  peer + ": no SSH login in time");
}

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
