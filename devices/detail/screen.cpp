#include <algorithm>
#include <charconv>
#include <utility>

#include <rondo/devices/detail/screen.h>

namespace rondo::devices::detail {

namespace {

constexpr char bell = '\a';
constexpr char backspace = '\b';
constexpr char escape = '\x1b';
constexpr char delete_key = '\x7f';
constexpr std::size_t longest_sequence = 64;  // bytes; longer ones are cut off
constexpr std::size_t widest_line = 4096;     // how far a sequence may move the cursor

constexpr bool is_control(char c) noexcept {
  return (c >= '\0' && c < ' ' && c != '\t') || c == delete_key;
}

}  // namespace

void Screen::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (state_ != State::text) {
      control(bytes.front());
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = std::ranges::find_if(bytes, is_control);
    const auto size = static_cast<std::size_t>(end - bytes.begin());
    show(bytes.substr(0, size));
    if (end == bytes.end()) return;
    control(*end);
    bytes.remove_prefix(size + 1);
  }
}

void Screen::show(std::string_view run) {
  const std::size_t over = std::min(run.size(), text_.size() - cursor_);
  text_.replace(cursor_, over, run);
  cursor_ += run.size();
}

void Screen::control(char byte) {
  switch (state_) {
    case State::text:
      if (byte == escape) {
        state_ = State::escape;
      } else if (byte == '\n') {
        new_line();
      } else if (byte == '\r') {
        cursor_ = line_begin_;
      } else if (byte == backspace) {
        cursor_ = std::max(cursor_, line_begin_ + 1) - 1;
      }
      return;
    case State::escape:
      state_ = State::text;
      if (byte == '[') {
        state_ = State::sequence;
        parameters_.clear();
      } else if (std::string_view("]PX^_").find(byte) != std::string_view::npos) {
        state_ = State::string;
      } else if (byte == '(' || byte == ')' || byte == '#' || byte == '%') {
        state_ = State::charset;
      } else if (byte == 'E') {
        new_line();
      } else if (byte == escape) {
        state_ = State::escape;
      }
      return;
    case State::sequence:
      if (byte == escape) {
        state_ = State::escape;
      } else if (byte >= '@' && byte <= '~') {
        state_ = State::text;
        obey(byte);
      } else if (parameters_.size() < longest_sequence) {
        parameters_ += byte;
      } else {
        state_ = State::text;
      }
      return;
    case State::string:
      if (byte == bell) state_ = State::text;
      if (byte == escape) state_ = State::escape;  // of "ESC \", which ends it
      if (byte != '\n') return;
      state_ = State::text;  // no title has two lines: its end was lost, or never meant to come
      new_line();
      return;
    case State::charset:
      state_ = State::text;
      return;
  }
}

void Screen::obey(char final) {
  const std::size_t column = cursor_ - line_begin_;
  switch (final) {
    case 'C':
      return move_to(column + parameter(0, 1));
    case 'D':
      return move_to(column - std::min(column, parameter(0, 1)));
    case 'G':
      return move_to(parameter(0, 1) - 1);
    case 'H':
    case 'f': {
      // Most devices that do this write into the same row again and again.
      const std::size_t row = parameter(0, 1);
      const std::size_t before = std::exchange(row_, row);
      if (before != 0 && before != row) new_line();
      return move_to(parameter(1, 1) - 1);
    }
    case 'K':
      if (parameter(0, 0) == 0) {
        text_.resize(cursor_);
      } else {
        std::fill(text_.begin() + static_cast<std::ptrdiff_t>(line_begin_),
                  text_.begin() +
                      static_cast<std::ptrdiff_t>(parameter(0, 0) == 1 ? cursor_ : text_.size()),
                  ' ');
      }
      return;
    case 'J':
      if (parameter(0, 0) == 0) text_.resize(cursor_);
      return;
    default:
      return;  // colours and the like
  }
}

void Screen::move_to(std::size_t column) {
  cursor_ = line_begin_ + std::min(column, widest_line);
  if (cursor_ > text_.size()) text_.resize(cursor_, ' ');
}

void Screen::new_line() {
  text_ += '\n';
  line_begin_ = cursor_ = text_.size();
  ++newlines_;
}

/// A parameter of 0 counts as `otherwise`, as it does where positions are meant.
std::size_t Screen::parameter(std::size_t index, std::size_t otherwise) const {
  std::string_view rest = parameters_;
  for (; index > 0; --index) {
    const std::size_t semicolon = rest.find(';');
    if (semicolon == std::string_view::npos) return otherwise;
    rest.remove_prefix(semicolon + 1);
  }
  std::size_t value = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return value == 0 ? otherwise : std::min(value, widest_line);
}

void Screen::clear() noexcept {
  text_.clear();
  line_begin_ = cursor_ = newlines_ = 0;
}

std::string Screen::take() noexcept {
  std::string text = std::move(text_);
  clear();
  return text;
}

void Screen::cut(std::size_t begin) {
  text_.resize(std::min(begin, text_.size()));
  const std::size_t newline = text_.rfind('\n');
  line_begin_ = newline == std::string::npos ? 0 : newline + 1;
  cursor_ = text_.size();
}

}  // namespace rondo::devices::detail
