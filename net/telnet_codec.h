#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/runtime/errors.h>

// TelnetCodec: telnet's bytes, taken apart and put together (RFC 854, 855; the options' own RFCs
// are named beside them). It knows no socket and no loop: bytes go in, cut wherever the network cut
// them, and data, commands and replies come out.
//
// It never ping-pongs. What the peer asks for, with WILL or DO, is answered when it changes
// something, once, and a refusal is not repeated; what the peer merely confirms is not answered at
// all (RFC 1143). And an option that is switched on and off again and again is left off after the
// fourth time. So however the peer behaves, what is said about options comes to an end.

namespace rondo {

namespace telnet {

/// What follows an IAC byte (RFC 854).
enum class Command : std::uint8_t {
  subnegotiation_end = 240,
  no_operation = 241,
  data_mark = 242,
  break_key = 243,
  interrupt_process = 244,
  abort_output = 245,
  are_you_there = 246,
  erase_character = 247,
  erase_line = 248,
  go_ahead = 249,
  subnegotiation = 250,
  will = 251,
  wont = 252,
  do_it = 253,
  dont = 254,
  interpret_as_command = 255,
};

/// Options by their numbers; others exist, and are refused.
enum class Option : std::uint8_t {
  binary = 0,             ///< RFC 856: bytes as they are, without rules for CR and NUL
  echo = 1,               ///< RFC 857: whoever does it shows what the other one types
  suppress_go_ahead = 3,  ///< RFC 858: no "go ahead" after each line
  timing_mark = 6,        ///< RFC 860: an answer, once everything before it is dealt with
  terminal_type = 24,     ///< RFC 1091
  window_size = 31,       ///< RFC 1073, "NAWS"
};

}  // namespace telnet

/// A peer that does not keep to the protocol, so that what it sends cannot be understood any more.
class TelnetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What one side of a connection says of itself.
class TelnetOptions {
 public:
  TelnetOptions();

  /// What a client says its terminal is. Printable ASCII, 1 to 40 characters.
  std::string terminal_type = "network";
  /// The client's window, in characters, 0 to 65,535 each; 0: not known. The widest that devices
  /// take, so that they break no lines.
  std::uint16_t columns = 511;
  std::uint16_t rows = 0;
  /// Both directions are asked to be binary, and the peer may ask for it; otherwise they stay text,
  /// and a peer that asks is refused.
  bool binary = false;
};

/// What came of some bytes.
class TelnetInput {
 public:
  std::string data;                       ///< what is left after all that is telnet's own
  std::string replies;                    ///< to be sent as it is
  std::vector<telnet::Command> commands;  ///< break_key to erase_line, as they came
};

class TelnetCodec {
 public:
  enum class Role : std::uint8_t { client, server };
  static constexpr std::size_t most_in_subnegotiation = 4096;  // bytes

  /// Throws ValueError for options out of range.
  explicit TelnetCodec(Role role, TelnetOptions options = TelnetOptions());

  /// What to say first. A client asks for nothing (but binary, if it wants that): for all it knows
  /// its peer may not speak telnet. A server offers to echo and to do without "go ahead", and asks
  /// for the client's terminal and window.
  std::string greeting();

  /// Takes the next bytes; what comes of them is appended to `input`. Throws TelnetError when a
  /// subnegotiation is longer than 4 KiB; what was before it is in `input` then.
  void receive(std::string_view bytes, TelnetInput& input);

  /// Appends to `bytes` what has to be sent for `data`. Text is sent as RFC 854 wants it: a lone
  /// "\n" becomes CR LF, a lone "\r" becomes CR NUL, and "\r\n" in one piece stays CR LF. A byte
  /// 255 is doubled, in binary too.
  void send(std::string_view data, std::string& bytes) const;
  /// A command of one byte. Throws ValueError for those that need more: subnegotiation to
  /// interpret_as_command.
  static std::string command(telnet::Command command);
  /// Notes the window, and yields what has to be sent, if the peer wants to know.
  std::string set_window_size(std::uint16_t columns, std::uint16_t rows);

  /// Is it in force on this side? (On the server's side echo is what a password's prompt is
  /// without.)
  bool is_on_here(telnet::Option option) const noexcept;
  /// And on the peer's?
  bool is_on_there(telnet::Option option) const noexcept;
  /// What the client has told a server; empty or 0 before.
  const std::string& peer_terminal_type() const noexcept { return peer_terminal_type_; }
  std::uint16_t peer_columns() const noexcept { return peer_columns_; }
  std::uint16_t peer_rows() const noexcept { return peer_rows_; }

  /// While nothing can be sent, questions are not answered: a peer that asks without end and never
  /// reads must not fill our memory.
  void set_congested(bool congested) noexcept { congested_ = congested; }

 private:
  // Bytes. `data` is where it begins and comes back to.
  //
  // | # | state          | byte                | next           | action                         |
  // |---|----------------|---------------------|----------------|--------------------------------|
  // | 1 | data           | IAC                 | command        |                                |
  // | 2 | data           | NUL, in text        | data           | none: it is padding, or after  |
  // |   |                |                     |                | CR says that nothing follows   |
  // | 3 | data           | any other           | data           | it is data                     |
  // | 4 | command        | IAC                 | data           | a byte 255 of data             |
  // | 5 | command        | WILL, WONT, DO, DONT| option         | keep it                        |
  // | 6 | command        | SB                  | subnegotiation | forget the last one            |
  // | 7 | command        | any other           | data           | a command; see `obey`          |
  // | 8 | option         | any                 | data           | see the table of options       |
  // | 9 | subnegotiation | IAC                 | in_sub_command |                                |
  // |10 | subnegotiation | any other           | subnegotiation | keep it; TelnetError beyond    |
  // |   |                |                     |                | 4 KiB                          |
  // |11 | in_sub_command | IAC                 | subnegotiation | keep a byte 255, as in 10      |
  // |12 | in_sub_command | SE                  | data           | see `end_subnegotiation`       |
  // |13 | in_sub_command | any other           | as in `command`| the subnegotiation was none    |
  enum class State : std::uint8_t { data, command, option, subnegotiation, in_sub_command };

  // An option on one side. The peer says "on" by WILL (of its own side) or DO (of ours), and "off"
  // by WONT or DONT; we answer by DO or WILL, and by DONT or WONT.
  //
  // | # | stand   | "on", we agree | "on", we do not  | "off"          | we want it on |
  // |---|---------|----------------|------------------|----------------|---------------|
  // | 1 | off     | on, answer     | refused, answer  | off            | asked, say so |
  // | 2 | asked   | on             |                  | off            |               |
  // | 3 | on      | on             |                  | off, answer    |               |
  // | 4 | refused | refused        | refused          | refused        |               |
  //
  // The fourth time an option would go from `on` to `off` it becomes `refused` instead.
  enum class Stand : std::uint8_t { off, asked, on, refused };
  enum class Side : std::uint8_t { here, there };
  struct OptionState {
    Stand stand = Stand::off;
    std::uint8_t times_off = 0;  // how often it was switched off
  };
  using Options = std::array<OptionState, 256>;

  void take(unsigned char byte, TelnetInput& input);
  void take_data(std::string_view bytes, std::string& data) const;
  void obey(telnet::Command command, TelnetInput& input);
  void negotiate(telnet::Option option, TelnetInput& input);
  void told_on(Side side, telnet::Option option, std::string& replies);
  void told_off(Side side, telnet::Option option, std::string& replies);
  void keep(unsigned char byte);
  void end_subnegotiation(TelnetInput& input);
  void came_on(Side side, telnet::Option option, std::string& replies);
  bool agrees(Side side, telnet::Option option) const noexcept;
  void ask(Side side, telnet::Option option, std::string& bytes);
  OptionState& state_of(Side side, telnet::Option option) noexcept {
    return (side == Side::here ? here_ : there_)[static_cast<std::size_t>(option)];
  }
  std::string window_size() const;

  const Role role_;
  TelnetOptions options_;
  State state_ = State::data;
  telnet::Command verb_ = telnet::Command::will;  // in State::option: will, wont, do_it or dont
  bool congested_ = false;
  Options here_;
  Options there_;
  std::string subnegotiation_;  // its bytes so far; at most most_in_subnegotiation
  std::string peer_terminal_type_;
  std::uint16_t peer_columns_ = 0;
  std::uint16_t peer_rows_ = 0;
};

}  // namespace rondo
