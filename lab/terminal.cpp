#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/terminal.h>

namespace rondo::lab {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_type_ahead = 64 * 1024;
constexpr unsigned longest_page = 512;
constexpr std::size_t screen_columns = 80;

constexpr char bell = '\a';
constexpr char ctrl_c = 0x03;
constexpr char backspace = 0x08;
constexpr char ctrl_u = 0x15;
constexpr char ctrl_w = 0x17;
constexpr char ctrl_z = 0x1A;
constexpr char escape = 0x1B;
constexpr char delete_key = 0x7F;

// Lines that end as prompts do, for clients that take them for one.
constexpr std::string_view banner_with_prompts =
    "\r\n"
    "##########################################\r\n"
    "#  This device belongs to the rondo lab  #\r\n"
    "##########################################\r\n"
    "Questions go to <lab@example.net>\r\n"
    "router#\r\n"
    "spare>\r\n";

}  // namespace

Terminal::Terminal(Device& device, Clock now) : vty_(device, std::move(now)) {}

bool Terminal::has(Fault fault) const {
  return vty_.device.description().faults.contains(fault);
}

void Terminal::open_shell() {
  // Over telnet it was silent before the login.
  if (has(Fault::silent) && vty_.device.description().transport == Transport::ssh) {
    state_ = State::silent;
    return;
  }
  pause_ = vty_.device.description().login_delay;
  if (pause_.count() == 0) return greet();
  state_ = State::busy;
}

void Terminal::greet() {
  state_ = State::editing;
  if (has(Fault::banner)) bytes_ += banner_with_prompts;
  bytes_ += "\r\n";
  prompt();
}

void Terminal::execute(std::string_view line) {
  interactive_ = false;
  Match found = match(std::string(line));
  const bool runs = found.verdict == Verdict::matched && found.command->is_show;
  if (runs) {
    pending_ = std::move(found);
    pause_ = vty_.device.description().delay;
    state_ = State::busy;
    return;
  }
  state_ = State::closed;
  if (found.verdict == Verdict::empty) return;
  std::string quoted(line.substr(0, longest_line));
  std::ranges::replace_if(quoted, [](char c) { return !is_printable(c); }, '?');
  refuse(vty_.platform.refusals.executed, quoted, found.offset);
}

void Terminal::resize(unsigned columns, unsigned rows) {
  if (columns > 0) vty_.width = std::min(columns, longest_page);
  if (rows > 0 && !vty_.length_typed) vty_.length = std::min(rows, longest_page);
}

void Terminal::type(std::string_view bytes) {
  typed_.append(bytes.substr(0, most_type_ahead - std::min(typed_.size(), most_type_ahead)));
}

Terminal::Turn Terminal::turn() {
  // No pause left to ask for: the caller has waited.
  if (state_ == State::busy && pause_.count() == 0) resume();
  if (state_ == State::streaming && pause_.count() == 0) stream();
  std::size_t read = 0;
  while (read < typed_.size() && state_ != State::busy && state_ != State::closed) {
    take(typed_[read++]);
    // The rest comes one at a time, each with a turn of its own.
    if (has(Fault::single_byte_echo) && state_ == State::editing) break;
  }
  typed_.erase(0, read);
  if (!typed_.empty() && state_ != State::closed && pause_.count() == 0) pause_ = 1ms;
  return {std::exchange(bytes_, {}), std::exchange(pause_, {}), std::exchange(after_, {})};
}

void Terminal::resume() {
  state_ = State::editing;
  if (pending_.command == nullptr) return greet();
  run(std::exchange(pending_, {}));
}

void Terminal::take(char typed) {
  const bool ends_return = std::exchange(after_return_, typed == '\r');
  if (state_ == State::stuck) return;
  if (state_ == State::silent) return greet();
  if (ends_return && (typed == '\n' || typed == '\0')) return;
  if (typed == '\0' || skip_escape(typed)) return;
  if (typed == '\n') typed = '\r';
  if (state_ == State::paging) {
    turn_page(typed);
  } else if (state_ == State::streaming) {
    if (typed == ctrl_c) interrupt();
  } else if (state_ == State::asking && vty_.question->kind == Question::Answer::key) {
    bytes_ += "\r\n";
    answer({&typed, 1});
  } else {
    edit(typed);
  }
}

// Arrow keys and the like are sequences that begin with ESC. The lab has no history to walk
// through, and their letters must not end up in the line.
bool Terminal::skip_escape(char typed) {
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

void Terminal::edit(char typed) {
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
      if (hidden()) return interrupt();
      if (vty_.platform.end == nullptr) return;
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
  echo(typed);
}

void Terminal::echo(char typed) {
  if (hidden()) return;
  if (has(Fault::colored_echo)) {
    bytes_.append("\x1b[32m").append(1, typed).append("\x1b[0m");
  } else {
    bytes_ += typed;
  }
  const bool at_edge = (prompt_length_ + line_.size()) % screen_columns == 0;
  if (at_edge && has(Fault::wrapped_echo)) bytes_ += " \b";
}

bool Terminal::hidden() const {
  return state_ == State::asking && vty_.question->kind == Question::Answer::secret;
}

void Terminal::erase(std::size_t characters) {
  characters = std::min(characters, line_.size());
  line_.resize(line_.size() - characters);
  if (hidden()) return;
  for (; characters > 0; --characters)
    bytes_ += "\b \b";
}

void Terminal::interrupt() {
  bytes_ += hidden() ? "\r\n" : "^C\r\n";
  line_.clear();
  vty_.wrong_secrets = 0;
  vty_.question.reset();
  state_ = State::editing;
  // What was not committed is not lost by this key.
  end_configuration_ = !vty_.candidate;
  prompt();
}

void Terminal::end_line() {
  bytes_ += "\r\n";
  const std::string line = std::exchange(line_, {});
  if (state_ == State::asking) return answer(line);
  run_line(line);
}

void Terminal::answer(const std::string& text) {
  const Question question = *std::exchange(vty_.question, std::nullopt);
  state_ = State::editing;
  say(question.answered(vty_, text), {});
}

}  // namespace rondo::lab
