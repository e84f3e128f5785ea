#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

#include <rondo/ssh/options.h>

namespace rondo::ssh {

Options::Options() {
  const passwd* user = getpwuid(geteuid());
  const char* home = std::getenv("HOME");
  if (user != nullptr) username = user->pw_name;
  if (home != nullptr) {
    known_hosts = std::string(home) + "/.ssh/known_hosts";
  } else if (user != nullptr) {
    known_hosts = std::string(user->pw_dir) + "/.ssh/known_hosts";
  }
}

}  // namespace rondo::ssh
