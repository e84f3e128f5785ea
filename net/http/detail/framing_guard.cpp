#include <algorithm>

#include <rondo/net/http/detail/framing_guard.h>
#include <rondo/net/http/headers.h>

namespace rondo::http::detail {

namespace {

void expect(char byte, char wanted, const char* why) {
  if (byte != wanted) refuse(why);
}

constexpr const char* lone_cr = "a CR without an LF behind it";
constexpr const char* lone_lf = "a line that ends with LF alone";

}  // namespace

void refuse(const char* why) {
  throw ProtocolError(400, why);
}

FieldGuard::FieldGuard(FirstLine first_line, std::size_t limit) noexcept
    : first_line_(first_line),
      state_(first_line == FirstLine::none ? State::line_start : State::first_line),
      limit_(limit),
      in_first_line_(first_line != FirstLine::none) {}

std::size_t FieldGuard::check(std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && !done()) {
    check_byte(bytes[count++]);
    if (++seen_ <= limit_) continue;
    throw in_first_line_ ? ProtocolError(414, "the first line is too long")
                         : ProtocolError(431, "the header fields are too large");
  }
  return count;
}

void FieldGuard::check_byte(char byte) {
  switch (state_) {
    case State::first_line:
      return check_first_line(byte);
    case State::line_start:
      if (byte == '\r') {
        state_ = State::block_end;
      } else if (byte == ' ' || byte == '\t') {
        refuse("a header line that is continued on the next");
      } else if (byte == '\n') {
        refuse(lone_lf);
      } else if (!is_token_character(byte)) {
        refuse("a header name with a character that no name has");
      } else {
        state_ = State::name;
      }
      return;
    case State::name:
      if (byte == ':') {
        state_ = State::value;
      } else if (byte == ' ' || byte == '\t') {
        refuse("a blank between a header's name and its colon");
      } else if (!is_token_character(byte)) {
        refuse("a header name with a character that no name has");
      }
      return;
    case State::value:
      if (byte == '\r') {
        state_ = State::line_end;
      } else if (byte == '\n') {
        refuse(lone_lf);
      } else if (!is_value_character(byte)) {
        refuse("a control character in a header");
      }
      return;
    case State::line_end:
      expect(byte, '\n', lone_cr);
      state_ = State::line_start;
      if (in_first_line_) end_first_line();
      return;
    case State::block_end:
      expect(byte, '\n', lone_cr);
      state_ = State::done;
      return;
    case State::done:
      return;
  }
}

void FieldGuard::check_first_line(char byte) {
  if (byte == '\r') {
    state_ = State::line_end;
    return;
  }
  if (byte == '\n') refuse(lone_lf);
  ++line_length_;
  if (first_line_ == FirstLine::status) {
    if (!is_value_character(byte)) refuse("a control character in the status line");
    return;
  }
  if (byte < ' ' || byte > '~') refuse("a character in the request line that no URL holds");
  if (byte != ' ') {
    after_blank_ = false;
    return;
  }
  if (after_blank_ || ++blanks_ > 2) refuse("a blank too many in the request line");
  after_blank_ = true;
}

void FieldGuard::end_first_line() {
  if (line_length_ == 0 && first_line_ == FirstLine::request && seen_ < 2) {
    state_ = State::first_line;  // one empty line may come before a request
    return;
  }
  if (line_length_ == 0) refuse("an empty line where the message should begin");
  if (first_line_ == FirstLine::request && (blanks_ != 2 || after_blank_)) {
    refuse("a request line that is not a method, a URL and a version");
  }
  in_first_line_ = false;
}

std::size_t ChunkGuard::check(std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && !done()) {
    const std::string_view rest = bytes.substr(count);
    if (state_ == State::trailer) {
      count += trailer_.check(rest);
    } else if (state_ == State::data) {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      count += taken;
      left_ -= taken;
      if (left_ == 0) state_ = State::data_end;
    } else {
      check_byte(bytes[count++]);
    }
  }
  return count;
}

void ChunkGuard::check_byte(char byte) {
  switch (state_) {
    case State::size:
      return check_size(byte);
    case State::extension:
      if (byte == '\r') {
        state_ = State::size_end;
      } else if (!is_value_character(byte)) {
        refuse("a control character behind the size of a chunk");
      } else if (extension_room_-- == 0) {
        refuse("chunk extensions that are too long");
      }
      return;
    case State::size_end:
      expect(byte, '\n', lone_cr);
      state_ = left_ == 0 ? State::trailer : State::data;
      return;
    case State::data_end:
      expect(byte, '\r', "a chunk that is longer than its size says");
      state_ = State::data_end_lf;
      return;
    case State::data_end_lf:
      expect(byte, '\n', lone_cr);
      state_ = State::size;
      digits_ = 0;
      return;
    case State::data:
    case State::trailer:
      return;
  }
}

void ChunkGuard::check_size(char byte) {
  constexpr int most_digits = 15;  // so that the sum never overflows
  const bool letter = (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
  if (letter || (byte >= '0' && byte <= '9')) {
    if (++digits_ > most_digits) refuse("the size of a chunk is too large");
    left_ = left_ * 16 + static_cast<unsigned>(letter ? (byte & 0xf) + 9 : byte - '0');
  } else if (digits_ == 0 || (byte != ';' && byte != '\r')) {
    refuse("the size of a chunk is no hexadecimal number");
  } else {
    state_ = byte == ';' ? State::extension : State::size_end;
  }
}

}  // namespace rondo::http::detail
