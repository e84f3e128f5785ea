#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a server says of a command's end, read from the packets of RFC 4254. They come from the
// other side: whatever is in them, reading them is safe.

namespace rondo::ssh {

/// How a signal ended a remote command. See RFC 4254, 6.10.
class ExitSignal {
 public:
  ExitSignal() = default;
  ExitSignal(std::string signal, bool core_dumped, std::string message)
      : signal_(std::move(signal)), core_dumped_(core_dumped), message_(std::move(message)) {}

  const std::string& signal() const noexcept { return signal_; }    ///< "TERM", without "SIG"
  bool core_dumped() const noexcept { return core_dumped_; }        ///< a core file was written
  const std::string& message() const noexcept { return message_; }  ///< the server's words

 private:
  std::string signal_;
  bool core_dumped_ = false;
  std::string message_;
};

namespace detail {

/// How a command ended; both empty while nothing was said.
struct Exit {
  std::optional<int> status;
  std::optional<ExitSignal> signal;
};

struct ExitMessage {
  std::uint32_t channel = 0;  // the number on our side
  Exit exit;
};

/// The message, if `packet` begins with a request "exit-status" or "exit-signal".
std::optional<ExitMessage> exit_message(std::string_view packet) noexcept;

/// The number on our side, if `packet` begins with the confirmation of a channel.
std::optional<std::uint32_t> opened_channel(std::string_view packet) noexcept;

}  // namespace detail

}  // namespace rondo::ssh
