// One telnet connection to a virtual device: options, login and password, then the terminal. As
// devices do, it says WILL ECHO and WILL SUPPRESS-GO-AHEAD at once and asks for the window's size;
// every other option is refused, once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <rondo/lab/session.h>

namespace rondo::lab {

// Takes telnet's own bytes out of what a client sends. It knows no socket.
class TelnetInput {
 public:
  // What the user typed, without options and commands.
  std::string decode(std::string_view bytes);

  // What is to be sent in answer to options; empties it.
  std::string take_replies();

  unsigned columns() const { return columns_; }  // of the client's window; 0: not known
  unsigned rows() const { return rows_; }

 private:
  enum class State { text, command, option, subnegotiation, subnegotiation_command };

  void answer(std::uint8_t option);
  void end_subnegotiation();

  State state_ = State::text;
  std::uint8_t verb_ = 0;       // DO, DONT, WILL or WONT; in state option
  std::string subnegotiation_;  // at most 64 bytes of it; the rest is dropped
  std::string replies_;
  unsigned columns_ = 0;
  unsigned rows_ = 0;
};

class TelnetSession final : public Session {
 public:
  // Takes over `socket`, which must not block.
  TelnetSession(int socket, Device& device, std::chrono::seconds idle_limit);
  ~TelnetSession() override;

  void run(const std::function<void()>& logged_in) override;

 private:
  bool log_in();
  bool read_line(std::string& line, std::string_view prompt, bool echoed);
  bool fill();
  void hand_over(std::string_view text);
  bool send_all(std::string bytes);

  bool is_open() const override { return open_; }
  bool send(std::string& bytes) override;
  bool receive() override;
  bool wait_until(Moment deadline) override;
  void half_close() override;
  int socket() const override { return socket_; }

  const int socket_;
  TelnetInput input_;
  std::string typed_;          // decoded, and not used yet
  bool after_return_ = false;  // the last byte of the login was "\r": a "\n" behind it says nothing
  bool open_ = true;           // false: the client is gone
  bool ended_ = false;         // the client sends no more
  bool blocked_ = false;       // the last send had no room
};

}  // namespace rondo::lab
