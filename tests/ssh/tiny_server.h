#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// The server's side of SSH, as small as it can be, and willing to say anything: one way to exchange
// keys, one cipher, one MAC, and whatever packets a test wants it to send. It has no socket; bytes
// go in and bytes come out.

namespace rondo::tests {

class TinyServer {
 public:
  using Payloads = std::vector<std::string>;

  /// `answer`: the packets that follow upon one of the client's, once keys were exchanged.
  explicit TinyServer(std::function<Payloads(std::string_view)> answer);
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;
  ~TinyServer();

  /// What it says first.
  std::string greeting();
  /// What it says to these bytes of the client's. Throws std::runtime_error when they are no SSH.
  std::string receive(std::string_view bytes);
  /// A packet as it goes over the wire now.
  std::string packet(std::string_view payload);

 private:
  struct Cipher;
  struct Direction {
    std::unique_ptr<Cipher> cipher;  // null: keys are not exchanged yet
    std::string mac_key;
    std::uint32_t sequence_number = 0;
  };

  bool take_packet(std::string& payload);
  std::string exchange_keys(std::string_view payload);
  std::string derive(char which) const;
  std::string answer_to(std::string_view payload);

  std::function<Payloads(std::string_view)> answer_;
  std::string received_;
  std::string client_version_;  // empty: it has not come yet
  std::string client_offer_;
  std::string shared_secret_;  // as an mpint
  std::string hash_;
  std::size_t packet_begun_ = 0;  // bytes of the packet that are decrypted already
  Direction in_;
  Direction out_;
};

/// Lets everybody in with a password, and to every command says "some output", an error, and 3.
TinyServer::Payloads polite_answers(std::string_view payload);

}  // namespace rondo::tests
