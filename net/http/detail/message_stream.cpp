#include <rondo/net/http/detail/message_stream.h>

namespace rondo::http::detail {

namespace {

constexpr std::ptrdiff_t most_at_once = 64 * 1024;  // bytes

}  // namespace

/// Sees to it that there are unread bytes; false at the end of the stream.
Coroutine<bool> MessageStream::fill() {
  if (at_ < unread_.size()) co_return true;
  std::string bytes = co_await reader_.read(most_at_once);
  unread_ = std::move(bytes);
  at_ = 0;
  co_return !unread_.empty();
}

Coroutine<bool> MessageStream::wait_for_message() {
  parser_ = std::make_unique<Parser>(kind_, limits_);
  begun_ = false;
  const bool there = co_await fill();
  begun_ = there;
  co_return there;
}

Coroutine<void> MessageStream::read_head(bool answers_head) {
  if (answers_head) parser_->expect_no_body();
  while (!parser_->head_complete()) {
    const bool there = co_await fill();
    if (!there) parser_->feed_eof();
    at_ += parser_->feed(rest());
  }
}

Coroutine<std::optional<std::string>> MessageStream::next() {
  for (;;) {
    std::string piece = parser_->take_body();
    if (!piece.empty()) co_return piece;
    if (parser_->complete()) co_return std::nullopt;
    const bool there = co_await fill();
    if (!there) parser_->feed_eof();
    at_ += parser_->feed(rest());
  }
}

}  // namespace rondo::http::detail
