#pragma once

#include <cstdint>
#include <string>

#include <rondo/ssh/options.h>

#include "sshd.h"

// SSH servers besides OpenSSH's, on a free loopback port, with Sshd's user and password.

namespace rondo::tests {

class OtherServer {
 public:
  enum class Kind { asyncssh, dropbear };

  /// Empty if it can run here, otherwise why not.
  static std::string unavailable(Kind kind);

  explicit OtherServer(Kind kind);
  OtherServer(const OtherServer&) = delete;
  OtherServer& operator=(const OtherServer&) = delete;
  ~OtherServer();

  std::uint16_t port() const noexcept { return port_; }
  std::string known_hosts() const { return (directory_.path() / "known_hosts").string(); }
  /// How to log in there, by the password.
  ssh::Options options() const;

 private:
  std::string command(Kind kind);
  bool wait_until_listening();

  TemporaryDirectory directory_;
  std::uint16_t port_;
  int pid_ = -1;
};

}  // namespace rondo::tests
