#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "../temporary_directory.h"

// OpenSSH's own sshd, on a free loopback port, with keys and a user that exist for it alone.
//
// sshd checks a password against /etc/shadow. So that no test touches the machine's, sshd runs in a
// mount namespace of its own, in which /etc/passwd and /etc/shadow are ours; that needs root.

namespace rondo::tests {

class Sshd {
 public:
  static constexpr const char* username = "rondo-test";
  static constexpr const char* password = "Correct-Horse-7";

  /// Empty if sshd can run here, otherwise why not; then tests print it as their reason to skip.
  static std::string unavailable();

  /// Starts sshd with these lines in front of the usual configuration, and a host key of each of
  /// these types, as ssh-keygen calls them.
  explicit Sshd(const std::vector<std::string>& configuration = {},
                const std::vector<std::string>& key_types = {"ed25519"});
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;
  ~Sshd();

  std::uint16_t port() const noexcept { return port_; }
  /// A known_hosts file that lists this server's keys; the same with one of its types only.
  std::string known_hosts() const { return (directory_.path() / "known_hosts").string(); }
  std::string known_hosts(const std::string& key_type) const {
    return (directory_.path() / ("known_hosts_" + key_type)).string();
  }
  const TemporaryDirectory& directory() const noexcept { return directory_; }
  /// Ends the server, and returns all that it has logged.
  std::string stop();

 private:
  void start();
  bool wait_until_listening();

  TemporaryDirectory directory_;
  std::vector<std::string> key_types_;
  std::string enter_;  // the beginning of its shell command
  std::uint16_t port_ = 0;
  int pid_ = -1;
  int log_fd_ = -1;
  std::string log_;
};

/// A port of 127.0.0.1 that nobody listens at.
std::uint16_t free_port();

/// Writes the accounts, Sshd's user among them, into a directory. Returns the beginning of a shell
/// command that puts them in the place of the machine's, in a mount namespace of its own.
std::string prepare_accounts(const TemporaryDirectory& directory);

/// Runs a shell command and returns what it printed; throws when it fails.
std::string shell(const std::string& command);

}  // namespace rondo::tests
