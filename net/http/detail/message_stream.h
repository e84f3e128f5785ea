#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/net/http/detail/parser.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>

namespace rondo::http::detail {

/// The messages that come over a connection, one after another.
///
/// Bytes that a read brought and the message did not need are kept for the next one. Nothing
/// between two awaits can be interrupted, so a cancelled call loses nothing and may be made again.
class MessageStream {
 public:
  MessageStream(StreamReader reader, Parser::Kind kind, const Limits& limits)
      : reader_(std::move(reader)), kind_(kind), limits_(limits) {}

  /// Begins a new message, and waits for its first byte. False: the peer has ended the connection.
  Coroutine<bool> wait_for_message();
  /// `answers_head`: the request was a HEAD, so the response has no body. Throws ProtocolError when
  /// it is malformed, too large, or ends too early.
  Coroutine<void> read_head(bool answers_head = false);
  MessageHead& head() noexcept { return parser_->head(); }
  std::optional<std::uint64_t> content_length() const noexcept { return parser_->content_length(); }

  /// The next piece of the body, never empty; nothing at its end. Throws as `read_head`.
  Coroutine<std::optional<std::string>> next();
  /// True when the message was read to its end.
  bool complete() const noexcept { return parser_ && parser_->complete(); }
  /// Did any byte of the message come?
  bool begun() const noexcept { return begun_; }
  /// True when there are bytes behind the message that came already.
  bool has_unread() const noexcept { return at_ < unread_.size() || reader_.buffered() > 0; }

 private:
  Coroutine<bool> fill();
  std::string_view rest() const noexcept { return std::string_view(unread_).substr(at_); }

  StreamReader reader_;
  Parser::Kind kind_;
  Limits limits_;
  std::unique_ptr<Parser> parser_;  // of the present message; null before the first
  std::string unread_;              // read; the parser has seen what lies before `at_`
  std::size_t at_ = 0;
  bool begun_ = false;
};

}  // namespace rondo::http::detail
