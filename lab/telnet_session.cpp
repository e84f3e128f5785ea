#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/lab/platform.h>
#include <rondo/lab/telnet_session.h>

namespace rondo::lab {

namespace {

constexpr std::uint8_t subnegotiation_end = 240;
constexpr std::uint8_t subnegotiation_begin = 250;
constexpr std::uint8_t will = 251;
constexpr std::uint8_t wont = 252;
constexpr std::uint8_t do_ = 253;
constexpr std::uint8_t dont = 254;
constexpr std::uint8_t interpret_as_command = 255;

constexpr std::uint8_t echo = 1;
constexpr std::uint8_t suppress_go_ahead = 3;
constexpr std::uint8_t window_size = 31;

constexpr std::size_t longest_subnegotiation = 64;

std::string command(std::uint8_t verb, std::uint8_t option) {
  return {static_cast<char>(interpret_as_command), static_cast<char>(verb),
          static_cast<char>(option)};
}

}  // namespace

std::string TelnetInput::decode(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    switch (state_) {
      case State::text:
        if (byte == interpret_as_command) {
          state_ = State::command;
        } else {
          text += c;
        }
        break;
      case State::command:
        state_ = State::text;
        if (byte == interpret_as_command) {
          text += c;
        } else if (byte >= will) {
          verb_ = byte;
          state_ = State::option;
        } else if (byte == subnegotiation_begin) {
          subnegotiation_.clear();
          state_ = State::subnegotiation;
        }
        break;
      case State::option:
        answer(byte);
        state_ = State::text;
        break;
      case State::subnegotiation:
        if (byte == interpret_as_command) {
          state_ = State::subnegotiation_command;
        } else if (subnegotiation_.size() < longest_subnegotiation) {
          subnegotiation_ += c;
        }
        break;
      case State::subnegotiation_command:
        if (byte == subnegotiation_end) end_subnegotiation();
        if (byte == interpret_as_command) subnegotiation_ += c;
        state_ = byte == interpret_as_command ? State::subnegotiation : State::text;
        break;
    }
  }
  return text;
}

// What was offered or asked for already needs no answer, and neither does a refusal: so nothing is
// said twice.
void TelnetInput::answer(std::uint8_t option) {
  if (verb_ == do_ && option != echo && option != suppress_go_ahead) {
    replies_ += command(wont, option);
  } else if (verb_ == will && option != window_size) {
    replies_ += command(option == suppress_go_ahead ? do_ : dont, option);
  }
}

void TelnetInput::end_subnegotiation() {
  if (subnegotiation_.size() != 5 || subnegotiation_[0] != window_size) return;
  const auto number = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<std::uint8_t>(subnegotiation_[at]) << 8 |
                                 static_cast<std::uint8_t>(subnegotiation_[at + 1]));
  };
  columns_ = number(1);
  rows_ = number(3);
}

std::string TelnetInput::take_replies() {
  return std::exchange(replies_, {});
}

TelnetSession::TelnetSession(int socket, Device& device, std::chrono::seconds idle_limit)
    : Session(device, idle_limit), socket_(socket) {}

TelnetSession::~TelnetSession() {
  ::close(socket_);
}

void TelnetSession::run(const std::function<void()>& logged_in) {
  if (router_.faults.contains(Fault::mute)) return stay_mute(socket_);
  if (!log_in()) return;
  logged_in();
  terminal_.open_shell();
  hand_over(std::exchange(typed_, {}));
  serve();
}

bool TelnetSession::log_in() {
  const TelnetLogin& texts = platform_of(router_.platform).login;
  std::string opening =
      command(will, echo) + command(will, suppress_go_ahead) + command(do_, window_size);
  if (!send_all(std::move(opening))) return false;
  if (router_.faults.contains(Fault::silent)) {
    while (typed_.empty()) {
      if (!fill()) return false;
    }
    typed_.clear();
  }
  if (!send_all(std::string(texts.greeting))) return false;
  while (failed_attempts_ < most_failed_attempts) {
    std::string username;
    std::string password;
    if (!read_line(username, texts.username, true)) return false;
    if (username.empty()) continue;
    if (!read_line(password, texts.password, false)) return false;
    if (credentials_fit(username, password)) return true;
    if (!send_all(std::string(texts.failed))) return false;
  }
  return false;
}

// Asks for one line; false when the client is gone.
bool TelnetSession::read_line(std::string& line, std::string_view prompt, bool echoed) {
  if (!send_all(std::string(prompt))) return false;
  while (true) {
    for (std::size_t read = 0; read < typed_.size();) {
      const char c = typed_[read++];
      const bool ends_return = std::exchange(after_return_, c == '\r');
      if (ends_return && (c == '\n' || c == '\0')) continue;
      if (c == '\r' || c == '\n') {
        typed_.erase(0, read);
        return send_all("\r\n");
      }
      if ((c == '\b' || c == '\x7f') && !line.empty()) {
        line.pop_back();
        if (echoed && !send_all("\b \b")) return false;
      } else if (is_printable(c) && line.size() < longest_line) {
        line += c;
        if (echoed && !send_all({c})) return false;
      }
    }
    typed_.clear();
    if (!fill()) return false;
  }
}

// Gives the terminal what was typed, but for the rest of the return that ended the password.
void TelnetSession::hand_over(std::string_view text) {
  if (text.empty()) return;
  const bool ends_return = std::exchange(after_return_, false);
  if (ends_return && (text.front() == '\n' || text.front() == '\0')) text.remove_prefix(1);
  terminal_.type(text);
}

// Waits for more of what the user types; false when the client is gone.
bool TelnetSession::fill() {
  const std::size_t before = typed_.size();
  while (typed_.size() == before) {
    if (ended_ || !wait_until(Moment::max())) return false;
    std::array<char, 4096> buffer{};
    const ssize_t received = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (received == 0 || (received < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (received < 0) continue;
    typed_ += input_.decode({buffer.data(), static_cast<std::size_t>(received)});
    if (!send_all(input_.take_replies())) return false;
  }
  terminal_.resize(input_.columns(), input_.rows());
  return true;
}

// While logging in there is always room, or the client does not read at all.
bool TelnetSession::send_all(std::string bytes) {
  while (!bytes.empty()) {
    if (!send(bytes)) return false;
    if (!bytes.empty() && !wait_until(Moment::max())) return false;
  }
  return true;
}

bool TelnetSession::send(std::string& bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    blocked_ = sent < 0 && (errno == EAGAIN || errno == EINTR);
    if (blocked_) return true;
    if (sent < 0) {
      open_ = false;
      return false;
    }
    bytes.erase(0, static_cast<std::size_t>(sent));
    last_progress_ = std::chrono::steady_clock::now();
  }
  blocked_ = false;
  return true;
}

bool TelnetSession::receive() {
  std::array<char, 4096> buffer{};
  const ssize_t received = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received == 0) {
    ended_ = true;
    return false;
  }
  last_progress_ = std::chrono::steady_clock::now();
  hand_over(input_.decode({buffer.data(), static_cast<std::size_t>(received)}));
  terminal_.resize(input_.columns(), input_.rows());
  std::string replies = input_.take_replies();
  return replies.empty() || send_all(std::move(replies));
}

bool TelnetSession::wait_until(Moment deadline) {
  using std::chrono::milliseconds;
  constexpr milliseconds longest_wait{60'000};
  const auto left = std::clamp(deadline - std::chrono::steady_clock::now(),
                               Moment::duration::zero(), Moment::duration{longest_wait});
  const short wanted = blocked_ ? POLLOUT : POLLIN;
  pollfd polled{socket_, wanted, 0};
  const auto wait = std::chrono::ceil<milliseconds>(left);
  const int ready = ::poll(&polled, 1, static_cast<int>(wait.count()));
  return ready >= 0 || errno == EINTR;
}

void TelnetSession::half_close() {
  ::shutdown(socket_, SHUT_WR);
}

}  // namespace rondo::lab
