#include <algorithm>
#include <cctype>
#include <utility>

#include <rondo/net/telnet_codec.h>

namespace rondo {

namespace {

using telnet::Command;
using telnet::Option;

constexpr char iac = static_cast<char>(Command::interpret_as_command);
constexpr char terminal_type_is = 0;    // RFC 1091
constexpr char terminal_type_send = 1;  // the same
constexpr std::size_t longest_terminal_type = 40;
constexpr std::uint8_t most_times_off = 4;

std::string three_bytes(Command verb, Option option) {
  return {iac, static_cast<char>(verb), static_cast<char>(option)};
}

/// With a byte 255 doubled.
void append_escaped(std::string& bytes, std::string_view text) {
  for (const char c : text) {
    bytes += c;
    if (c == iac) bytes += iac;
  }
}

std::string subnegotiation(Option option, std::string_view text) {
  std::string bytes{iac, static_cast<char>(Command::subnegotiation), static_cast<char>(option)};
  append_escaped(bytes, text);
  bytes += iac;
  bytes += static_cast<char>(Command::subnegotiation_end);
  return bytes;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::uint16_t number16(std::string_view two_bytes) {
  const auto high = static_cast<unsigned char>(two_bytes[0]);
  const auto low = static_cast<unsigned char>(two_bytes[1]);
  return static_cast<std::uint16_t>(high << 8 | low);
}

bool is_negotiation(Command command) {
  return command >= Command::will && command <= Command::dont;
}

}  // namespace

TelnetOptions::TelnetOptions() = default;

TelnetCodec::TelnetCodec(Role role, TelnetOptions options)
    : role_(role), options_(std::move(options)) {
  const std::string& type = options_.terminal_type;
  if (type.empty() || type.size() > longest_terminal_type || !is_printable(type)) {
    throw ValueError("TelnetOptions::terminal_type must be 1 to 40 printable ASCII characters");
  }
}

std::string TelnetCodec::greeting() {
  std::string bytes;
  if (role_ == Role::server) {
    ask(Side::here, Option::echo, bytes);
    ask(Side::here, Option::suppress_go_ahead, bytes);
    ask(Side::there, Option::terminal_type, bytes);
    ask(Side::there, Option::window_size, bytes);
  }
  if (options_.binary) {
    ask(Side::here, Option::binary, bytes);
    ask(Side::there, Option::binary, bytes);
  }
  return bytes;
}

void TelnetCodec::receive(std::string_view bytes, TelnetInput& input) {
  while (!bytes.empty()) {
    if (state_ != State::data) {
      take(static_cast<unsigned char>(bytes.front()), input);
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(bytes.find(iac), bytes.size());
    take_data(bytes.substr(0, end), input.data);
    if (end < bytes.size()) state_ = State::command;
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

void TelnetCodec::take_data(std::string_view bytes, std::string& data) const {
  if (is_on_there(Option::binary)) {
    data += bytes;
    return;
  }
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    data += bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

/// A byte in any state but `data`.
void TelnetCodec::take(unsigned char byte, TelnetInput& input) {
  const auto command = static_cast<Command>(byte);
  switch (state_) {
    case State::data:
      break;
    case State::command:
      state_ = State::data;
      if (command == Command::interpret_as_command) {
        input.data += iac;
      } else if (is_negotiation(command)) {
        verb_ = command;
        state_ = State::option;
      } else if (command == Command::subnegotiation) {
        subnegotiation_.clear();
        state_ = State::subnegotiation;
      } else {
        obey(command, input);
      }
      break;
    case State::option:
      state_ = State::data;
      negotiate(static_cast<Option>(byte), input);
      break;
    case State::subnegotiation:
      if (command == Command::interpret_as_command) {
        state_ = State::in_sub_command;
      } else {
        keep(byte);
      }
      break;
    case State::in_sub_command:
      if (command == Command::interpret_as_command) {
        state_ = State::subnegotiation;
        keep(byte);
      } else if (command == Command::subnegotiation_end) {
        state_ = State::data;
        end_subnegotiation(input);
      } else {
        state_ = State::command;
        take(byte, input);
      }
      break;
  }
}

void TelnetCodec::keep(unsigned char byte) {
  if (subnegotiation_.size() == most_in_subnegotiation) {
    state_ = State::data;
    throw TelnetError("a telnet subnegotiation of more than " +
                      std::to_string(most_in_subnegotiation) + " bytes");
  }
  subnegotiation_ += static_cast<char>(byte);
}

void TelnetCodec::obey(Command command, TelnetInput& input) {
  if (command < Command::break_key || command > Command::erase_line) return;
  input.commands.push_back(command);
  if (command == Command::are_you_there && !congested_) input.replies += "\r\n[Yes]\r\n";
}

void TelnetCodec::negotiate(Option option, TelnetInput& input) {
  const bool here = verb_ == Command::do_it || verb_ == Command::dont;
  const Side side = here ? Side::here : Side::there;
  if (verb_ == Command::wont || verb_ == Command::dont) {
    told_off(side, option, input.replies);
  } else if (here && option == Option::timing_mark && role_ == Role::server) {
    // Not something to be on or off: each one asks whether all before it has been taken.
    if (!congested_) input.replies += three_bytes(Command::will, option);
  } else {
    told_on(side, option, input.replies);
  }
}

void TelnetCodec::told_on(Side side, Option option, std::string& replies) {
  Stand& stand = state_of(side, option).stand;
  if (stand == Stand::on || stand == Stand::refused) return;
  const bool was_asked = stand == Stand::asked;
  const bool agreed = was_asked || agrees(side, option);
  stand = agreed ? Stand::on : Stand::refused;
  const Command yes = side == Side::here ? Command::will : Command::do_it;
  const Command no = side == Side::here ? Command::wont : Command::dont;
  if (!was_asked) replies += three_bytes(agreed ? yes : no, option);
  if (agreed) came_on(side, option, replies);
}

void TelnetCodec::told_off(Side side, Option option, std::string& replies) {
  OptionState& state = state_of(side, option);
  if (state.stand == Stand::asked) state.stand = Stand::off;
  if (state.stand != Stand::on) return;
  state.stand = ++state.times_off == most_times_off ? Stand::refused : Stand::off;
  replies += three_bytes(side == Side::here ? Command::wont : Command::dont, option);
}

/// Which options are good for something.
///
/// A client lets the server echo and do without "go ahead", as every server of today wants to, and
/// says what its terminal and window are. It refuses all else that is offered. (Some clients say DO
/// to whatever a device offers; no device is known that needs it, and one that was told DO STATUS
/// or DO ENCRYPT may make use of it.)
bool TelnetCodec::agrees(Side side, Option option) const noexcept {
  const bool client = role_ == Role::client;
  switch (option) {
    case Option::binary:
      return options_.binary;
    case Option::suppress_go_ahead:
      return true;
    case Option::echo:
      return client ? side == Side::there : side == Side::here;
    case Option::terminal_type:
    case Option::window_size:
      return client ? side == Side::here : side == Side::there;
    default:
      return false;
  }
}

void TelnetCodec::came_on(Side side, Option option, std::string& replies) {
  if (side == Side::here && option == Option::window_size) replies += window_size();
  if (side == Side::there && option == Option::terminal_type) {
    replies += subnegotiation(option, {&terminal_type_send, 1});
  }
}

void TelnetCodec::ask(Side side, Option option, std::string& bytes) {
  state_of(side, option).stand = Stand::asked;
  bytes += three_bytes(side == Side::here ? Command::will : Command::do_it, option);
}

void TelnetCodec::end_subnegotiation(TelnetInput& input) {
  const std::string_view all = subnegotiation_;
  if (all.empty()) return;
  const auto option = static_cast<Option>(all.front());
  const std::string_view text = all.substr(1);
  if (option == Option::terminal_type && text.starts_with(terminal_type_send)) {
    if (!is_on_here(option) || congested_) return;
    std::string answer{terminal_type_is};
    input.replies += subnegotiation(option, answer += options_.terminal_type);
  } else if (option == Option::terminal_type && text.starts_with(terminal_type_is)) {
    const std::string_view name = text.substr(1);
    const bool fits = name.size() <= longest_terminal_type && is_printable(name);
    if (is_on_there(option) && fits) peer_terminal_type_ = name;
  } else if (option == Option::window_size && text.size() == 4 && is_on_there(option)) {
    peer_columns_ = number16(text.substr(0, 2));
    peer_rows_ = number16(text.substr(2, 2));
  }
}

void TelnetCodec::send(std::string_view data, std::string& bytes) const {
  const bool binary = is_on_here(Option::binary);
  const std::string_view special = binary ? std::string_view("\xff") : std::string_view("\xff\r\n");
  while (!data.empty()) {
    const std::size_t plain = std::min(data.find_first_of(special), data.size());
    bytes += data.substr(0, plain);
    data.remove_prefix(plain);
    if (data.empty()) return;
    const char c = data.front();
    data.remove_prefix(1);
    if (c == iac) {
      bytes += {iac, iac};
    } else if (c == '\r' && !data.starts_with('\n')) {
      bytes += {'\r', '\0'};
    } else {  // the end of a line, in one byte or two
      if (c == '\r') data.remove_prefix(1);
      bytes += {'\r', '\n'};
    }
  }
}

std::string TelnetCodec::command(Command command) {
  if (command < Command::no_operation || command > Command::go_ahead) {
    throw ValueError("a telnet command that needs more than its own byte cannot be sent alone");
  }
  return {iac, static_cast<char>(command)};
}

std::string TelnetCodec::set_window_size(std::uint16_t columns, std::uint16_t rows) {
  options_.columns = columns;
  options_.rows = rows;
  return is_on_here(Option::window_size) ? window_size() : std::string();
}

std::string TelnetCodec::window_size() const {
  const char bytes[] = {
      static_cast<char>(options_.columns >> 8), static_cast<char>(options_.columns & 0xff),
      static_cast<char>(options_.rows >> 8), static_cast<char>(options_.rows & 0xff)};
  return subnegotiation(Option::window_size, {bytes, sizeof bytes});
}

bool TelnetCodec::is_on_here(Option option) const noexcept {
  return here_[static_cast<std::size_t>(option)].stand == Stand::on;
}
bool TelnetCodec::is_on_there(Option option) const noexcept {
  return there_[static_cast<std::size_t>(option)].stand == Stand::on;
}

}  // namespace rondo
