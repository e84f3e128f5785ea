#include <cstdlib>
#include <string>

#include <pwd.h>
#include <unistd.h>

#include <rondo/ssh/options.h>

namespace rondo::ssh {

namespace {

struct Account {
  std::string name;
  std::string home;
};

/// The user's, looked up once: it may be asked for over a network, and a program makes options for
/// each of a thousand devices.
const Account& own_account() {
  static const Account account = [] {
    const passwd* const user = ::getpwuid(::geteuid());
    return user == nullptr ? Account() : Account{user->pw_name, user->pw_dir};
  }();
  return account;
}

}  // namespace

Options::Options() : username(own_account().name) {
  const char* const variable = std::getenv("HOME");
  const std::string home = variable != nullptr ? variable : own_account().home;
  if (!home.empty()) known_hosts = home + "/.ssh/known_hosts";
}

}  // namespace rondo::ssh
