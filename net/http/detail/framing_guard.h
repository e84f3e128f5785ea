#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

// Guards in front of the parser: they look at every byte that frames a message and refuse what RFC
// 9112 does not allow.
//
// http-parser, as distributions build it, is generous: it takes a lone LF for the end of a line, a
// continued line, a blank before the colon, anything at all behind a chunk's data. Two programs
// that are generous in different ways see different messages in the same bytes, and that is how
// requests are smuggled. A guard's verdict depends on the bytes alone, never on how they were
// split.

namespace rondo::http::detail {

/// A message that is not HTTP, or more of it than is allowed. For a server, `status` is the answer.
class ProtocolError : public std::runtime_error {
 public:
  ProtocolError(int status, const std::string& what) : std::runtime_error(what), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;  // 400 and above
};

/// Throws a ProtocolError of status 400.
[[noreturn]] void refuse(const char* why);

/// The connection ended in the middle of a message.
class TruncatedError : public ProtocolError {
 public:
  TruncatedError() : ProtocolError(400, "the connection ended in the middle of a message") {}
};

/// What may stand in front of the fields.
enum class FirstLine {
  request,  ///< "GET / HTTP/1.1", with an empty line before it if need be (RFC 9112, 2.2)
  status,   ///< "HTTP/1.1 200 OK"
  none,     ///< the fields begin at once: a trailer
};

/// Watches over a start line and the fields that follow, up to the empty line.
//
// | state      | token | ':'   | blank | text  | CR           | LF           |
// |------------|-------|-------|-------|-------|--------------|--------------|
// | first_line | stays | stays | stays | stays | line_end     | error        |
// | line_start | name  | error | error | error | block_end    | error        |
// | name       | stays | value | error | error | error        | error        |
// | value      | stays | stays | stays | stays | line_end     | error        |
// | line_end   | error | error | error | error | error        | line_start   |
// | block_end  | error | error | error | error | error        | done         |
class FieldGuard {
 public:
  /// At most `limit` bytes.
  FieldGuard(FirstLine first_line, std::size_t limit) noexcept;

  /// Looks at bytes that follow those it has seen. Returns how many of them belong here; all but at
  /// the end. Throws ProtocolError, with 431 (414 in the first line) for too many.
  std::size_t check(std::string_view bytes);
  bool done() const noexcept { return state_ == State::done; }

 private:
  enum class State : std::uint8_t {
    first_line,
    line_start,
    name,
    value,
    line_end,
    block_end,
    done,
  };

  void check_byte(char byte);
  void check_first_line(char byte);
  void end_first_line();

  FirstLine first_line_;
  State state_;
  std::size_t limit_;            // bytes
  std::size_t seen_ = 0;         // bytes
  std::size_t line_length_ = 0;  // bytes of the first line
  int blanks_ = 0;               // in the first line
  bool after_blank_ = true;      // in the first line: a blank may not follow
  bool in_first_line_;           // it has not ended
};

/// Watches over a chunked body, up to and including its trailer.
class ChunkGuard {
 public:
  /// The trailer has at most `trailer_limit` bytes, and so have all extensions together.
  explicit ChunkGuard(std::size_t trailer_limit) noexcept
      : trailer_(FirstLine::none, trailer_limit), extension_room_(trailer_limit) {}

  std::size_t check(std::string_view bytes);
  bool done() const noexcept { return state_ == State::trailer && trailer_.done(); }

 private:
  // | state      | goes on to                                                |
  // |------------|-----------------------------------------------------------|
  // | size       | itself at a digit, extension at ';', size_end at CR       |
  // | extension  | size_end at CR                                            |
  // | size_end   | data at LF, or trailer if the size is 0                   |
  // | data       | data_end after so many bytes                              |
  // | data_end   | data_end_lf at CR                                         |
  // | data_end_lf| size at LF                                                |
  // | trailer    |                                                           |
  enum class State : std::uint8_t {
    size,
    extension,
    size_end,
    data,
    data_end,
    data_end_lf,
    trailer,
  };

  void check_byte(char byte);
  void check_size(char byte);

  FieldGuard trailer_;
  State state_ = State::size;
  int digits_ = 0;              // of the size
  std::uint64_t left_ = 0;      // bytes of the chunk's data that are still to come
  std::size_t extension_room_;  // bytes that extensions may still have
};

}  // namespace rondo::http::detail
