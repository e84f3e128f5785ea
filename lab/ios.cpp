#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/ios.h>

namespace rondo::lab {

namespace {

constexpr std::size_t most_type_ahead = 64 * 1024;
constexpr std::size_t longest_line = 254;  // IOS's own limit
constexpr unsigned longest_page = 512;
constexpr unsigned most_wrong_secrets = 3;

constexpr char bell = '\a';
constexpr char ctrl_c = 0x03;
constexpr char backspace = 0x08;
constexpr char ctrl_u = 0x15;
constexpr char ctrl_w = 0x17;
constexpr char ctrl_z = 0x1A;
constexpr char escape = 0x1B;
constexpr char delete_key = 0x7F;

constexpr std::string_view more = " --More-- ";
// Back to its first dash, blank it, and back again: column 0, where a blank stands already.
constexpr std::string_view erase_more =
    "\b\b\b\b\b\b\b\b\b"
    "        "
    "\b\b\b\b\b\b\b\b\b";

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

bool refused(const IosMatch& match) {
  return match.verdict == IosVerdict::invalid || match.verdict == IosVerdict::unknown;
}

std::string with_carriage_returns(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

}  // namespace

IosTerminal::IosTerminal(IosDevice& device, Clock now) : vty_{device, std::move(now)} {}

void IosTerminal::open_shell() {
  bytes_ += "\r\n";
  prompt();
}

void IosTerminal::execute(std::string_view line) {
  interactive_ = false;
  IosMatch found = match_ios_line(ios_commands(), exec_mode, line);
  if (found.verdict == IosVerdict::matched && found.command->is_show) {
    pending_ = std::move(found);
    pause_ = vty_.device.description().delay;
    state_ = State::busy;
    return;
  }
  state_ = State::closed;
  if (found.verdict == IosVerdict::empty) return;
  std::string quoted(line.substr(0, longest_line));
  std::ranges::replace_if(quoted, [](char c) { return !is_printable(c); }, '?');
  bytes_ += fmt::format("Line has invalid autocommand \"{}\"\r\n", quoted);
}

void IosTerminal::resize(unsigned columns, unsigned rows) {
  if (columns > 0) vty_.width = std::min(columns, longest_page);
  if (rows > 0 && !vty_.length_typed) vty_.length = std::min(rows, longest_page);
}

void IosTerminal::type(std::string_view bytes) {
  typed_.append(bytes.substr(0, most_type_ahead - std::min(typed_.size(), most_type_ahead)));
}

IosTerminal::Turn IosTerminal::turn() {
  // No pause left to ask for: the caller has waited.
  if (state_ == State::busy && pause_.count() == 0) {
    state_ = State::editing;
    run(std::exchange(pending_, {}));
  }
  std::size_t read = 0;
  while (read < typed_.size() && state_ != State::busy && state_ != State::closed) {
    take(typed_[read++]);
  }
  typed_.erase(0, read);
  return {std::exchange(bytes_, {}), std::exchange(pause_, {})};
}

void IosTerminal::take(char typed) {
  const bool ends_return = std::exchange(after_return_, typed == '\r');
  if (ends_return && (typed == '\n' || typed == '\0')) return;
  if (typed == '\0' || skip_escape(typed)) return;
  if (typed == '\n') typed = '\r';
  if (state_ == State::paging) {
    turn_page(typed);
  } else {
    edit(typed);
  }
}

// Arrow keys and the like are sequences that begin with ESC. The lab has no history to walk
// through, and their letters must not end up in the line.
bool IosTerminal::skip_escape(char typed) {
  switch (escape_) {
    case Escape::none:
      if (typed != escape) return false;
      escape_ = Escape::begun;
      return true;
    case Escape::begun:
      escape_ = typed == '[' || typed == 'O' ? Escape::within : Escape::none;
      // A return behind a lonely ESC is still a return.
      return typed != '\r' && typed != '\n';
    case Escape::within:
      if (typed >= '@' && typed <= '~') escape_ = Escape::none;
      if (typed >= ' ') return true;
      escape_ = Escape::none;
      return false;
  }
  return false;
}

void IosTerminal::edit(char typed) {
  switch (typed) {
    case '\r':
      return end_line();
    case ctrl_c:
      return interrupt();
    case backspace:
    case delete_key:
      return erase(1);
    case ctrl_u:
      return erase(line_.size());
    case ctrl_w: {
      const std::size_t letter = line_.find_last_not_of(' ');
      const std::size_t space = line_.find_last_of(' ', letter);
      return erase(line_.size() - (space == std::string::npos ? 0 : space + 1));
    }
    case ctrl_z:
      if (state_ == State::secret) return interrupt();
      bytes_ += "^Z";
      end_configuration_ = true;
      return end_line();
    default:
      break;
  }
  if (!is_printable(typed)) return;
  if (line_.size() == longest_line) {
    bytes_ += bell;
    return;
  }
  line_ += typed;
  if (state_ == State::editing) bytes_ += typed;
}

void IosTerminal::erase(std::size_t characters) {
  characters = std::min(characters, line_.size());
  line_.resize(line_.size() - characters);
  if (state_ == State::secret) return;
  for (; characters > 0; --characters)
    bytes_ += "\b \b";
}

void IosTerminal::interrupt() {
  bytes_ += state_ == State::secret ? "\r\n" : "^C\r\n";
  line_.clear();
  wrong_secrets_ = 0;
  state_ = State::editing;
  end_configuration_ = true;
  prompt();
}

void IosTerminal::end_line() {
  bytes_ += "\r\n";
  if (state_ == State::secret) return check_secret();
  run_line(std::exchange(line_, {}));
}

void IosTerminal::check_secret() {
  const std::string secret = std::exchange(line_, {});
  if (secret == vty_.device.description().enable_secret) {
    vty_.mode = privileged_mode;
  } else if (++wrong_secrets_ < most_wrong_secrets) {
    bytes_ += "Password: ";
    return;
  } else {
    bytes_ += "% Bad secrets\r\n\r\n";
  }
  wrong_secrets_ = 0;
  state_ = State::editing;
  prompt();
}

void IosTerminal::run_line(const std::string& line) {
  IosMatch found = match(line);
  const bool executing = vty_.mode == exec_mode || vty_.mode == privileged_mode;
  switch (found.verdict) {
    case IosVerdict::empty:
      return prompt();
    case IosVerdict::ambiguous:
      return show(fmt::format("% Ambiguous command:  \"{}\"\n", line));
    case IosVerdict::incomplete:
      return show("% Incomplete command.\n\n");
    case IosVerdict::unknown:
      // IOS takes a single word for the name of a host to log in to.
      if (!executing) return show_caret(found.offset);
      return show(
          fmt::format("Translating \"{}\"\n\n% Unknown command or computer name, or "
                      "unable to find computer address\n",
                      line.substr(line.find_first_not_of(' '))));
    case IosVerdict::invalid:
      return show_caret(found.offset);
    case IosVerdict::matched:
      break;
  }
  const auto delay = vty_.device.description().delay;
  if (!found.command->is_show || delay.count() == 0) return run(found);
  pending_ = std::move(found);
  pause_ = delay;
  state_ = State::busy;
}

// Within an interface the router's own commands work too. When neither place knows the line, the
// one that understood more of it says what is wrong.
IosMatch IosTerminal::match(const std::string& line) const {
  IosMatch found = match_ios_line(ios_commands(), vty_.mode, line);
  if (vty_.mode == interface_mode && refused(found)) {
    IosMatch outside = match_ios_line(ios_commands(), configuration_mode, line);
    if (!refused(outside) || outside.offset > found.offset) found = std::move(outside);
  }
  if (found.verdict == IosVerdict::matched && found.command->run == nullptr) {
    return match_ios_line(ios_commands(), behind_do, line, found.arguments.front().offset);
  }
  return found;
}

void IosTerminal::run(const IosMatch& match) {
  IosReply reply = match.command->run(vty_, match.arguments);
  if (vty_.closed) {
    state_ = State::closed;
  } else if (vty_.wants_secret) {
    vty_.wants_secret = false;
    state_ = State::secret;
    bytes_ += "Password: ";
  } else if (reply.invalid_at) {
    show_caret(*reply.invalid_at);
  } else if (auto filtered = filter_ios_lines(match.filter, reply.text)) {
    show(std::move(*filtered));
  } else {
    show("% Failed to compile regular expression\n");
  }
}

void IosTerminal::show(std::string text) {
  output_ = with_carriage_returns(text);
  const bool paged = interactive_ && vty_.length > 0;
  show_lines(paged ? std::max(vty_.length - 1, 1U) : output_.size());
}

void IosTerminal::show_lines(std::size_t most) {
  std::size_t shown = 0;
  for (; most > 0 && shown < output_.size(); --most) {
    shown = std::min(output_.find('\n', shown), output_.size() - 1) + 1;
  }
  bytes_ += output_.substr(0, shown);
  output_.erase(0, shown);
  if (!output_.empty()) {
    bytes_ += more;
    state_ = State::paging;
  } else if (interactive_) {
    state_ = State::editing;
    prompt();
  } else {
    state_ = State::closed;
  }
}

void IosTerminal::turn_page(char typed) {
  bytes_ += erase_more;
  if (typed == ' ') return show_lines(std::max(vty_.length - 1, 1U));
  if (typed == '\r') return show_lines(1);
  output_.clear();
  state_ = State::editing;
  prompt();
}

void IosTerminal::show_caret(std::size_t offset) {
  show(fmt::format("{:{}}^\n% Invalid input detected at '^' marker.\n\n", "",
                   prompt_length_ + offset));
}

void IosTerminal::prompt() {
  if (std::exchange(end_configuration_, false) && vty_.mode != exec_mode) {
    vty_.mode = privileged_mode;
    vty_.interface.clear();
  }
  std::string text = vty_.device.hostname();
  switch (vty_.mode) {
    case exec_mode:
      text += '>';
      break;
    case configuration_mode:
      text += "(config)#";
      break;
    case interface_mode:
      text += "(config-if)#";
      break;
    case privileged_mode:
    case behind_do:
      text += '#';
      break;
  }
  prompt_length_ = text.size();
  bytes_ += text;
}

}  // namespace rondo::lab
