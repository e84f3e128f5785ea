#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <rondo/ssh.h>

// What sits between a client and a server, sees all, and may change it.

namespace rondo::tests {

class Relay {
 public:
  explicit Relay(std::uint16_t server_port) : server_port_(server_port) {}

  /// Serves one client; for start_server. It must outlive the server.
  Coroutine<void> operator()(StreamReader reader, StreamWriter writer);

  /// Called with the server's bytes before they go to the client, and their offset.
  std::function<void(std::size_t, std::string&)> change;
  /// What the last client, and the server, have sent.
  const std::string& from_client() const noexcept { return from_client_; }
  const std::string& from_server() const noexcept { return from_server_; }

 private:
  Coroutine<void> pass_up(StreamReader reader, StreamWriter writer);

  std::uint16_t server_port_;
  std::string from_client_;
  std::string from_server_;
};

/// The types of the packets that a side has sent in the clear, up to the one after which it
/// encrypts (21), and how many bytes have come after that.
class PlainPart {
 public:
  explicit PlainPart(std::string_view stream);
  std::string types;  // "20 30 21"
  std::size_t encrypted_bytes = 0;
};

}  // namespace rondo::tests
