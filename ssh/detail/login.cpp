#include <rondo/ssh/detail/login.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

using SessionPtr = std::shared_ptr<Session>;

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

}  // namespace

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
        options.password.reveal().data(), static_cast<unsigned>(options.password.reveal().size()),
        nullptr);
  };
  const int result = co_await session->drive(password);
  if (result == 0) co_return;
  throw PermissionDenied(session->peer() + ": permission denied for user \"" + options.username +
                         "\"; check name and password");
}

}  // namespace rondo::ssh::detail
