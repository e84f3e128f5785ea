#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <http_parser.h>

#include <rondo/net/http/detail/framing_guard.h>
#include <rondo/net/http/headers.h>

// Parser: one message, from bytes that come in whatever pieces.
//
// It is http-parser behind the guards. What a message means for the connection, where its body
// ends above all, is decided here by the strict reading: one Content-Length, of digits only, or one
// "Transfer-Encoding: chunked", never both.

namespace rondo::http::detail {

/// All before the body.
class MessageHead {
 public:
  std::string method;      // of a request
  std::string target;      // of a request: the URL as it stands in its first line
  int status = 0;          // of a response
  std::string reason;      // of a response
  int minor_version = 1;   // HTTP/1.0 or HTTP/1.1
  bool keep_alive = true;  // the sender leaves the connection open
  Headers headers;
};

/// How much a message may have.
struct Limits {
  std::size_t head = 32 * 1024;     // bytes of first line and fields; at most max_head
  std::size_t trailer = 16 * 1024;  // bytes
  static constexpr std::size_t max_head =
      64 * 1024;  // http-parser has a limit of its own at 80 KiB
};

class Parser {
 public:
  enum class Kind : std::uint8_t { request, response };

  Parser(Kind kind, const Limits& limits) noexcept;
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// This response answers a HEAD, and has no body whatever its fields say.
  void expect_no_body() noexcept { answers_head_ = true; }

  /// Takes bytes of the message and returns how many; fewer than there are at the end of the head
  /// and at the end of the message. Throws ProtocolError.
  std::size_t feed(std::string_view bytes);
  /// The peer will send no more. Throws ProtocolError unless that is how the message ends.
  void feed_eof();

  bool head_complete() const noexcept { return head_complete_; }
  bool complete() const noexcept { return complete_; }
  MessageHead& head() noexcept { return head_; }
  /// The body's length, if its head says so. 0 when there is no body.
  std::optional<std::uint64_t> content_length() const noexcept;
  /// What was decoded of the body since the last call.
  std::string take_body() noexcept { return std::exchange(body_, {}); }

 private:
  enum class Framing : std::uint8_t { none, length, chunked, until_end };

  static const http_parser_settings& callbacks() noexcept;
  static Parser& self(http_parser* parser) noexcept { return *static_cast<Parser*>(parser->data); }
  static int on_header_field(http_parser* parser, const char* text, std::size_t length);
  static int on_header_value(http_parser* parser, const char* text, std::size_t length);
  static int on_headers_complete(http_parser* parser);

  std::size_t feed_head(std::string_view bytes);
  std::size_t body_part(std::string_view bytes);
  void execute(std::string_view bytes);
  bool bodyless() const noexcept;
  void finish_field();
  void finish_head();
  void check_request() const;
  Framing find_framing();
  std::uint64_t parse_length() const;

  http_parser parser_{};
  FieldGuard head_guard_;
  ChunkGuard chunk_guard_;
  MessageHead head_;
  std::string field_;  // the name that is being read
  std::string value_;  // and its value
  bool in_value_ = false;
  std::string body_;  // decoded, not taken yet
  Kind kind_;
  Framing framing_ = Framing::none;  // known when the head is complete
  std::uint64_t left_ = 0;           // bytes to come, when the length is known
  std::uint64_t length_ = 0;         // bytes in all, when the length is known
  bool answers_head_ = false;
  bool head_complete_ = false;
  bool complete_ = false;
};

}  // namespace rondo::http::detail
